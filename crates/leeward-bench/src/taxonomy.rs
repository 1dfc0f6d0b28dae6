//! What is known of an error of the SDK: its facts, the error of a whole call, the advice.

use crate::{Area, Bar, BoxError, Case, Subject, Unit};
use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_smithy_runtime_api::{
    client::{
        orchestrator::HttpResponse,
        result::{ConnectorError, SdkError},
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};
use leeward_error_taxonomy::{AwsError, Classify, Rejected};
use std::{convert::Infallible, hint::black_box, io, time::Duration};

/// The case of the facts of one error.
pub const FACTS: &str = "facts of an SdkError";

/// The case of the opaque error, made of an error of the SDK and asked for advice.
pub const AWS_ERROR: &str = "AwsError of an SdkError, with advice";

/// The service answered, with an error code.
pub const ANSWERED: &str = "leeward, throttled by KMS";
/// The connection was refused.
pub const REFUSED: &str = "leeward, connection refused";
/// A layer of ours refused.
pub const REJECTED: &str = "leeward, circuit open";

const MICROSECOND: Bar = Bar::AtMost(1000.0);

type Error = SdkError<EncryptError, HttpResponse>;

pub(crate) fn cases() -> Vec<Case> {
    let facts_alone = Case::new(Area::Taxonomy, FACTS, Unit::Nanoseconds)
        .with(ANSWERED, facts(throttled()))
        .with(REFUSED, facts(connection_refused()))
        .with(REJECTED, facts(circuit_open()))
        .claim(ANSWERED, MICROSECOND)
        .claim(REFUSED, MICROSECOND)
        .claim(REJECTED, MICROSECOND);
    let whole = Case::new(Area::Taxonomy, AWS_ERROR, Unit::Nanoseconds)
        .with(ANSWERED, aws_error(throttled()))
        .with(REFUSED, aws_error(connection_refused()))
        .with(REJECTED, aws_error(circuit_open()))
        .claim(ANSWERED, MICROSECOND)
        .claim(REFUSED, MICROSECOND)
        .claim(REJECTED, MICROSECOND);
    vec![facts_alone, whole]
}

/// Makes an `AwsError`, asks it for advice and takes the SDK's error out again, to begin anew.
fn aws_error(error: Error) -> Subject {
    let mut at_hand = Some(error);
    Subject::repeat(move || {
        let error = at_hand.take().ok_or("the error did not come back")?;
        let error = AwsError::from(black_box(error));
        black_box(error.advice());
        let error = error.into_inner().downcast::<Error>();
        at_hand = Some(*error.map_err(|_| "the error came back as another type")?);
        Ok::<_, BoxError>(())
    })
}

fn facts(error: Error) -> Subject {
    Subject::repeat(move || {
        black_box(black_box(&error).facts());
        Ok::<_, Infallible>(())
    })
}

/// As KMS throttles: HTTP 400, told by its code alone.
fn throttled() -> Error {
    let metadata = ErrorMetadata::builder()
        .code("ThrottlingException")
        .message("You have exceeded the rate at which you may call KMS.");
    let status = StatusCode::try_from(400).expect("a status of HTTP");
    let mut response = HttpResponse::new(status, SdkBody::empty());
    let headers = response.headers_mut();
    headers.insert("x-amzn-requestid", "5a5f1a6e-31e4-4b9a-9f0b-3f3b6a7c2d10");
    headers.insert("content-type", "application/x-amz-json-1.1");
    Error::service_error(EncryptError::generic(metadata.build()), response)
}

fn connection_refused() -> Error {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    Error::dispatch_failure(ConnectorError::io(refused.into()))
}

fn circuit_open() -> Error {
    let retry_in = Duration::from_secs(2);
    Rejected::CircuitOpen { retry_in }.into()
}
