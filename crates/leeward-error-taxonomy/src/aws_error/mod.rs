//! The opaque error of a whole call.

mod known;
mod link;
#[cfg(feature = "serde")]
mod record;

use crate::{
    Advice, Category, Classify, Facts, Failure, Obstacle, OperationName, Region, Rejected, Stage,
    Verdict, chain, erased, redact,
};
use link::Link;

pub(crate) use known::Known;

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
///
/// With the feature `serde` it is written as a flat record. What is not known is left out:
///
/// | field | written as |
/// |---|---|
/// | `service`, `operation` | as in `kms` and `Encrypt`; both or none |
/// | `stage` | `not_sent`, `maybe_sent` or `answered`; always there |
/// | `category` | as in `rate_limit`; always there |
/// | `verdict` | `final`, `transient` or `throttled`; always there |
/// | `code`, `message` | text |
/// | `status` | number |
/// | `request_id`, `extended_request_id` | text |
/// | `retry_after_ms` | the pause asked for, in whole milliseconds |
/// | `retry_at_epoch_s` | the date until when to wait, in whole seconds since 1970 |
/// | `obstacle` | as in `connect_timeout` |
/// | `attempts` | number |
/// | `region` | as in `eu-central-1` |
/// | `host` | as in `kms.eu-central-1.amazonaws.com` |
/// | `advice` | a sentence; always there |
pub struct AwsError(Box<Inner>);

struct Inner {
    known: Known,
    is_refusal: bool,
    error: Box<dyn Error + Send + Sync>,
    /// What was found out since, without secrets.
    finding: Option<Box<str>>,
    /// The error's sources as they may be printed, written down when they are first asked for.
    shown: OnceLock<Link>,
}

impl AwsError {
    /// Keeps `error` with what it says of itself.
    pub fn new<E>(error: E) -> Self
    where
        E: Classify + Error + Send + Sync + 'static,
    {
        let facts = error.facts();
        let is_refusal = facts.rejected.is_some();
        let mut known = Known::of(&facts);
        known.failure.or_in_words(|| error.to_string());
        Self::from_known(known, is_refusal, error.into())
    }

