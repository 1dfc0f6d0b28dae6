use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use std::fmt;

/// Chooses secrets by what they are called or tagged; several filters choose those that pass all of them.
///
/// A value matches what begins with it, in the same case but for [`description`](Self::description) and [`all`](Self::all); one that
/// begins with `!` what does not ("Find secrets in AWS Secrets Manager", AWS Secrets Manager User Guide).
///
/// ```
/// use leeward_secret_cache::SecretFilter;
///
/// let of_orders = [SecretFilter::name("prod/orders/"), SecretFilter::tag_key("cached").or("warm")];
/// # let _ = of_orders;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SecretFilter {
    by: By,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Description,
    TagKey,
    TagValue,
    PrimaryRegion,
    OwningService,
    All,
}

impl SecretFilter {
    /// Secrets whose name begins so.
    pub fn name(value: impl Into<String>) -> Self {
        Self::new(By::Name, value)
    }

    /// Secrets with a description in which a word begins so.
    pub fn description(value: impl Into<String>) -> Self {
        Self::new(By::Description, value)
    }

    /// Secrets with a tag whose key begins so.
    pub fn tag_key(value: impl Into<String>) -> Self {
        Self::new(By::TagKey, value)
    }

    /// Secrets with a tag whose value begins so.
    pub fn tag_value(value: impl Into<String>) -> Self {
        Self::new(By::TagValue, value)
    }

    /// Secrets whose primary is in a Region that begins so.
    pub fn primary_region(value: impl Into<String>) -> Self {
        Self::new(By::PrimaryRegion, value)
    }

    /// Secrets that are managed by a service that begins so, such as `rds`.
    pub fn owning_service(value: impl Into<String>) -> Self {
        Self::new(By::OwningService, value)
    }

    /// Secrets in any attribute of which the words of this text are found.
    pub fn all(value: impl Into<String>) -> Self {
        Self::new(By::All, value)
    }

    /// Passes what matches this value as well.
    pub fn or(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    fn new(by: By, value: impl Into<String>) -> Self {
        Self {
            by,
            values: vec![value.into()],
        }
    }

    pub(super) fn to_sdk(&self) -> Filter {
        let key = match self.by {
            By::Name => FilterNameStringType::Name,
            By::Description => FilterNameStringType::Description,
            By::TagKey => FilterNameStringType::TagKey,
            By::TagValue => FilterNameStringType::TagValue,
            By::PrimaryRegion => FilterNameStringType::PrimaryRegion,
            By::OwningService => FilterNameStringType::OwningService,
            By::All => FilterNameStringType::All,
        };
        let values = Some(self.values.clone());
        Filter::builder().key(key).set_values(values).build()
    }
}

/// `tag-key cached or warm`
impl fmt::Display for SecretFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::Name => "name",
            By::Description => "description",
            By::TagKey => "tag-key",
            By::TagValue => "tag-value",
            By::PrimaryRegion => "primary-region",
            By::OwningService => "owning-service",
            By::All => "all",
        };
        write!(f, "{by} {}", self.values.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_told_and_sent_by_the_same_name() {
        for filter in [
            SecretFilter::name("a"),
            SecretFilter::description("a"),
            SecretFilter::tag_key("a"),
            SecretFilter::tag_value("a"),
            SecretFilter::primary_region("a"),
            SecretFilter::owning_service("a"),
            SecretFilter::all("a"),
        ] {
            let filter = filter.or("!b");
            let sent = filter.to_sdk();
            let key = sent.key().map(FilterNameStringType::as_str);
            assert_eq!(filter.to_string(), format!("{} a or !b", key.unwrap()));
            assert_eq!(sent.values(), ["a", "!b"]);
        }
    }
}
