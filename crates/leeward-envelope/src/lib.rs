#![doc = include_str!("../README.md")]

mod cipher;
mod commitment;
mod context;
mod data_key;
mod keyring;
mod materials;
mod suite;

pub use commitment::CommitmentPolicy;
pub use context::{ContextError, EncryptionContext};
pub use data_key::{DataKey, EncryptedDataKey, EncryptedDataKeyTooLong};
pub use keyring::{
    BoxFuture, InvalidRawAesKeyring, KeyAttempt, Keyring, KeyringError, RawAesKeyring,
};
pub use materials::{DecryptionMaterials, EncryptionMaterials};
pub use suite::AlgorithmSuite;
