use crate::{
    Secret, SecretError,
    id::{Key, SecretArn, Shown},
};
use leeward_error_taxonomy::{Category, Region};
use std::{fmt, time::Duration};

/// What happened to a secret of a cache. It holds no value.
///
/// Told to the observers of [`SecretCacheBuilder::with_observer`](crate::SecretCacheBuilder::with_observer).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SecretEvent {
    /// What happened.
    pub kind: SecretEventKind,
    /// The secret as it was first asked for, with the version if it is another than the current one: `prod/db at AWSPENDING`.
    pub secret: String,
    /// Its full ARN, if a value is or was there.
    pub arn: Option<String>,
    /// The version that came, or that is or was there.
    pub version_id: Option<String>,
    /// The Region whose replica that version is from.
    pub region: Option<Region>,
    /// Of a fetch, how long it took, waits for its turn and further attempts included.
    pub duration: Option<Duration>,
    /// Why a fetch failed.
    pub error: Option<SecretError>,
}

/// What happened to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEventKind {
    /// A fetch brought its value; there was none.
    Loaded,
    /// A fetch brought another version, or other labels of the same one.
    Changed,
    /// A fetch brought what was there.
    Unchanged,
    /// A fetch failed. What is there stays as long as it may.
    Failed,
    /// A fetch was told that it may not or cannot be read any more, and what was there was let go of.
    Withdrawn,
    /// What was there had to go to make room.
    Evicted,
    /// What was there was over, outages included, for half a minute or more without a fetch that succeeded.
    Expired,
    /// What was there was declared void, by the cache's user or by a feed of events.
    Invalidated,
}

impl SecretEvent {
    pub(crate) fn of(kind: SecretEventKind, key: &Key, secret: Option<&Secret>) -> Self {
        let arn = secret.map(|secret| secret.arn().to_owned());
        let region = arn.as_deref().and_then(SecretArn::read);
        let region = region.and_then(SecretArn::region);
        Self {
            kind,
            secret: key.to_string(),
            version_id: secret.map(|secret| secret.version_id().to_owned()),
            region: region.and_then(|name| name.parse().ok()),
            arn,
            duration: None,
            error: None,
        }
    }

    /// Of which kind the failure is, if it is one.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.error.as_ref().map(SecretError::category)
    }
}

impl SecretEventKind {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
            Self::Evicted => "evicted",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
        }
    }
}

/// `secret prod/db: changed, version 4f…`
impl fmt::Display for SecretEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return fmt::Display::fmt(error, f);
        }
        write!(f, "secret {}: {}", Shown(&self.secret), self.kind.as_str())?;
        match &self.version_id {
            Some(version_id) => write!(f, ", version {version_id}"),
            None => Ok(()),
        }
    }
}
