//! The opaque error of a whole call.

mod link;
#[cfg(feature = "serde")]
mod record;

use crate::{
    Advice, Category, Classify, Facts, Failure, Obstacle, OperationName, Region, Rejected, Stage,
    Verdict, chain, redact::redact,
};
use link::Link;
use std::{
    error::Error,
    fmt,
    sync::OnceLock,
    time::{Duration, SystemTime},
};

/// What went wrong in a call to AWS, whatever the service, the operation and the layer that failed.
///
/// It is one pointer wide, prints on one line, and prints no secret: not in `Display`, `Debug` or serialised form, and not
/// in the texts of its [`source`](Error::source), which stand for those of the error within. That error itself is reached
/// by [`downcast_ref`](Self::downcast_ref) and [`inner`](Self::inner), and may print more.
///
/// ```
/// use leeward_error_taxonomy::{AwsError, OperationName, Region, Rejected};
///
/// let error = AwsError::from(Rejected::LimiterFull)
///     .with_operation(OperationName::new("kms", "Encrypt"))
///     .with_region(Region::from_static("eu-central-1"));
/// assert_eq!(error.to_string(), "kms.Encrypt: limiter full (eu-central-1)");
/// assert_eq!(error.advice().to_string(), "send fewer calls at once, or give the limiter more permits");
/// ```
pub struct AwsError(Box<Inner>);

struct Inner {
    failure: Failure,
    operation: Option<OperationName>,
    region: Option<Region>,
    attempts: Option<u32>,
    retry_at: Option<SystemTime>,
    is_refusal: bool,
    error: Box<dyn Error + Send + Sync>,
    /// The error's sources as they may be printed, written down when they are first asked for.
    shown: OnceLock<Link>,
}

impl AwsError {
    /// Keeps `error` with what it says of itself.
    pub fn new<E>(error: E) -> Self
    where
        E: Classify + Error + Send + Sync + 'static,
    {
        let mut known = Known::of(&error.facts());
        let own_words = || redact(&error.to_string()).into_owned();
        known.failure.message.get_or_insert_with(own_words);
        Self::from_known(known, error.into())
    }

    /// Keeps an error whose type is lost, with what can be found in it and its sources, as [`Facts::of_erased`] does.
    ///
    /// An `AwsError` comes out as it was. `anyhow::Error` hides the type of its outermost error when it is turned into a
    /// box, so that the HTTP status and the type of an SDK error go unseen; code, message and request id are found below
    /// it. An `anyhow::Error` that may hold an `AwsError` should be asked by its own `downcast` first.
    pub fn from_erased(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => {
                let known = Known::of(&Facts::of_erased(&*error));
                Self::from_known(known, error)
            }
        }
    }

    fn from_known(known: Known, error: Box<dyn Error + Send + Sync>) -> Self {
        Self(Box::new(Inner {
            failure: known.failure,
            operation: known.operation,
            region: None,
            attempts: known.attempts,
            retry_at: known.retry_at,
            is_refusal: known.is_refusal,
            error,
            shown: OnceLock::new(),
        }))
    }

    /// Names the operation, where the error could not.
    #[must_use]
    pub fn with_operation(mut self, operation: OperationName) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Names the Region that was called.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.0.region = Some(region);
        self
    }

    /// Says how many attempts were made.
    ///
    /// After more than one, what was not sent at last may have been sent before: the [`stage`](Self::stage) then says so.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = Some(attempts);
        if attempts > 1 && self.0.failure.stage == Stage::NotSent {
            self.0.failure.stage = Stage::MaybeSent;
        }
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> Advice<'_> {
        self.facts().advice()
    }

    /// The record of what is known, free of secrets.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// How far the request got.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.0.failure.stage
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn category(&self) -> Category {
        self.0.failure.category
    }

    /// Whether sending it again can help.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.0.failure.verdict
    }

    /// The service's error code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.failure.code.as_deref()
    }

    /// The service's message, or that of the error at the root of a failure to send.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.failure.message.as_deref()
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.failure.status
    }

    /// The id under which AWS support finds the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.failure.request_id.as_deref()
    }

    /// The second id that S3 gives.
    #[must_use]
    pub fn extended_request_id(&self) -> Option<&str> {
        self.0.failure.extended_request_id.as_deref()
    }

    /// How long the service asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.failure.retry_after
    }

    /// What kept the request from an answer, if it got none.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.0.failure.obstacle
    }

    /// The operation that failed.
    #[must_use]
    pub fn operation(&self) -> Option<OperationName> {
        self.0.operation
    }

    /// The Region that was called.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.0.attempts
    }

    /// The refusal of a layer, if that is what it was.
    #[must_use]
    pub fn rejected(&self) -> Option<&Rejected> {
        if self.0.is_refusal {
            chain::rejected(&*self.0.error)
        } else {
            None
        }
    }

    /// The error of type `E` among the one within and its sources: the SDK's own, or the modelled error of the operation.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        chain::from(&*self.0.error).find_map(|error| error.downcast_ref())
    }

    /// The error within, as it is: its `Debug` may print whole answers.
    #[must_use]
    pub fn inner(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0.error
    }

    /// Gives the error within back.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0.error
    }
}

