use super::{KeyringCause, KeyringError, WrappingKey};
use crate::EncryptedDataKey;
use leeward_error_taxonomy::{Failure, Region};
use std::{error::Error, fmt, sync::Arc};

/// What one encrypted data key of a message met.
#[derive(Clone, Debug)]
pub struct KeyAttempt {
    key: String,
    outcome: Outcome,
    pub(super) cause: KeyringCause,
    /// Named by a failure.
    pub(super) wrapping_key: Option<WrappingKey>,
    /// Of a failure, if the keyring keeps one.
    pub(super) record: Option<Arc<Failure>>,
    /// Of a failure, if the keyring says so.
    pub(super) tried_in: Arc<[Region]>,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Skipped,
    Refused,
    Failed(Arc<dyn Error + Send + Sync>),
}

impl KeyAttempt {
    pub(super) fn new(key: String, outcome: Outcome) -> Self {
        Self {
            key,
            outcome,
            cause: KeyringCause::Other,
            wrapping_key: None,
            record: None,
            tried_in: Arc::default(),
        }
    }

    /// Notes that the key belongs to another keyring and was passed over.
    #[must_use]
    pub fn skipped(key: &EncryptedDataKey) -> Self {
        Self::new(key.to_string(), Outcome::Skipped)
    }

    /// Notes that the key is not what this keyring wrapped for this context; why, nobody may know.
    #[must_use]
    pub fn refused(key: &EncryptedDataKey) -> Self {
        Self::new(key.to_string(), Outcome::Refused)
    }

    /// Notes that the key belongs to this keyring but could not be unwrapped: for want of an answer, a right or a key.
    pub fn failed(
        key: &EncryptedDataKey,
        failure: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            wrapping_key: Some(WrappingKey::of(key)),
            ..Self::new(key.to_string(), Outcome::Failed(failure.into().into()))
        }
    }

    /// Says of a [failure](Self::failed) what it tells of other data keys under the same wrapping key.
    #[must_use]
    pub fn because(mut self, cause: KeyringCause) -> Self {
        if matches!(self.outcome, Outcome::Failed(_)) {
            self.cause = cause;
        }
        self
    }

    /// Adds to a [failure](Self::failed) the record of what the key store answered.
    #[must_use]
    pub fn recorded_as(mut self, failure: Failure) -> Self {
        if matches!(self.outcome, Outcome::Failed(_)) {
            self.record = Some(Arc::new(failure));
        }
        self
    }

    /// Adds to a [failure](Self::failed) in which Regions the key store was asked, in order.
    #[must_use]
    pub fn tried_in(mut self, regions: impl IntoIterator<Item = Region>) -> Self {
        if matches!(self.outcome, Outcome::Failed(_)) {
            self.tried_in = regions.into_iter().collect();
        }
        self
    }

    /// The record of what the key store answered, if the keyring keeps one.
    #[must_use]
    pub fn record(&self) -> Option<&Failure> {
        self.record.as_deref()
    }

    /// Which key: the provider and what it calls the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Why it could not be unwrapped, unless it was passed over or refused.
    #[must_use]
    pub fn failure(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(&**failure),
            Outcome::Skipped | Outcome::Refused => None,
        }
    }

    /// Says what it is of that a keyring among several met.
    pub(super) fn of(error: KeyringError, key: String) -> Self {
        Self {
            cause: error.cause(),
            record: error.record().cloned().map(Arc::new),
            ..Self::new(key, Outcome::Failed(Arc::new(error)))
        }
    }

    pub(super) const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(super) const fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped)
    }
}

impl fmt::Display for KeyAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Failed(failure) => write!(f, "{}: {failure}", self.key),
            Outcome::Refused => write!(f, "{}: not of this key and context", self.key),
            Outcome::Skipped => write!(f, "{}: of another keyring", self.key),
        }
    }
}
