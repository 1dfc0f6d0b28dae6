use super::{
    lost::{self, Lost},
    wrapping_key::WrappingKey,
};
use aws_sdk_kms::config::http::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use leeward_client_pool::Failed;
use leeward_envelope::KeyringCause;
use leeward_error_taxonomy::{
    Attempt, Category, Classify, Facts, Failure, OperationName, Region, Rejected, Stage,
};
use std::{error::Error, fmt};

/// A call to KMS that gave no data key: where, what it met, and the SDK's own error as its source.
///
/// Found in the sources of an encryption or decryption error; [`rejected`](Self::rejected) tells a refusal of our own
/// layers, such as [`Rejected::Exhausted`] with each Region's answer, from an answer of KMS.
pub struct KmsError {
    operation: OperationName,
    failure: Failure,
    advice: String,
    regions: Vec<Region>,
    // Whether the key may be had in more than one Region.
    is_anywhere: bool,
    // Whether it cannot be served in any Region of the stack, on whatever day.
    is_misplaced: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl KmsError {
    pub(super) fn new<E>(operation: OperationName, key: &WrappingKey, error: Failed<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut facts = error.facts();
        facts.operation = Some(operation);
        let lost = Lost::of(&facts);
        let advice = lost.map_or_else(|| facts.advice().to_string(), Lost::advice);
        if let Some(category) = lost.and_then(Lost::category) {
            facts.category = category;
        }
        Self {
            operation,
            failure: Failure::from(&facts),
            advice,
            regions: called(key, &facts),
            is_anywhere: key.home().is_none(),
            is_misplaced: matches!(lost, Some(Lost::Misplaced))
                && !lost::may_be_drained(key, &facts),
            source: without_plaintext(error),
        }
    }

    /// Finds the error of KMS among the sources of another one, such as a `DecryptError`.
    ///
    /// Where several keys of a message failed it is that of the last; [`KeyringError`](leeward_envelope::KeyringError)
    /// has all of them.
    #[must_use]
    pub fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// The operation that failed.
    #[must_use]
    pub const fn operation(&self) -> OperationName {
        self.operation
    }

    /// What it met.
    ///
    /// Where no Region answered, its category is that of the last one that was called, such as
    /// [`Category::Timeout`]; [`Category::Rejected`] if none was called, and [`Category::Configuration`] if the key is not to be
    /// had in any of them.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        &self.failure
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// The Regions that were called, in order: of an answer the one that gave it, of a call that none of them answered all but
    /// those that were passed over without a call.
    ///
    /// Empty if all were passed over, and where nobody can say: a key that may be used anywhere, and the deadline of the whole
    /// call, or the only Region of a list was silent.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Whether KMS blames what stands in the message: the wrapped key, its context, or the key that it is said to be of.
    pub(super) fn is_of_the_ciphertext(&self) -> bool {
        matches!(
            self.failure.code(),
            Some("InvalidCiphertextException" | "IncorrectKeyException")
        )
    }

    /// What it tells of data keys that were made or unwrapped under the same key before.
    pub(super) fn cause(&self) -> KeyringCause {
        use Category::{Authorization, Internal, Network, RateLimit, ServiceUnavailable, Timeout};
        let is_of_the_key = matches!(
            self.failure.code(),
            Some(
                "DisabledException"
                    | "InvalidKeyUsageException"
                    | "KMSInvalidStateException"
                    | "NotFoundException"
            )
        );
        match self.failure.category() {
            // A replica is gone no sooner than a week after KMS began to say so otherwise: this Region never had one, and those
            // that have may be out. So may the Region be that has a bare alias.
            _ if self.is_absent_here() => KeyringCause::Unavailable,
            _ if is_of_the_key => KeyringCause::KeyUnusable,
            _ if self.is_misplaced => KeyringCause::Other,
            // Whoever was denied, of a call that got no answer, it was not KMS that denied it.
            Authorization if self.rejected().is_none() => KeyringCause::Denied,
            Internal | Network | RateLimit | ServiceUnavailable | Timeout => {
                KeyringCause::Unavailable
            }
            _ if self.rejected().is_some() => KeyringCause::Unavailable,
            _ => KeyringCause::Other,
        }
    }

    /// Whether KMS does not know, in the Region that answered, a key that may be had in others.
    fn is_absent_here(&self) -> bool {
        self.is_anywhere && self.failure.code() == Some("NotFoundException")
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

/// Where a call with `key` went that failed as `facts` say.
fn called(key: &WrappingKey, facts: &Facts<'_>) -> Vec<Region> {
    let Some(Rejected::Exhausted { tried } | Rejected::BudgetSpent { tried }) = facts.rejected
    else {
        let home = key.home().filter(|_| facts.stage != Stage::NotSent);
        return facts.region.or(home).cloned().into_iter().collect();
    };
    let was_called = |attempt: &&Attempt| attempt.failure.category() != Category::Rejected;
    let mut regions = Vec::with_capacity(tried.len());
    for attempt in tried.iter().filter(was_called) {
        if !regions.contains(&attempt.region) {
            regions.push(attempt.region.clone());
        }
    }
    regions
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
    #[error("KMS answered with a data key of {len} bytes, the suite needs {needed}")]
    Length { len: usize, needed: usize },
}

impl UnusableAnswer {
    pub(super) fn other_key(asked: &WrappingKey, answered: Option<&str>) -> Self {
        Self::OtherKey {
            asked: asked.to_string(),
            answered: answered.unwrap_or("none").to_owned(),
        }
    }
}
