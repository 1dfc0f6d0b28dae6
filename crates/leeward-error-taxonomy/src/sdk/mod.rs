//! Reads the SDK's own error types, and lets them carry our refusals.
//!
//! One implementation covers every operation of every service, because each generated error provides its metadata. The
//! service and the operation are read off the name of the error's type, which is how one code can mean two things.

mod dispatch;
mod headers;
mod pause;

use crate::{
    Category, Classify, Facts, Meaning, OperationName, Rejected, Stage, Verdict, chain, codes,
};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::{ErrorMetadata, metadata::ProvideErrorMetadata};
use aws_types::request_id::RequestId;
use std::error::Error;

/// How a call to AWS fails: the SDK's own error.
pub(crate) type Failed<E> = SdkError<E, HttpResponse>;

impl<E> Classify for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn facts(&self) -> Facts<'_> {
        let operation = operation_of::<E>();
        let mut facts = match self {
            Self::ServiceError(_) => answered(self, operation),
            Self::ResponseError(_) => dispatch::interceptor(self).unwrap_or_else(|| {
                Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient)
            }),
            _ => match chain::rejected(self) {
                Some(rejected) => rejected.facts(),
                None => unanswered(self),
            },
        };
        facts.operation = operation;
        facts.cause = root(self);
        if let Some(response) = self.raw_response() {
            facts.status = Some(response.status().as_u16());
            headers::note(response.headers(), &mut facts);
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

fn answered<E>(error: &SdkError<E, HttpResponse>, operation: Option<OperationName>) -> Facts<'_>
where
    E: ProvideErrorMetadata,
{
    let (code, message) = (error.code(), error.message());
    let service = operation.map_or("", |operation| operation.service());
    let (category, verdict) = match code.and_then(|code| Meaning::of(service, code)) {
        Some(meaning) => meaning
            .by_reasons(message)
            .unwrap_or((meaning.category, meaning.verdict)),
        None => codes::by_status(error.raw_response().map_or(0, |raw| raw.status().as_u16())),
    };
    let mut facts = Facts::new(Stage::Answered, category, verdict);
    (facts.code, facts.message) = (code, message);
    facts
}

fn unanswered<E>(error: &SdkError<E, HttpResponse>) -> Facts<'_>
where
    E: Error + 'static,
{
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
        .and_then(|path| path.rsplit(':').next()?.strip_suffix("Error"));
    Some(OperationName::new(service, operation.unwrap_or("unknown")))
}

fn root<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    chain::below(error).last()
}

/// What a part of an SDK error says, where the type of the whole is lost.
pub(crate) fn of_part<'a>(error: &'a (dyn Error + 'static)) -> Option<Facts<'a>> {
    if let Some(error) = error.downcast_ref::<ConnectorError>() {
        return Some(dispatch::of_connector(error));
    }
    if let Some(error) = error.downcast_ref::<CredentialsError>() {
        return Some(dispatch::of_credentials(error));
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
