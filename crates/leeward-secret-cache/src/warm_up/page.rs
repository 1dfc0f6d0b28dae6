//! One answer of `BatchGetSecretValue`, taken apart.

use crate::{
    id::{Identity, SecretArn},
    upstream::Given,
};
use aws_sdk_secretsmanager::{
    operation::batch_get_secret_value::BatchGetSecretValueOutput,
    types::{ApiErrorType, SecretValueEntry},
};
use leeward_error_taxonomy::OperationName;

pub(super) const GET_SECRET_VALUE: OperationName =
    OperationName::new("secretsmanager", "GetSecretValue");
pub(super) const BATCH_GET_SECRET_VALUE: OperationName =
    OperationName::new("secretsmanager", "BatchGetSecretValue");

pub(super) struct Page {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<String>,
}

/// What a page says of one secret.
pub(super) struct Item {
    arn: String,
    name: String,
    /// None if it is refused. Who refuses it may be a replica, whose word does not count.
    pub(super) value: Option<Given>,
}

impl Page {
    pub(super) fn read(output: BatchGetSecretValueOutput) -> Self {
        let values = output.secret_values.unwrap_or_default();
        let errors = output.errors.unwrap_or_default();
        let values = values.into_iter().map(Item::of_value);
        Self {
            items: values
                .chain(errors.into_iter().map(Item::of_error))
                .collect(),
            next: output.next_token.filter(|token| !token.is_empty()),
        }
    }
}

impl Item {
    fn of_value(entry: SecretValueEntry) -> Self {
        Self {
            arn: entry.arn.clone().unwrap_or_default(),
            name: entry.name.clone().unwrap_or_default(),
            value: Some(entry.into()),
        }
    }

    fn of_error(error: ApiErrorType) -> Self {
        let (code, message) = (error.error_code(), error.message());
        tracing::debug!(
            secret = error.secret_id(),
            code,
            message,
            "secret not fetched with others"
        );
        let id = error.secret_id.unwrap_or_default();
        let is_arn = SecretArn::read(&id).is_some();
        Self {
            value: None,
            arn: if is_arn { id.clone() } else { String::new() },
            name: if is_arn { String::new() } else { id },
        }
    }

    /// Its name, or its ARN if that is all there is.
    pub(super) fn id(&self) -> &str {
        if self.name.is_empty() {
            &self.arn
        } else {
            &self.name
        }
    }

    /// Its ARN, or its name if that is all there is.
    pub(super) fn arn(&self) -> &str {
        if self.arn.is_empty() {
            &self.name
        } else {
            &self.arn
        }
    }

    /// Which of those that were asked for it is, of all the `asked` of its call: the one of the very ARN first, then one of another Region or
    /// without its end.
    ///
    /// What is there by one of the ARNs is not given to a name: it may be of another account.
    pub(super) fn seat<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
        asked: &[String],
    ) -> Option<usize> {
        let ids: Vec<&str> = ids.collect();
        let first = |is_it: &dyn Fn(&str) -> bool| ids.iter().position(|id| is_it(id));
        let by_arn = || {
            first(&|id| id == self.arn())
                .or_else(|| {
                    first(&|id| is_arn(id) && Identity::of(id).is_replica_of(&self.identity()))
                })
                .or_else(|| first(&|id| self.is_of_arn(id)))
        };
        let is_by_arn = || asked.iter().any(|id| self.is_of_arn(id));
        let by_name = || first(&|id| id == self.name && !is_by_arn());
        by_arn().or_else(by_name)
    }

    /// Whether it is what is asked for by this ARN, with or without its end; one of another Region is its replica's.
    fn is_of_arn(&self, id: &str) -> bool {
        is_arn(id) && Identity::of(id).calls(&self.identity())
    }

    fn identity(&self) -> Identity<'_> {
        Identity::of(self.arn())
    }
}

pub(super) fn is_arn(id: &str) -> bool {
    SecretArn::read(id).is_some()
}

/// `prod/db and 19 more`
pub(super) fn brief(ids: &[String]) -> String {
    match ids {
        [] => "none".to_owned(),
        [id] => id.clone(),
        [id, more @ ..] => format!("{id} and {} more", more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";
    const REPLICA: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3";

    fn page() -> Page {
        let value = SecretValueEntry::builder()
            .arn(ARN)
            .name("db")
            .secret_string("hunter2");
        let error = |id: &str| {
            ApiErrorType::builder()
                .secret_id(id)
                .error_code("AccessDeniedException")
                .message("User: is not authorized")
                .build()
        };
        let output = BatchGetSecretValueOutput::builder()
            .secret_values(value.build())
            .errors(error("other"))
            .errors(error(REPLICA))
            .next_token("");
        Page::read(output.build())
    }

    /// Where the items of the page are seated, of these that were asked for.
    fn seats(ids: &[&str]) -> Vec<Option<usize>> {
        let asked: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let seat = |item: &Item| item.seat(ids.iter().copied(), &asked);
        page().items.iter().map(seat).collect()
    }

    #[test]
    fn an_item_is_known_by_all_of_its_names() {
        assert!(page().next.is_none());
        let partial = &ARN[..ARN.len() - 7];
        for id in ["db", ARN, REPLICA, partial] {
            assert_eq!(seats(&[id])[0], Some(0), "{id}");
        }
        let longer = format!("{ARN}-zzzzzz");
        for id in [
            "other",
            "db-a1b2c3",
            &longer,
            &REPLICA.replace("1111", "9999"),
        ] {
            assert_eq!(seats(&[id])[0], None, "{id}");
        }
        assert_eq!(seats(&["db", "other"])[1], Some(1));
    }

    #[test]
    fn the_very_arn_is_preferred_and_what_has_one_is_not_given_to_a_name() {
        let partial = &ARN[..ARN.len() - 7];
        let ids = ["db", partial, REPLICA, ARN, "other"];
        assert_eq!(seats(&ids), [Some(3), Some(4), Some(2)]);
        assert_eq!(seats(&["db", partial, REPLICA])[0], Some(2));
        // Another secret of this name, which has the end of its ARN.
        let another = ARN.replace("a1b2c3", "zzzzzz");
        assert_eq!(seats(&[&another, partial, "db"])[0], Some(1));
        assert_eq!(seats(&[&another, "db"])[0], Some(1));
        let foreign = ARN.replace("1111", "9999");
        assert_eq!(seats(&[&foreign, "db"])[0], Some(1));
    }

    #[test]
    fn values_are_there_and_what_is_refused_is_not() {
        let values = page().items.into_iter().map(|item| item.value.is_some());
        assert_eq!(values.collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn many_are_told_briefly() {
        let ids = |count: usize| vec!["db".to_owned(); count];
        assert_eq!(
            [0, 1, 3].map(|count| brief(&ids(count))),
            ["none", "db", "db and 2 more"]
        );
    }
}
