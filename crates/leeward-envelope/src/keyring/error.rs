use super::{KeyAttempt, KeyringCause, WrappingKey, attempt::Outcome};
use crate::{EncryptedDataKeyTooLong, KeyUse};
use leeward_error_taxonomy::{Category, Failure, Region};
use std::{error::Error, fmt, sync::Arc};

/// Says why a keyring gave no data key.
///
/// A clone shares the sources, because calls that waited for one answer share it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeyringError {
    /// No data key could be made, or it could not be wrapped; `source` knows what to mend.
    Wrap {
        /// Under what, such as the ARN of the key.
        under: String,
        /// What the key store answered.
        source: Arc<dyn Error + Send + Sync>,
        /// What that tells of other data keys under the same key.
        cause: KeyringCause,
        /// The record of that answer, if the keyring keeps one.
        record: Option<Arc<Failure>>,
        /// The Regions in which the key store was asked, in order, if the keyring says so.
        tried_in: Arc<[Region]>,
    },
    /// The message was encrypted under other keys: use a keyring for one of them.
    NoMatchingKey {
        /// The keys that the message names.
        met: Vec<KeyAttempt>,
    },
    /// A key of this keyring is among those of the message, but none could be unwrapped.
    Unwrap {
        /// What each of the keys met, in order.
        met: Vec<KeyAttempt>,
    },
    /// A key of this keyring is among those of the message, but what stands there is not what that key wrapped for this
    /// context.
    ///
    /// Whether the wrapped key, the context or the wrapping key is another one is not told, since the answer would serve
    /// only whoever changed the message. A [`Decryptor`](crate::Decryptor) says
    /// [`DecryptError::Unauthentic`](crate::DecryptError::Unauthentic), as of any other change.
    Unauthentic,
    /// The keyring is not made for this: it only decrypts, or not under this suite.
    Unsupported {
        /// What it cannot do, and what can.
        reason: String,
    },
    /// A keyring did what the contract of [`Keyring`](crate::Keyring) forbids: a defect of that keyring.
    Contract {
        /// What it did.
        reason: String,
    },
}

impl KeyringError {
    /// Notes that a data key could not be made or wrapped under `under`.
    pub fn wrap(under: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Wrap {
            under: under.into(),
            source: source.into().into(),
            cause: KeyringCause::default(),
            record: None,
            tried_in: Arc::default(),
        }
    }

    /// Says of an error of [`wrap`](Self::wrap) what it tells of other data keys under the same key; others stay as they are.
    #[must_use]
    pub fn because(mut self, told: KeyringCause) -> Self {
        if let Self::Wrap { cause, .. } = &mut self {
            *cause = told;
        }
        self
    }

    /// Adds to an error of [`wrap`](Self::wrap) the record of what the key store answered; others stay as they are.
    #[must_use]
    pub fn recorded_as(mut self, failure: Failure) -> Self {
        if let Self::Wrap { record, .. } = &mut self {
            *record = Some(Arc::new(failure));
        }
        self
    }

    /// Adds to an error of [`wrap`](Self::wrap) in which Regions the key store was asked, in order; others stay as they are.
    #[must_use]
    pub fn tried_in(mut self, regions: impl IntoIterator<Item = Region>) -> Self {
        if let Self::Wrap { tried_in, .. } = &mut self {
            *tried_in = regions.into_iter().collect();
        }
        self
    }

    /// The record of what the key store answered, if there is one; of several keys, of the last.
    #[must_use]
    pub fn record(&self) -> Option<&Failure> {
        match self {
            Self::Wrap { record, .. } => record.as_deref(),
            Self::Unwrap { met } => met.iter().rev().find_map(KeyAttempt::record),
            _ => None,
        }
    }

    /// Of which kind the failure is, by its record if there is one.
    #[must_use]
    pub fn category(&self) -> Category {
        if let Some(record) = self.record() {
            return record.category();
        }
        match self {
            Self::NoMatchingKey { .. } | Self::Unauthentic => Category::Encryption,
            Self::Unsupported { .. } => Category::Configuration,
            Self::Contract { .. } => Category::Internal,
            Self::Wrap { .. } | Self::Unwrap { .. } => match self.cause() {
                KeyringCause::Other => Category::Unknown,
                KeyringCause::Unavailable => Category::ServiceUnavailable,
                KeyringCause::KeyUnusable => Category::Encryption,
                KeyringCause::Denied => Category::Authorization,
            },
        }
    }

