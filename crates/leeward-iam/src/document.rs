use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A policy document of IAM that does not read as one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("IAM has answered a policy document that is no JSON (line {line}, column {column})")]
#[non_exhaustive]
pub struct DocumentError {
    /// In which line of the decoded document, from 1 on; 0 of one that is no text.
    pub line: usize,
    /// In which column of that line.
    pub column: usize,
}

/// Reads a document as IAM sends it: JSON, URL-encoded by RFC 3986.
pub(crate) fn read(encoded: &str) -> Result<Value, DocumentError> {
    let text = percent_decode_str(encoded).decode_utf8();
    let text = text.map_err(|_| DocumentError { line: 0, column: 0 })?;
    serde_json::from_str(&text).map_err(|error| DocumentError {
        line: error.line(),
        column: error.column(),
    })
}

impl Classify for DocumentError {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}

impl From<DocumentError> for AwsError {
    fn from(error: DocumentError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_decoded_and_a_plus_stays() {
        let encoded = "%7B%22Resource%22%3A%20%22arn:aws:s3:::a+b%2F%C3%A9%22%7D";
        assert_eq!(
            read(encoded).unwrap(),
            json!({"Resource": "arn:aws:s3:::a+b/é"})
        );
    }

    #[test]
    fn what_is_none_is_told_with_its_place() {
        assert_eq!(read("%7B%0A"), Err(DocumentError { line: 2, column: 0 }));
        assert_eq!(read("%FF"), Err(DocumentError { line: 0, column: 0 }));
    }
}
