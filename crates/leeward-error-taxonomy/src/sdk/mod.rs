//! Reads the SDK's own error types, and lets them carry our refusals.
//!
//! One implementation covers every operation of every service, because each generated error provides its metadata. The
//! service and the operation are read off the name of the error's type, which is how one code can mean two things.

mod context;
mod credentials;
mod dispatch;
mod headers;
mod pause;
mod stream;
mod waiter;

pub use context::CallContext;

use crate::{
    Category, Classify, Facts, Meaning, OperationName, Rejected, Stage, Verdict, chain, codes,
};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::{
    ErrorMetadata,
    metadata::ProvideErrorMetadata,
    operation::{BuildError, SerializationError},
};
use aws_types::request_id::RequestId;
use std::{error::Error, fmt};

/// How a call to AWS fails: the SDK's own error.
pub(crate) type Failed<E, R = HttpResponse> = SdkError<E, R>;

impl<E> Classify for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn facts(&self) -> Facts<'_> {
        let response = self.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let mut facts = facts_of(self, status);
        facts.status = status;
        if let Some(response) = response {
            headers::note(response.headers(), &mut facts);
        }
        if let Some(context) = CallContext::of(self, response) {
            context.note(&mut facts);
        }
        facts
    }
}

/// What an error says whatever its raw answer is, of which the status alone is asked.
fn facts_of<E, R>(error: &SdkError<E, R>, status: Option<u16>) -> Facts<'_>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    let operation = operation_of::<E>();
    let mut facts = match error {
        SdkError::ServiceError(answer) => answered(answer.err(), operation, status),
        SdkError::ResponseError(_) => dispatch::interceptor(error)
            .unwrap_or_else(|| Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient)),
        _ => match chain::rejected(error) {
            Some(rejected) => rejected.facts(),
            None => unanswered(error),
        },
    };
    // A provider of credentials may have asked another service.
    facts.operation = facts.operation.or(operation);
    facts.cause = chain::below(error).last();
    facts
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

fn answered<E>(error: &E, operation: Option<OperationName>, status: Option<u16>) -> Facts<'_>
where
    E: ProvideErrorMetadata,
{
    let (code, message) = (error.code(), error.message());
    let service = operation.map_or("", |operation| operation.service());
    let (category, verdict) = match code.and_then(|code| Meaning::of(service, code)) {
        Some(meaning) => meaning
            .by_reasons(message)
            .unwrap_or((meaning.category, meaning.verdict)),
        None => codes::by_status(status.unwrap_or_default()),
    };
    let mut facts = Facts::new(Stage::Answered, category, verdict);
    (facts.code, facts.message) = (code, message);
    facts
}

fn unanswered<E, R>(error: &SdkError<E, R>) -> Facts<'_> {
    match error {
        SdkError::TimeoutError(_) => dispatch::timed_out(),
        SdkError::DispatchFailure(failure) => dispatch::facts(failure),
        _ => dispatch::not_made(),
    }
}

/// The service and the operation that an error type belongs to: `aws_sdk_kms::operation::encrypt::EncryptError` is `kms.Encrypt`.
///
/// The compiler does not promise the form of a type's name. If it changes, the codes that two services use for two
/// things lose their distinction and advice no longer names an IAM action, and a test here fails.
fn operation_of<E>() -> Option<OperationName> {
    let path = std::any::type_name::<E>();
    let (service, path) = path.strip_prefix("aws_sdk_")?.split_once(':')?;
    let operation = path
        .strip_prefix(":operation::")
        .and_then(|path| path.rsplit(':').next()?.strip_suffix("Error"))
        .or_else(|| of_stream(path));
    Some(OperationName::new(service, operation.unwrap_or("unknown")))
}

/// The operation whose stream an error comes in, where the stream is called after it:
/// `types::error::StartLiveTailResponseStreamError`.
fn of_stream(path: &'static str) -> Option<&'static str> {
    let stream = path
        .strip_prefix(":types::error::")?
        .strip_suffix("Error")?;
    ["ResponseStream", "ResponseEvent", "EventStream"]
        .iter()
        .find_map(|end| stream.strip_suffix(end))
        .filter(|operation| !operation.is_empty())
}

/// What a part of an SDK error says, where the type of the whole is lost.
pub(crate) fn of_part<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    if let Some(error) = error.downcast_ref::<ConnectorError>() {
        let mut facts = dispatch::of_connector(error);
        if let Some(context) = CallContext::of(error, None) {
            context.note(&mut facts);
        }
        return Some(facts);
    }
    if error.is::<BuildError>() || error.is::<SerializationError>() {
        return Some(dispatch::not_made());
    }
    if let Some(facts) = credentials::facts(error) {
        return Some(facts);
    }
    let meta = error.downcast_ref::<ErrorMetadata>()?;
    let meaning = Meaning::of_any_service(meta.code()?);
    let (category, verdict) = meaning.map_or((Category::Unknown, Verdict::Final), |meaning| {
        (meaning.category, meaning.verdict)
    });
    let mut facts = Facts::new(Stage::Answered, category, verdict);
    facts.code = meta.code();
    facts.message = meta.message();
    facts.request_id = meta.request_id();
    facts.extended_request_id = meta.extra("s3_extended_request_id");
    Some(facts)
}
