#![doc = include_str!("../README.md")]

mod keyring;
mod stack;

pub use keyring::{
    Decrypt, DiscoveryFilter, EncryptDataKey, EncryptDataKeyInput, GenerateDataKey,
    KeyringSetupError, KmsCalls, KmsDiscoveryKeyring, KmsError, KmsKeyring, KmsMultiKeyringBuilder,
};
pub use leeward_client_pool::regional::{InvalidResourceName, KeyArn, KeyId};
pub use stack::{CheckedKmsStack, KmsService, KmsStack, KmsStackError};
