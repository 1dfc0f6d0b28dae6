#![doc = include_str!("../README.md")]

mod arn;
mod keyring;
mod stack;

pub use arn::{InvalidKeyArn, KeyArn};
pub use keyring::{Decrypt, GenerateDataKey, KeyringSetupError, KmsCalls, KmsError, KmsKeyring};
pub use stack::{KmsService, KmsStack, KmsStackError};
