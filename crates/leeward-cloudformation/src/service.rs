//! What CloudFormation answers, turned into ours.

use leeward_client_pool::random_token;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};

/// CloudFormation has no code for a stack that is not there: it says `Stack with id orders does not exist` by a `ValidationError`.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    is_invalid(error) && says(error, "does not exist")
}

/// It has none for an update that would change nothing either.
pub(crate) fn is_unchanged(error: &AwsError) -> bool {
    is_invalid(error) && says(error, "No updates are to be performed")
}

/// A detection of drift is refused while another one runs.
pub(crate) fn is_detecting(error: &AwsError) -> bool {
    is_invalid(error) && says(error, "already in progress")
}

pub(crate) fn is_invalid(error: &AwsError) -> bool {
    error.code() == Some("ValidationError")
}

fn says(error: &AwsError, words: &str) -> bool {
    error
        .message()
        .is_some_and(|message| message.contains(words))
}

/// A token that makes a call idempotent: at most 128 letters, digits and hyphens, begun by a letter or digit.
pub(crate) fn token() -> String {
    format!("leeward-{}", random_token())
}

/// A text that says something.
pub(crate) fn said(text: Option<impl Into<String>>) -> Option<String> {
    text.map(Into::into).filter(|text| !text.is_empty())
}

/// What must be in an answer.
pub(crate) fn answered<T>(part: Option<T>, what: &'static str) -> Result<T, AwsError> {
    part.ok_or_else(|| AwsError::new(Missing(what)))
}

#[derive(Debug, thiserror::Error)]
#[error("the answer of CloudFormation lacks {0}")]
struct Missing(&'static str);

impl Classify for Missing {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Internal, Verdict::Final)
    }
}
