#![doc = include_str!("../README.md")]

mod class;
mod keyring;
mod stack;

pub use class::{
    Class, ContextPolicy, KeyClass, KeyClasses, KeyClassesBuilder, KeyClassesError, UnknownClass,
};
pub use keyring::{
    Decrypt, DiscoveryFilter, EncryptDataKey, EncryptDataKeyInput, GenerateDataKey,
    KeyringSetupError, KmsCalls, KmsDiscoveryKeyring, KmsError, KmsKeyring, KmsMultiKeyringBuilder,
};
pub use leeward_client_pool::regional::{InvalidResourceName, KeyArn, KeyId};
pub use stack::{CheckedKmsStack, KmsService, KmsStack, KmsStackError};
