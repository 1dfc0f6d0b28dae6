use crate::id::Shown;
use std::fmt;

/// Says which secret cannot be read as it was asked for, and why; with the names of its fields at most, never with what is in them.
///
/// Names are what a typing error is found by, and are printed with the error: a value that is no key and value pairs by its
/// maker's intent, but JSON of which the names themselves are secret, is to be read by [`Secret::expose`](crate::Secret::expose).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableSecret {
    secret: String,
    reason: UnreadableReason,
}

/// Why a value cannot be read as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableReason {
    /// The value is binary.
    #[error("its value is binary: read its bytes by Secret::expose")]
    NotText,
    /// The value is text, but no JSON object, so it has no fields.
    #[error("its value is no JSON object: read a plain text by Secret::expose_text")]
    NotObject,
    /// The value is no JSON of the type that was asked for.
    #[error("its value is no JSON of this kind: it goes wrong at line {line}, column {column}")]
    #[non_exhaustive]
    Json {
        /// Counted from 1; 0 if no line is to blame.
        line: usize,
        /// Counted from 1; 0 if no column is to blame.
        column: usize,
    },
    /// The value is a JSON object without this field.
    #[error("its value has no field {field:?}: its fields are {fields:?}")]
    #[non_exhaustive]
    NoField {
        /// What was asked for.
        field: String,
        /// What is there, in the order of their names; 20 at the most.
        fields: Vec<String>,
    },
    /// The field is there, but it is null, an array or an object.
    #[error("its field {field:?} is no text, number or truth value: read it by Secret::json")]
    #[non_exhaustive]
    NotPlain {
        /// What was asked for.
        field: String,
    },
}

impl UnreadableSecret {
    pub(crate) fn new(secret: impl Into<String>, reason: UnreadableReason) -> Self {
        Self {
            secret: secret.into(),
            reason,
        }
    }

    /// The name of the secret, or its ARN if it came without one.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What is wrong with its value.
    #[must_use]
    pub const fn reason(&self) -> &UnreadableReason {
        &self.reason
    }
}

/// `secret prod/db: its value has no field "password": its fields are ["user"]`
impl fmt::Display for UnreadableSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret {}: {}", Shown(&self.secret), self.reason)
    }
}

impl std::error::Error for UnreadableSecret {}

impl UnreadableReason {
    // The message of serde_json may quote what it met.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::Json {
            line: error.line(),
            column: error.column(),
        }
    }
}
