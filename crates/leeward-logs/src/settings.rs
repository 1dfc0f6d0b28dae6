use crate::{LogKeyArn, Retention};
use std::collections::HashMap;

/// How a log group is to be made.
///
/// ```
/// use leeward_logs::{GroupSettings, Retention};
///
/// let settings = GroupSettings::new()
///     .with_retention(Retention::MONTH)
///     .with_key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?)
///     .with_tag("team", "orders");
/// # assert_eq!(settings.clone(), settings);
/// # Ok::<(), leeward_logs::InvalidResourceName>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSettings {
    pub(crate) retention: Option<Retention>,
    pub(crate) key: Option<LogKeyArn>,
    pub(crate) tags: HashMap<String, String>,
}

impl GroupSettings {
    /// What AWS makes if nothing is said: events do not expire, and are encrypted with a key of AWS.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps events this long. Default: for ever, or as the account's own policy says.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self {
            retention: Some(retention),
            ..self
        }
    }

    /// Encrypts events with the KMS key of this ARN, whose policy must let CloudWatch Logs of the Region use it. Default: a key of AWS.
    #[must_use]
    pub fn with_key(self, arn: LogKeyArn) -> Self {
        Self {
            key: Some(arn),
            ..self
        }
    }

    /// Adds a tag. Default: none.
    #[must_use]
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}

/// What came of making something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Creation {
    /// It was not there, and is now.
    Created,
    /// It was there already, or was made by an attempt whose answer was lost.
    AlreadyThere,
}
