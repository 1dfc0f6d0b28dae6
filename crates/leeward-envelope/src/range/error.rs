use crate::{AlgorithmSuite, DecryptError, KeyringError, MalformedMessage, audit::Auditable};
use leeward_error_taxonomy::Category;
use std::io;

/// Says why a range of a message was not read. Nothing of it gets out then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// The source did not answer.
    #[error("the source of the message failed")]
    Source(#[source] io::Error),
    /// The message cannot be decrypted, or this part of it was changed.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// The signature of the message is over all of it, so that no part can be verified without the others.
    #[error(
        "suite {suite} is signed, and a range cannot be verified without the rest: decrypt the message whole, or write under a suite without signature"
    )]
    Signed {
        /// The suite of the message.
        suite: AlgorithmSuite,
    },
    /// The message is one block, and has one tag.
    #[error(
        "the message is one block, and a range cannot be verified without the rest: decrypt it whole"
    )]
    Unframed,
}

impl From<MalformedMessage> for RangeError {
    fn from(error: MalformedMessage) -> Self {
        Self::Decrypt(error.into())
    }
}

impl Auditable for RangeError {
    fn category(&self) -> Category {
        match self {
            Self::Source(_) => Category::Unknown,
            Self::Decrypt(error) => error.category(),
            Self::Signed { .. } | Self::Unframed => Category::Validation,
        }
    }

    fn keyring_error(&self) -> Option<&KeyringError> {
        match self {
            Self::Decrypt(error) => error.keyring_error(),
            _ => None,
        }
    }
}
