#![doc = include_str!("../README.md")]

mod keyring;
mod stack;

pub use keyring::{Decrypt, GenerateDataKey, KeyringSetupError, KmsCalls, KmsError, KmsKeyring};
pub use leeward_client_pool::regional::{InvalidResourceName, KeyArn};
pub use stack::{CheckedKmsStack, KmsService, KmsStack, KmsStackError};
