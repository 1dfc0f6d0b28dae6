#![doc = include_str!("../README.md")]

mod audit;
mod caching;
mod cipher;
mod commitment;
mod context;
mod data_key;
mod decryptor;
mod derive;
mod encryptor;
mod error;
#[cfg(feature = "file")]
mod file;
mod inspection;
#[cfg(feature = "json")]
mod json;
mod keyring;
mod materials;
mod materials_manager;
mod message;
mod pace;
mod parallelism;
mod range;
mod signature;
mod stream;
mod suite;

pub use audit::{Audit, AuditEvent, AuditOperation, AuditOutcome, CorrelationId, KeyUse};
pub use caching::{CachePolicy, CacheStats, Partition, Purge};
pub use commitment::CommitmentPolicy;
pub use context::{ContextError, EncryptionContext};
pub use data_key::{DataKey, EncryptedDataKey, EncryptedDataKeyTooLong};
pub use decryptor::{
    Authenticated, Decrypted, Decryption, Decryptor, DecryptorBuilder, HeaderReader, SignedStreams,
};
pub use encryptor::{Encryption, Encryptor, EncryptorBuilder};
pub use error::{BuildError, DecryptError, EncryptError};
#[cfg(feature = "file")]
pub use file::FileError;
pub use inspection::{Inspection, inspect};
#[cfg(feature = "json")]
pub use json::{OpenJsonError, SealJsonError};
pub use keyring::{
    BoxFuture, InvalidRawAesKeyring, InvalidRawRsaKeyring, KeyAttempt, Keyring, KeyringCause,
    KeyringError, MultiKeyring, MultiKeyringBuilder, NoKeyrings, RawAesKeyring, RawRsaKeyring,
    RawRsaKeyringBuilder, RsaKeyHalf, RsaPadding, WrappingKey,
};
pub use materials::{DecryptionMaterials, EncryptionMaterials};
pub use message::MalformedMessage;
pub use range::{RangeError, RangeReader, ReadAt, ReadAtFn, read_at_fn};
pub use stream::{
    Cipher, CipherReader, CipherWriter, DecryptingReader, DecryptingWriter, EncryptingReader,
    EncryptingWriter,
};
#[cfg(feature = "stream")]
pub use stream::{CipherStream, DecryptingStream, EncryptingStream};
pub use suite::AlgorithmSuite;
