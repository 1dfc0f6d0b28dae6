use crate::{EncryptedDataKey, EncryptedDataKeyTooLong};
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

/// What one encrypted data key of a message met.
#[derive(Clone, Debug)]
pub struct KeyAttempt {
    key: String,
    failure: Option<Arc<dyn Error + Send + Sync>>,
}

impl KeyringError {
    /// Notes that a data key could not be made or wrapped under `under`.
    pub fn wrap(under: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Wrap {
            under: under.into(),
            source: source.into().into(),
        }
    }

    /// Notes that no key of a message gave the data key: [`Unwrap`](Self::Unwrap) if one was tried,
    /// [`NoMatchingKey`](Self::NoMatchingKey) if all were passed over.
    #[must_use]
    pub fn undecryptable(met: Vec<KeyAttempt>) -> Self {
        if met.iter().any(|attempt| attempt.failure.is_some()) {
            Self::Unwrap { met }
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

impl KeyAttempt {
    /// Notes that the key belongs to another keyring and was passed over.
    #[must_use]
    pub fn skipped(key: &EncryptedDataKey) -> Self {
        Self {
            key: key.to_string(),
            failure: None,
        }
    }

    /// Notes that the key belongs to this keyring but could not be unwrapped.
    pub fn failed(
        key: &EncryptedDataKey,
        failure: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            key: key.to_string(),
            failure: Some(failure.into().into()),
        }
    }

    /// Which key: the provider and what it calls the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Why it could not be unwrapped, unless it was passed over.
    #[must_use]
    pub fn failure(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.failure.as_deref()
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
            Self::Unsupported { reason } => f.write_str(reason),
            Self::Contract { reason } => write!(f, "a keyring broke its contract: {reason}"),
        }
    }
}

impl fmt::Display for KeyAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(failure) => write!(f, "{}: {failure}", self.key),
            None => write!(f, "{}: of another keyring", self.key),
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
                .find_map(|attempt| attempt.failure.as_deref())
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
    fn a_failure_to_wrap_leads_to_its_source() {
        let error = KeyringError::wrap("arn:1", io::Error::other("throttled"));
        assert_eq!(
            error.to_string(),
            "no data key could be wrapped under arn:1"
        );
        assert!(error.clone().source().unwrap().is::<io::Error>());
    }
}
