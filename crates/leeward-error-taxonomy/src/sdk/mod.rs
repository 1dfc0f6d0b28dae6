//! Reads the SDK's own error types, and lets them carry our refusals.
//!
//! One implementation covers every operation of every service, because each generated error provides its metadata. The
//! service is read off the name of the error's type, which is how one code can mean two things.

mod dispatch;

use crate::{Category, Classify, Facts, Rejected, Stage, Verdict, codes};
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use std::{error::Error, time::Duration};

impl<E> Classify for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn facts(&self) -> Facts<'_> {
        let mut facts = match self {
            Self::ServiceError(_) => answered::<E>(self.code(), self.raw_response()),
            Self::ResponseError(_) => {
                Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient)
            }
            _ => match refusal(self) {
                Some(rejected) => rejected.facts(),
                None => unanswered(self),
            },
        };
        facts.code = self.code();
        facts.message = self.message();
        facts.request_id = self.request_id();
        facts.cause = root(self);
        if let Some(response) = self.raw_response() {
            facts.status = Some(response.status().as_u16());
            facts.retry_after = retry_after(response.headers());
        }
        facts
    }
}

/// A refusal keeps the SDK's own shape: what was surely not sent is a construction failure, the rest a time-out.
impl<E> From<Rejected> for SdkError<E, HttpResponse> {
    fn from(rejected: Rejected) -> Self {
        match rejected.stage() {
            Stage::NotSent => Self::construction_failure(rejected),
            _ => Self::timeout_error(rejected),
        }
    }
}

fn answered<'a, E>(code: Option<&str>, response: Option<&HttpResponse>) -> Facts<'a> {
    let status = response.map_or(0, |response| response.status().as_u16());
    let (category, verdict) = code
        .and_then(|code| codes::look_up(service_of::<E>(), code))
        .unwrap_or_else(|| codes::by_status(status));
    Facts::new(Stage::Answered, category, verdict)
}

fn unanswered<'a, E>(error: &SdkError<E, HttpResponse>) -> Facts<'a>
where
    E: Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => {
            Facts::new(Stage::MaybeSent, Category::Timeout, Verdict::Transient)
        }
        SdkError::DispatchFailure(failure) => dispatch::facts(failure),
        _ => Facts::new(Stage::NotSent, Category::Validation, Verdict::Final),
    }
}

/// The service that an error type belongs to: `aws_sdk_kms::operation::…` is `kms`.
///
/// The compiler does not promise the form of a type's name. If it changes, only the codes that two services use for two
/// things lose their distinction, and a test here fails.
fn service_of<E>() -> Option<&'static str> {
    let path = std::any::type_name::<E>();
    path.strip_prefix("aws_sdk_")?.split("::").next()
}

/// The refusal of a layer, however deep an interceptor has wrapped it.
fn refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Rejected> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn root<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    chain(error).last()
}

/// The sources of `error`, outermost first; itself left out, since the SDK's own text says only "service error".
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// The pause that the service asks for: `x-amz-retry-after` in milliseconds, `retry-after` in seconds (RFC 9110, 10.2.3).
fn retry_after(headers: &Headers) -> Option<Duration> {
    let number = |name| {
        headers
            .get(name)
            .and_then(|value| value.trim().parse::<u64>().ok())
    };
    number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}
