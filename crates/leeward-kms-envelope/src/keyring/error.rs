use aws_sdk_kms::config::http::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use leeward_client_pool::Failed;
use leeward_error_taxonomy::{Classify, Failure, OperationName, Rejected};
use std::{error::Error, fmt};

/// A call to KMS that gave no data key: where, what it met, and the SDK's own error as its source.
///
/// Found in the sources of an encryption or decryption error; [`rejected`](Self::rejected) tells a refusal of our own
/// layers, such as [`Rejected::Exhausted`] with each Region's answer, from an answer of KMS.
pub struct KmsError {
    operation: OperationName,
    failure: Failure,
    source: Box<dyn Error + Send + Sync>,
}

impl KmsError {
    pub(super) fn new<E>(operation: OperationName, error: Failed<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failure = Failure::from(&error.facts());
        Self {
            operation,
            failure,
            source: without_plaintext(error),
        }
    }

    /// The operation that failed.
    #[must_use]
    pub const fn operation(&self) -> OperationName {
        self.operation
    }

    /// What it met.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The refusal of our own layers, if that is what it met.
    #[must_use]
    pub fn rejected(&self) -> Option<&Rejected> {
        let mut source = self.source.source();
        while let Some(error) = source {
            if let Some(rejected) = error.downcast_ref() {
                return Some(rejected);
            }
            source = error.source();
        }
        None
    }
}

/// The error as it is, unless it holds an answer that may hold a plaintext key: then what was wrong with that answer.
fn without_plaintext<E>(error: Failed<E>) -> Box<dyn Error + Send + Sync>
where
    E: Error + Send + Sync + 'static,
{
    let succeeded = |response: &HttpResponse| response.status().is_success();
    if !error.raw_response().is_some_and(succeeded) {
        return error.into();
    }
    match error.into_source() {
        Ok(source) => source,
        Err(_) => "an answer that could not be read".into(),
    }
}

/// Without the sources, since the SDK's errors print whole answers.
impl fmt::Debug for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsError")
            .field("operation", &self.operation)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// `kms.GenerateDataKey: AccessDeniedException: not allowed (HTTP 400, request 4f…)`
impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.failure)
    }
}

impl Error for KmsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// An answer of KMS that cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableAnswer {
    #[error("KMS answered with key {answered} when {asked} was asked for")]
    OtherKey { asked: String, answered: String },
    #[error("KMS answered without a data key")]
    NoKey,
    #[error("KMS answered with a data key of another length than the suite needs")]
    Length,
}