/// What outlives the error that the facts were borrowed from.
struct Known {
    failure: Failure,
    operation: Option<OperationName>,
    attempts: Option<u32>,
    retry_at: Option<SystemTime>,
    is_refusal: bool,
}

impl Known {
    fn of(facts: &Facts<'_>) -> Self {
        Self {
            failure: Failure::from(facts),
            operation: facts.operation,
            attempts: facts.attempts,
            retry_at: facts.retry_at,
            is_refusal: facts.rejected.is_some(),
        }
    }
}

impl Classify for AwsError {
    fn facts(&self) -> Facts<'_> {
        let Inner {
            failure,
            operation,
            attempts,
            retry_at,
            ..
        } = &*self.0;
        let mut facts = Facts::new(failure.stage, failure.category, failure.verdict);
        facts.operation = *operation;
        facts.code = self.code();
        facts.message = self.message();
        facts.request_id = self.request_id();
        facts.extended_request_id = self.extended_request_id();
        facts.status = failure.status;
        facts.retry_after = failure.retry_after;
        facts.retry_at = *retry_at;
        facts.obstacle = failure.obstacle;
        facts.attempts = *attempts;
        facts.rejected = self.rejected();
        facts
    }
}

impl From<Rejected> for AwsError {
    fn from(rejected: Rejected) -> Self {
        Self::new(rejected)
    }
}

#[cfg(feature = "sdk")]
impl<E> From<crate::sdk::Failed<E>> for AwsError
where
    crate::sdk::Failed<E>: Classify + Error + Send + Sync + 'static,
{
    fn from(error: crate::sdk::Failed<E>) -> Self {
        Self::new(error)
    }
}

impl Error for AwsError {
    /// The texts of the error within and of its sources, without secrets; for the errors themselves see `inner`.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.shown.get_or_init(|| Link::of(&*self.0.error)))
    }
}

/// `kms.Encrypt: ThrottlingException: rate exceeded (HTTP 400, request 4f…, 3 attempts, us-east-1)`
impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            failure,
            operation,
            region,
            attempts,
            ..
        } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        failure.write_words(f)?;
        let mut separator = " (";
        let mut detail = |detail: fmt::Arguments<'_>| {
            let written = write!(f, "{separator}{detail}");
            separator = ", ";
            written
        };
        if let Some(status) = failure.status {
            detail(format_args!("HTTP {status}"))?;
        }
        if let Some(id) = &failure.request_id {
            detail(format_args!("request {id}"))?;
        }
        match attempts {
            None => {}
            Some(1) => detail(format_args!("1 attempt"))?,
            Some(attempts) => detail(format_args!("{attempts} attempts"))?,
        }
        if let Some(region) = region {
            detail(format_args!("{region}"))?;
        }
        match separator {
            ", " => f.write_str(")"),
            _ => Ok(()),
        }
    }
}

/// Without the error within, since the SDK's errors print whole answers.
impl fmt::Debug for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsError")
            .field("operation", &self.operation())
            .field("region", &self.region())
            .field("attempts", &self.attempts())
            .field("failure", self.failure())
            .finish_non_exhaustive()
    }
}
