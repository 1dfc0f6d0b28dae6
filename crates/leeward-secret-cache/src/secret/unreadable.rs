/// Says why the value of a secret cannot be read as it was asked for; with the names of its fields at most, never with what is in them.
///
/// Names are what a typing error is found by, and are printed with the error: a value that is no key and value pairs by its
/// maker's intent, but JSON of which the names themselves are secret, is to be read by [`Secret::expose`](crate::Secret::expose).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableSecret {
    /// The value is binary.
    #[error("the value of the secret is binary: read its bytes by Secret::expose")]
    NotText,
    /// The value is no JSON of the type that was asked for.
    #[error(
        "the value of the secret is no JSON of this kind: it goes wrong at line {line}, column {column}"
    )]
    #[non_exhaustive]
    Json {
        /// Counted from 1; 0 if no line is to blame.
        line: usize,
        /// Counted from 1; 0 if no column is to blame.
        column: usize,
    },
    /// The value is a JSON object without this field.
    #[error("the value of the secret has no field {field:?}: its fields are {fields:?}")]
    #[non_exhaustive]
    NoField {
        /// What was asked for.
        field: String,
        /// What is there, in the order of their names; 20 at the most.
        fields: Vec<String>,
    },
    /// The field is there, but it is null, an array or an object.
    #[error(
        "the field {field:?} of the secret is no text, number or truth value: read it by Secret::json"
    )]
    #[non_exhaustive]
    NotPlain {
        /// What was asked for.
        field: String,
    },
}

impl UnreadableSecret {
    // The message of serde_json may quote what it met.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::Json {
            line: error.line(),
            column: error.column(),
        }
    }
}
