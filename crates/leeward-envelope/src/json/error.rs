use crate::{DecryptError, EncryptError};
use serde_json::error::Category;
use std::any::type_name;

/// Says why a value was not sealed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealJsonError {
    /// The value cannot be written as JSON; what serde says of it may quote the value, and is not told.
    #[error(
        "a {type_name} was not written as JSON: its Serialize failed, or it has a map whose keys are no texts"
    )]
    Value {
        /// What it is.
        type_name: &'static str,
    },
    /// The JSON was not encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

/// Says why a value was not opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenJsonError {
    /// The text is no base64.
    #[error(
        "the text is no base64 with padding: give the column as it was written, or the message itself to open_json"
    )]
    Text,
    /// The message was not decrypted.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// The plaintext is true, and something else; what serde says of it may quote it, and is not told.
    #[error(
        "what was sealed is {found}, where {type_name} was expected: open it as the type that was sealed"
    )]
    Value {
        /// What it should be.
        type_name: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl SealJsonError {
    pub(super) fn of_value<T: ?Sized>() -> Self {
        let type_name = type_name::<T>();
        Self::Value { type_name }
    }
}

impl OpenJsonError {
    pub(super) fn of_value<T>(error: &serde_json::Error) -> Self {
        let found = match error.classify() {
            Category::Data => "JSON of another shape",
            Category::Eof => "JSON that breaks off",
            Category::Io | Category::Syntax => "no JSON",
        };
        let type_name = type_name::<T>();
        Self::Value { type_name, found }
    }
}