    /// The key that was asked for last and did not serve, where, and the request that said so.
    pub(crate) fn key_use(&self) -> Option<KeyUse> {
        let (tried, regions, record) = match self {
            Self::Wrap {
                under,
                tried_in,
                record,
                ..
            } => (KeyUse::new(under), tried_in, record),
            Self::Unwrap { met } => {
                let tried = |attempt: &KeyAttempt| Some(attempt.wrapping_key.as_ref()?.to_use());
                let mut last = met.iter().rev();
                last.find_map(|it| Some((tried(it)?, &it.tried_in, &it.record)))?
            }
            _ => return None,
        };
        let tried = tried.with_regions(regions.iter().cloned());
        let request_id = record.as_deref().and_then(Failure::request_id);
        Some(match request_id {
            Some(id) => tried.with_request_id(id),
            None => tried,
        })
    }

    /// The keys of a message that is for none of ours, as its header names them.
    pub(crate) fn named_keys(&self) -> Vec<String> {
        match self {
            Self::NoMatchingKey { met } => met.iter().map(|it| it.key().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// What it tells of other data keys under the same keys; of several, the one that asks for most.
    #[must_use]
    pub fn cause(&self) -> KeyringCause {
        match self {
            Self::Wrap { cause, .. } => *cause,
            Self::Unwrap { met } => met
                .iter()
                .map(|attempt| attempt.cause)
                .fold(KeyringCause::default(), KeyringCause::or_worse),
            _ => KeyringCause::default(),
        }
    }

    /// Of an error that tells of withdrawals: the wrapping keys that are withdrawn, or none if one of them has no name.
    pub(crate) fn withdrawn(&self) -> Option<Vec<&WrappingKey>> {
        let Self::Unwrap { met } = self else {
            return None;
        };
        let withdrawn = met.iter().filter(|it| it.cause.is_withdrawal());
        withdrawn.map(|it| it.wrapping_key.as_ref()).collect()
    }

    /// Whether a key store was not reached, whatever another key met.
    pub(crate) fn met_outage(&self) -> bool {
        match self {
            Self::Unwrap { met } => met.iter().any(|it| it.cause == KeyringCause::Unavailable),
            _ => self.cause() == KeyringCause::Unavailable,
        }
    }

    /// Whether one of the keys was not what its keyring wrapped.
    pub(crate) fn has_refused(&self) -> bool {
        match self {
            Self::Unauthentic => true,
            Self::Unwrap { met } => met
                .iter()
                .any(|attempt| matches!(attempt.outcome(), Outcome::Refused)),
            _ => false,
        }
    }

    /// Notes that no key of a message gave the data key.
    ///
    /// It is [`Unwrap`](Self::Unwrap) if one of them [failed](KeyAttempt::failed), else
    /// [`Unauthentic`](Self::Unauthentic) if one was [refused](KeyAttempt::refused), and
    /// [`NoMatchingKey`](Self::NoMatchingKey) if all were [passed over](KeyAttempt::skipped).
    #[must_use]
    pub fn undecryptable(met: Vec<KeyAttempt>) -> Self {
        let any = |is: fn(&Outcome) -> bool| met.iter().any(|attempt| is(attempt.outcome()));
        if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
            Self::Unwrap { met }
        } else if any(|outcome| matches!(outcome, Outcome::Refused)) {
            Self::Unauthentic
        } else {
            Self::NoMatchingKey { met }
        }
    }

    /// Notes what the keyring is not made for.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported {
            reason: reason.into(),
        }
    }

    /// Notes what a keyring did against its contract.
    pub fn contract(reason: impl Into<String>) -> Self {
        Self::Contract {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrap { under, .. } => write!(f, "no data key could be wrapped under {under}"),
            Self::NoMatchingKey { met } => {
                let keys: Vec<&str> = met.iter().map(KeyAttempt::key).collect();
                let keys = keys.join("; ");
                write!(
                    f,
                    "the message is for other keys: use a keyring for one of [{keys}]"
                )
            }
            Self::Unwrap { met } => {
                f.write_str("no encrypted data key of the message could be unwrapped")?;
                for (at, attempt) in met.iter().enumerate() {
                    let separator = if at == 0 { ": " } else { "; " };
                    write!(f, "{separator}{attempt}")?;
                }
                Ok(())
            }
            Self::Unauthentic => {
                f.write_str("the encrypted data key does not belong to this key and context")
            }
            Self::Unsupported { reason } => f.write_str(reason),
            Self::Contract { reason } => write!(f, "a keyring broke its contract: {reason}"),
        }
    }
}

/// Where several keys failed, the source is the failure of the last.
impl Error for KeyringError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Wrap { source, .. } => Some(&**source),
            Self::Unwrap { met } => met
                .iter()
                .rev()
                .find_map(KeyAttempt::failure)
                .map(|failure| failure as _),
            _ => None,
        }
    }
}

