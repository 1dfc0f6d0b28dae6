use crate::{AlgorithmSuite, CommitmentPolicy, ContextError, KeyringError, MalformedMessage};
use std::{
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

/// Says why an [`Encryptor`](crate::Encryptor) or [`Decryptor`](crate::Decryptor) cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Cached data keys would be too old as soon as they are there.
    #[error(
        "a data key cached for {max_age:?} serves nobody: allow a millisecond at least, or leave the cache out"
    )]
    MaxAgeTooShort {
        /// The age that was asked for.
        max_age: Duration,
    },
}

/// Says why a plaintext was not encrypted. No part of a message exists then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The context holds a pair that belongs to the format.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// There is no data key to encrypt under; the source says whether to wait, to ask for rights or to mend the set-up.
    #[error("the keyring gave no data key")]
    Keyring(#[from] KeyringError),
    /// The keyring wrapped the data key more often than readers will accept.
    #[error(
        "the keyring wrapped the data key {found} times, {max} at most: take keyrings away or raise the limit here and at the readers"
    )]
    TooManyEncryptedDataKeys {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: NonZeroU16,
    },
    /// The format cannot number that many frames.
    #[error(
        "a plaintext of {len} bytes takes more than 4294967295 frames of {frame_length}: choose a larger frame length"
    )]
    TooLong {
        /// How many bytes the plaintext has.
        len: usize,
        /// How many bytes a frame has.
        frame_length: NonZeroU32,
    },
    /// The cryptographic library failed or had no randomness.
    #[error("the cryptographic library failed: check that the system provides randomness")]
    Cipher,
}

/// Says why a message was not decrypted. No part of the plaintext gets out then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The bytes are not a message of the AWS Encryption SDK.
    #[error(transparent)]
    Malformed(#[from] MalformedMessage),
    /// The message names more wrapped keys than a reader should try.
    #[error(
        "the message has {found} encrypted data keys, {max} at most: raise the limit if its writer is trusted"
    )]
    TooManyEncryptedDataKeys {
        /// How many it names.
        found: u16,
        /// How many it may name.
        max: NonZeroU16,
    },
    /// The message does not commit to its key, and the policy asks for it.
    #[error(
        "suite {suite} commits to no key, and the policy is {policy:?}: allow it while such messages are about, and write them anew"
    )]
    Commitment {
        /// The suite of the message.
        suite: AlgorithmSuite,
        /// The policy of the decryptor.
        policy: CommitmentPolicy,
    },
    /// The message is bound to another context than the caller expects.
    #[error(
        "the message has another value than expected under context key {key:?}: it is a message for something else"
    )]
    ContextMismatch {
        /// The key under which the values differ.
        key: String,
    },
    /// The context of the message and the expected one do not go together into one.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// There is no data key to decrypt with; the source says what each wrapped key of the message met.
    #[error("the keyring gave no data key")]
    Keyring(#[source] KeyringError),
    /// The message is not what its writer wrote, or the data key is not the one that it was written under.
    ///
    /// Which check failed is not told, since the answer would serve only whoever changed the message.
    #[error(
        "the message does not authenticate: it was changed, or belongs to another key or context"
    )]
    Unauthentic,
}

/// What a keyring refuses as not its own is told as any other change of the message: by one error, without a source.
impl From<KeyringError> for DecryptError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Unauthentic => Self::Unauthentic,
            error => Self::Keyring(error),
        }
    }
}
