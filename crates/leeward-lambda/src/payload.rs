use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category as Problem;

/// The largest input of a function that is waited for, in bytes: 6 MB ("Lambda quotas", invocation payload).
pub const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

/// The largest input of a function that is not waited for, in bytes: 1 MB (the same; it was 256 KB until October 2025).
pub const MAX_EVENT_PAYLOAD: usize = 1024 * 1024;

/// Why an input cannot be sent or an output cannot be read; it shows nothing of either.
///
/// It is reached by [`downcast_ref`](AwsError::downcast_ref).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The input does not turn into JSON. Nothing was sent.
    #[error(
        "the input cannot be written as JSON: a key of a map is no text, or a part of it refuses"
    )]
    Unwritable,
    /// Lambda would refuse the input. Nothing was sent.
    #[error(
        "the input has {length} bytes, and Lambda takes {max} at the most: send larger ones through S3"
    )]
    TooLarge {
        /// Of the input as JSON.
        length: usize,
        /// What Lambda takes.
        max: usize,
    },
    /// The function has run, and its output is not what was asked for.
    #[error("the output of the function {problem} (line {line}, column {column})")]
    Unreadable {
        /// What is wrong with it.
        problem: &'static str,
        /// In which line of the output, from 1 on.
        line: usize,
        /// In which column of that line.
        column: usize,
    },
}

impl PayloadError {
    /// Writes an input, unless it is too large.
    pub(crate) fn write(input: &(impl Serialize + ?Sized), max: usize) -> Result<Vec<u8>, Self> {
        let json = serde_json::to_vec(input).map_err(|_| Self::Unwritable)?;
        match json.len() {
            length if length > max => Err(Self::TooLarge { length, max }),
            _ => Ok(json),
        }
    }

    /// Reads an output; one that is empty is read as `null`.
    pub(crate) fn read<T: DeserializeOwned>(output: &[u8]) -> Result<T, Self> {
        let output = if output.is_empty() { b"null" } else { output };
        // Its message may show what is in the output.
        serde_json::from_slice(output).map_err(|error| Self::Unreadable {
            problem: match error.classify() {
                Problem::Data => "is not of the type that was asked for",
                Problem::Eof => "ends too early",
                Problem::Io | Problem::Syntax => "is no JSON",
            },
            line: error.line(),
            column: error.column(),
        })
    }
}

impl Classify for PayloadError {
    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Unwritable | Self::TooLarge { .. } => {
                Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
            }
            Self::Unreadable { .. } => {
                Facts::new(Stage::Answered, Category::Unknown, Verdict::Final)
            }
        }
    }
}

impl From<PayloadError> for AwsError {
    fn from(error: PayloadError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_input_is_as_large_as_its_json() {
        assert_eq!(PayloadError::write("abc", 5).unwrap(), b"\"abc\"");
        let error = PayloadError::write("abcd", 5).unwrap_err();
        assert_eq!(error, PayloadError::TooLarge { length: 6, max: 5 });
        let odd = BTreeMap::from([(vec![1], 2)]);
        assert_eq!(PayloadError::write(&odd, 5), Err(PayloadError::Unwritable));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_what_it_says() {
        assert_eq!(PayloadError::read::<Option<u8>>(b"").unwrap(), None);
        for (output, expected) in [
            (
                "\"hunter2\"",
                "the output of the function is not of the type that was asked for (line 1, column 9)",
            ),
            (
                "[1,\n",
                "the output of the function ends too early (line 2, column 0)",
            ),
            (
                "hunter2",
                "the output of the function is no JSON (line 1, column 1)",
            ),
        ] {
            let error = PayloadError::read::<Vec<u8>>(output.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
