use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use std::fmt;

/// What is secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum SecretValue {
    Text(String),
    Binary(Vec<u8>),
}

impl SecretValue {
    /// Writes it into an answer.
    pub(super) fn put_into(&self, answer: &mut Map<String, Value>) {
        let (field, value) = match self {
            Self::Text(text) => ("SecretString", text.clone()),
            Self::Binary(bytes) => ("SecretBinary", BASE64_STANDARD.encode(bytes)),
        };
        answer.insert(field.to_owned(), value.into());
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Binary(_) => "Binary(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_printed() {
        let text = format!("{:?}", SecretValue::Text("hunter2".to_owned()));
        let binary = format!("{:?}", SecretValue::Binary(vec![104, 117]));
        assert_eq!((&*text, &*binary), ("Text(..)", "Binary(..)"));
    }
}
