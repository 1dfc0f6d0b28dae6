use crate::{AlgorithmSuite, CommitmentPolicy, ContextError, KeyringError, MalformedMessage};
use leeward_error_taxonomy::Category;
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
    /// Data keys are to go from the cache of an encryptor to that of a decryptor, and one of the two is not there.
    #[error(
        "a decryptor keeps the data keys of an encryptor in its cache as that does in its own, and the {who} has none: give it one by with_cache"
    )]
    NotCached {
        /// `encryptor` or `decryptor`.
        who: &'static str,
    },
    /// The suite that was chosen is not one that the policy on commitment allows to be written.
    #[error(
        "suite {suite} must not be written under policy {policy:?}: choose another suite, or the policy that fits the readers"
    )]
    ForbiddenSuite {
        /// The suite that was chosen.
        suite: AlgorithmSuite,
        /// The policy that was chosen.
        policy: CommitmentPolicy,
    },
    /// A required context key is one that callers can never give.
    #[error("required context key {key:?} is reserved by the format: require one of your own")]
    ReservedContextKey {
        /// The key.
        key: String,
    },
}

/// Says why a plaintext was not encrypted. No part of a message exists then; of a stream, what was written before is none
/// that a reader accepts.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The context holds a pair that belongs to the format.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The context lacks a pair that the encryptor requires.
    #[error("the context has no value under required key {key:?}: every call must give one")]
    MissingContextKey {
        /// The key.
        key: String,
    },
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
        len: u64,
        /// How many bytes a frame has.
        frame_length: NonZeroU32,
    },
    /// The plaintext of a stream has another length than its caller had said.
    #[error(
        "{stated} bytes of plaintext were announced and {found} given: announce as many as there are, or nothing"
    )]
    OtherLength {
        /// How many bytes were announced.
        stated: u64,
        /// How many were given.
        found: u64,
    },
    /// The cryptographic library failed or had no randomness.
    #[error("the cryptographic library failed: check that the system provides randomness")]
    Cipher,
}

/// Says why a message was not decrypted. No part of the plaintext gets out then; of a stream, no more than the frames that
/// were released before.
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
    /// The header is longer than a reader should hold.
    #[error(
        "the header of the message has more than {max} bytes: raise the limit if its writer is trusted"
    )]
    HeaderTooLong {
        /// How many bytes it may have.
        max: usize,
    },
    /// A frame, or the one block of a message without frames, is longer than a reader should hold.
    #[error(
        "the message has frames of {found} bytes, {max} at most: raise the limit if there is memory for that"
    )]
    FrameTooLong {
        /// How many bytes there are in a frame.
        found: u64,
        /// How many there may be.
        max: u64,
    },
    /// There is more plaintext than the caller wants.
    #[error("the message holds more than {max} bytes: raise the limit if it should")]
    PlaintextTooLong {
        /// How many bytes it may hold.
        max: u64,
    },
    /// The signature of the message comes behind all of its plaintext, and a stream would release that before.
    #[error(
        "suite {suite} is signed, and a stream would release plaintext before the signature: decrypt the message whole, or choose with SignedStreams"
    )]
    SignedStream {
        /// The suite of the message.
        suite: AlgorithmSuite,
    },
    /// The message has no signature, and the decryptor requires one.
    #[error(
        "suite {suite} signs nothing, and this reader requires a signature: whoever was once let read may have written it"
    )]
    Unsigned {
        /// The suite of the message.
        suite: AlgorithmSuite,
    },
    /// A signed message is longer than what a stream may hold back for the signature.
    #[error(
        "the signed message holds more than the {max} bytes that may wait for its signature: raise the bound if there is memory for that"
    )]
    SignedTooLong {
        /// How many bytes may wait.
        max: usize,
    },
    /// The caller does not say which value it expects under a key that the decryptor requires.
    #[error(
        "the expected context has no value under required key {key:?}: every call must give one"
    )]
    MissingContextKey {
        /// The key.
        key: String,
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

impl EncryptError {
    /// Of which kind the failure is.
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Context(_)
            | Self::MissingContextKey { .. }
            | Self::TooLong { .. }
            | Self::OtherLength { .. } => Category::Validation,
            Self::TooManyEncryptedDataKeys { .. } => Category::Configuration,
            Self::Keyring(error) => error.category(),
            Self::Cipher => Category::Internal,
        }
    }
}

impl DecryptError {
    /// Of which kind the failure is; that a message is not what its writer wrote is always [`Category::Encryption`].
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Keyring(error) => error.category(),
            Self::Unauthentic => Category::Encryption,
            _ => Category::Validation,
        }
    }
}

/// What a keyring refuses as not its own is told as any other change of the message: by one error, without a source.
impl From<KeyringError> for DecryptError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Unauthentic => Self::Unauthentic,
            // That another key failed beside it is what the sender of a message may arrange.
            error if error.has_refused() => Self::Unauthentic,
            error => Self::Keyring(error),
        }
    }
}