impl From<EncryptedDataKeyTooLong> for KeyringError {
    fn from(too_long: EncryptedDataKeyTooLong) -> Self {
        Self::contract(too_long.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EncryptedDataKey;
    use std::io;

    fn key(info: &str) -> EncryptedDataKey {
        EncryptedDataKey::new("aws-kms", info, "wrapped").unwrap()
    }

    #[test]
    fn lists_what_each_key_met_and_leads_to_the_last_failure() {
        let error = KeyringError::undecryptable(vec![
            KeyAttempt::skipped(&key("arn:1")),
            KeyAttempt::failed(&key("arn:2"), io::Error::other("access denied")),
            KeyAttempt::failed(&key("arn:3"), io::Error::other("key disabled")),
        ]);
        assert_eq!(
            error.to_string(),
            "no encrypted data key of the message could be unwrapped: aws-kms arn:1: of another keyring; \
             aws-kms arn:2: access denied; aws-kms arn:3: key disabled"
        );
        let source = error.source().unwrap();
        assert_eq!(
            source.downcast_ref::<io::Error>().unwrap().to_string(),
            "key disabled"
        );
    }

    #[test]
    fn the_worst_of_what_was_met_is_told_with_the_keys_that_are_withdrawn() {
        let down = KeyAttempt::failed(&key("arn:1"), io::Error::other("down"));
        let denied = KeyAttempt::failed(&key("arn:2"), io::Error::other("denied"));
        let error = KeyringError::undecryptable(vec![
            down.because(KeyringCause::Unavailable),
            denied.because(KeyringCause::Denied),
        ]);
        assert_eq!(error.cause(), KeyringCause::Denied);
        let withdrawn = error.withdrawn().unwrap();
        assert_eq!(withdrawn, [&WrappingKey::new("aws-kms", "arn:2")]);
        assert!(error.met_outage());

        let disabled = KeyringError::wrap("arn:1", io::Error::other("disabled"));
        assert_eq!(disabled.cause(), KeyringCause::Other);
        let disabled = disabled.because(KeyringCause::KeyUnusable);
        assert_eq!(disabled.cause(), KeyringCause::KeyUnusable);
    }

    #[test]
    fn what_is_told_of_a_failure_to_unwrap_is_of_one_key() {
        use leeward_error_taxonomy::{Facts, Stage, Verdict};
        let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
        facts.request_id = Some("4f-refused");
        let denied = KeyAttempt::failed(&key("arn:1"), io::Error::other("denied"))
            .recorded_as(Failure::from(&facts))
            .tried_in([Region::from_static("eu-west-1")]);
        let used = KeyringError::undecryptable(vec![denied.clone()]).key_use();
        let used = used.unwrap();
        assert_eq!(
            (used.key(), used.request_id()),
            ("arn:1", Some("4f-refused"))
        );
        assert_eq!(used.regions(), [Region::from_static("eu-west-1")]);
        let down = KeyAttempt::failed(&key("arn:2"), io::Error::other("down"));
        let used = KeyringError::undecryptable(vec![denied, down]).key_use();
        let used = used.unwrap();
        assert_eq!((used.key(), used.request_id()), ("arn:2", None));
        assert!(used.regions().is_empty());
    }

    #[test]
    fn says_which_keys_would_do() {
        let error = KeyringError::undecryptable(vec![
            KeyAttempt::skipped(&key("arn:1")),
            KeyAttempt::skipped(&key("arn:2")),
        ]);
        assert!(matches!(error, KeyringError::NoMatchingKey { .. }));
        assert_eq!(
            error.to_string(),
            "the message is for other keys: use a keyring for one of [aws-kms arn:1; aws-kms arn:2]"
        );
        assert!(error.source().is_none());
    }

    #[test]
    fn what_was_changed_is_told_without_detail() {
        let refused = || KeyAttempt::refused(&key("arn:1"));
        let error =
            KeyringError::undecryptable(vec![refused(), KeyAttempt::skipped(&key("arn:2"))]);
        assert!(matches!(error, KeyringError::Unauthentic));
        assert!(error.source().is_none());
        // Something to mend comes first: with it mended, the message may decrypt.
        let throttled = KeyAttempt::failed(&key("arn:2"), io::Error::other("throttled"));
        let error = KeyringError::undecryptable(vec![refused(), throttled]);
        assert_eq!(
            error.to_string(),
            "no encrypted data key of the message could be unwrapped: aws-kms arn:1: not of this key and context; \
             aws-kms arn:2: throttled"
        );
    }

    #[test]
    fn a_failure_to_wrap_leads_to_its_source() {
        let error = KeyringError::wrap("arn:1", io::Error::other("throttled"));
        assert_eq!(
            error.to_string(),
            "no data key could be wrapped under arn:1"
        );
        assert!(error.clone().source().unwrap().is::<io::Error>());
    }
}