    /// Keeps an error whose type is lost, with what can be found in it and its sources, as [`Facts::of_erased`] does.
    ///
    /// An `AwsError` in a box comes out as it was. One among the sources gives its Region, operation, attempts, ids and all
    /// else that it knows; the error around it is the one that is kept, and [`downcast_ref`](Self::downcast_ref) sees both.
    ///
    /// An `anyhow::Error` hides the type of its outermost error when it is turned into a box, which it is here:
    ///
    /// | held by `anyhow` | kept | lost |
    /// |---|---|---|
    /// | an `AwsError` under a context | everything | |
    /// | an `AwsError` alone | all that it knows, Region and attempts included | `downcast_ref`, [`rejected`](Self::rejected) |
    /// | an `SdkError`, alone or not | code, message, request id, what the connector said | status, headers, operation |
    ///
    /// So ask the `anyhow::Error` itself first, which finds either below its contexts, though it drops these:
    ///
    /// ```
    /// use leeward_error_taxonomy::{AwsError, Region, Rejected};
    ///
    /// fn whole(error: anyhow::Error) -> AwsError {
    ///     // Likewise for an `SdkError` of one's own operation, before the last resort.
    ///     error.downcast::<AwsError>().unwrap_or_else(AwsError::from_erased)
    /// }
    ///
    /// let error = AwsError::from(Rejected::LimiterFull).with_region(Region::from_static("eu-central-1"));
    /// let error = whole(anyhow::Error::from(error).context("while saving"));
    /// assert!(error.rejected().is_some());
    /// assert_eq!(error.to_string(), "limiter full (eu-central-1)");
    /// ```
    pub fn from_erased(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => {
                let facts = Facts::of_erased(&*error);
                let is_refusal = facts.rejected.is_some();
                let known = erased::known(&*error).cloned().unwrap_or_else(|| {
                    let mut known = Known::of(&facts);
                    let within = Known::within(&*error);
                    known.region = within
                        .and_then(|known| known.region.clone())
                        .or(known.region);
                    known
                });
                Self::from_known(known, is_refusal, error)
            }
        }
    }

    fn from_known(known: Known, is_refusal: bool, error: Box<dyn Error + Send + Sync>) -> Self {
        Self(Box::new(Inner {
            known,
            is_refusal,
            error,
            finding: None,
            shown: OnceLock::new(),
        }))
    }

    /// Names the operation, where the error could not; a name that holds a secret is not kept.
    #[must_use]
    pub fn with_operation(mut self, operation: OperationName) -> Self {
        self.0.known.operation = Some(redact::operation(operation));
        self
    }

    /// Names the Region that was called.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.0.known.region = Some(region);
        self
    }

    /// Says how many attempts were made.
    ///
    /// After more than one, what was not sent at last may have been sent before: the [`stage`](Self::stage) then says so.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.known.count(attempts);
        self
    }

    /// Adds what was found out about the failure since, such as the policy that denied it: its [advice](Self::advice) ends by that.
    ///
    /// What looks like a secret in it is left out, as it is of messages.
    #[must_use]
    pub fn with_finding(mut self, finding: &str) -> Self {
        self.0.finding = Some(redact(finding).into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> Advice<'_> {
        let mut facts = self.0.known.facts_to_advise_on();
        facts.rejected = self.rejected();
        Advice::read_off(&facts).with_finding(self.0.finding.as_deref())
    }

    /// The record of what is known, free of secrets.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.known.failure
    }

    /// How far the request got.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.failure().stage()
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn category(&self) -> Category {
        self.failure().category()
    }

    /// Whether sending it again can help.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.failure().verdict()
    }

    /// The service's error code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.failure().code()
    }

    /// The service's message, or that of the error at the root of a failure to send.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.failure().message()
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.failure().status()
    }

    /// The id under which AWS support finds the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.failure().request_id()
    }

    /// The second id that S3 gives.
    #[must_use]
    pub fn extended_request_id(&self) -> Option<&str> {
        self.failure().extended_request_id()
    }

    /// How long the service asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.failure().retry_after()
    }

    /// Until when the service asks to wait, where it names a date and no clock of its own to measure it by.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        self.failure().retry_at()
    }

    /// What kept the request from an answer, if it got none.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.failure().obstacle()
    }

    /// The operation that failed.
    #[must_use]
    pub fn operation(&self) -> Option<OperationName> {
        self.0.known.operation
    }

    /// The Region that was called.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.0.known.region.as_ref()
    }

    /// The host that was to be sent to, where there was no answer and the client has told.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.known.host.as_deref()
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.0.known.attempts
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
    ///
    /// An `AwsError` among them is looked into as well.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        chain::find(&*self.0.error)
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

impl Classify for AwsError {
    fn facts(&self) -> Facts<'_> {
        let mut facts = self.0.known.facts();
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
        let Inner { known, error, .. } = &*self.0;
        let shown = || Link::of(&**error, known.clone());
        Some(self.0.shown.get_or_init(shown))
    }
}

/// `kms.Encrypt: ThrottlingException: rate exceeded (HTTP 400, request 4f…, 3 attempts, us-east-1)`
impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Known {
            failure,
            operation,
            region,
            attempts,
            host,
        } = &self.0.known;
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
        if let Some(status) = failure.status() {
            detail(format_args!("HTTP {status}"))?;
        }
        if let Some(id) = failure.request_id() {
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
        if let Some(host) = host {
            detail(format_args!("{host}"))?;
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
            .field("host", &self.host())
            .field("attempts", &self.attempts())
            .field("failure", self.failure())
            .finish_non_exhaustive()
    }
}
