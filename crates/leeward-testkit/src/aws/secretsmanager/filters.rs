//! Decides which secrets a filter means: pure.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html>

use super::{ask::Ask, refused::Refused, secret::Secret};

/// Filters of which all must hold.
#[derive(Debug)]
pub(super) struct Filters(Vec<Filter>);

#[derive(Debug)]
struct Filter {
    key: Attribute,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Attribute {
    All,
    Description,
    Name,
    OwningService,
    PrimaryRegion,
    TagKey,
    TagValue,
}

impl Filters {
    /// Reads the `Filters` of a call; `None` if it has none.
    pub(super) fn read(ask: Ask<'_>) -> Result<Option<Self>, Refused> {
        let filters = ask.items("Filters").map(Filter::read);
        let filters: Vec<_> = filters.collect::<Result<_, _>>()?;
        if filters.len() > 10 {
            let constraint = "Member must have length less than or equal to 10";
            return Err(Refused::constraint("filters", constraint));
        }
        Ok(Some(Self(filters)).filter(|filters| !filters.0.is_empty()))
    }

    pub(super) fn mean(&self, secret: &Secret) -> bool {
        self.0.iter().all(|filter| filter.means(secret))
    }
}

impl Filter {
    fn read(ask: Ask<'_>) -> Result<Self, Refused> {
        let key = match ask.required("Key")? {
            "all" => Attribute::All,
            "description" => Attribute::Description,
            "name" => Attribute::Name,
            "owning-service" => Attribute::OwningService,
            "primary-region" => Attribute::PrimaryRegion,
            "tag-key" => Attribute::TagKey,
            "tag-value" => Attribute::TagValue,
            _ => {
                let known = "Member must satisfy enum value set: [all, description, name, owning-service, primary-region, \
                             tag-key, tag-value]";
                return Err(Refused::constraint("filters.key", known));
            }
        };
        let values = ask.texts("Values").unwrap_or_default();
        if values.is_empty() || values.len() > 10 {
            let constraint = "Member must have length from 1 to 10";
            return Err(Refused::constraint("filters.values", constraint));
        }
        let values = values.into_iter().map(str::to_owned).collect();
        Ok(Self { key, values })
    }

    /// Any of the values must be in the secret, or not be in it, if it begins with an exclamation mark.
    fn means(&self, secret: &Secret) -> bool {
        self.values
            .iter()
            .any(|value| match value.strip_prefix('!') {
                Some(unwanted) => !self.key.has(secret, unwanted),
                None => self.key.has(secret, value),
            })
    }
}

impl Attribute {
    fn has(self, secret: &Secret, value: &str) -> bool {
        let begins = |text: &str| text.starts_with(value);
        match self {
            Self::Name => begins(&secret.name),
            Self::Description => secret
                .description
                .as_deref()
                .is_some_and(|text| begins_without_case(text, value)),
            Self::TagKey => secret.tags.keys().any(|key| begins(key)),
            Self::TagValue => secret.tags.values().any(|tag| begins(tag)),
            Self::PrimaryRegion => begins(secret.home.as_str()),
            Self::OwningService => secret.owning_service().is_some_and(begins),
            Self::All => value
                .split_whitespace()
                .all(|word| words(secret).any(|text| begins_without_case(text, word))),
        }
    }
}

/// The words of all that a secret is described by.
fn words(secret: &Secret) -> impl Iterator<Item = &str> {
    let tags = secret
        .tags
        .iter()
        .flat_map(|(key, value)| [&**key, &**value]);
    let texts = [Some(&*secret.name), secret.description.as_deref()];
    let texts = texts.into_iter().flatten().chain(tags);
    texts.flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()))
}

fn begins_without_case(text: &str, beginning: &str) -> bool {
    text.to_lowercase().starts_with(&beginning.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::secretsmanager::place::Place;
    use leeward_error_taxonomy::Region;
    use serde_json::{Value, json};
    use std::time::UNIX_EPOCH;

    fn secret() -> Secret {
        let place = Place::new("1", &Region::from_static("eu-west-1"));
        let mut secret = Secret::new(place, "rds!Orders/db", "a1b2c3", 1, UNIX_EPOCH);
        secret.description = Some("The Main one".to_owned());
        secret
            .tags
            .insert("Stage".to_owned(), "Blue green".to_owned());
        secret
    }

    #[track_caller]
    fn check(filters: Value, expected: bool) {
        let input = json!({ "Filters": filters });
        let read = Filters::read(Ask::new(&input)).unwrap().unwrap();
        assert_eq!(read.mean(&secret()), expected, "{filters}");
    }

    #[test]
    fn each_key_has_its_own_way_to_match() {
        for (key, value, expected) in [
            ("name", "rds!Or", true),
            ("name", "Orders", false),
            ("name", "RDS", false),
            ("description", "the main", true),
            ("description", "main", false),
            ("tag-key", "Sta", true),
            ("tag-key", "sta", false),
            ("tag-value", "Blue", true),
            ("tag-value", "green", false),
            ("primary-region", "eu-", true),
            ("primary-region", "us-", false),
            ("owning-service", "rds", true),
            ("owning-service", "ecs", false),
            ("all", "ORDERS main", true),
            ("all", "gre", true),
            ("all", "orders other", false),
        ] {
            check(json!([{ "Key": key, "Values": [value] }]), expected);
            check(
                json!([{ "Key": key, "Values": [format!("!{value}")] }]),
                !expected,
            );
        }
    }

    #[test]
    fn any_value_of_all_filters_must_be_there() {
        let name = json!({ "Key": "name", "Values": ["nothing", "rds"] });
        check(json!([name]), true);
        check(
            json!([name, { "Key": "tag-key", "Values": ["other"] }]),
            false,
        );
    }

    #[test]
    fn a_filter_without_a_key_or_a_value_is_refused() {
        for filter in [
            json!({ "Key": "colour", "Values": ["a"] }),
            json!({ "Key": "name" }),
            json!({ "Values": ["a"] }),
        ] {
            let input = json!({ "Filters": [filter] });
            let refused = Filters::read(Ask::new(&input)).unwrap_err();
            assert_eq!(refused.code, "ValidationException");
        }
        assert!(Filters::read(Ask::new(&json!({}))).unwrap().is_none());
    }
}
