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
/// The service answered, with a denial in IAM's many words.
pub const DENIED: &str = "leeward, denied by S3";
/// The connection was refused.
pub const REFUSED: &str = "leeward, connection refused";
/// A layer of ours refused.
pub const REJECTED: &str = "leeward, circuit open";

const MICROSECOND: Bar = Bar::AtMost(1000.0);

type Error = SdkError<EncryptError, HttpResponse>;

pub(crate) fn cases() -> Vec<Case> {
    let facts_alone = Case::new(Area::Taxonomy, FACTS, Unit::Nanoseconds)
        .with(ANSWERED, facts(throttled()))
        .with(DENIED, facts(denied()))
        .with(REFUSED, facts(connection_refused()))
        .with(REJECTED, facts(circuit_open()))
        .claim(ANSWERED, MICROSECOND)
        .claim(DENIED, MICROSECOND)
        .claim(REFUSED, MICROSECOND)
        .claim(REJECTED, MICROSECOND);
    let whole = Case::new(Area::Taxonomy, AWS_ERROR, Unit::Nanoseconds)
        .with(ANSWERED, aws_error(throttled()))
        .with(DENIED, aws_error(denied()))
        .with(REFUSED, aws_error(connection_refused()))
        .with(REJECTED, aws_error(circuit_open()))
        .claim(ANSWERED, MICROSECOND)
        .claim(DENIED, MICROSECOND)
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
    let headers = [
        ("x-amzn-requestid", "5a5f1a6e-31e4-4b9a-9f0b-3f3b6a7c2d10"),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    answer(400, metadata.build(), &headers)
}

/// As S3 denies, with both of its ids and a message of 290 letters.
fn denied() -> Error {
    let metadata = ErrorMetadata::builder().code("AccessDenied").message(
        "User: arn:aws:sts::111122223333:assumed-role/payments-production/i-0abcdef1234567890 is not authorized to \
         perform: s3:GetObject on resource: \"arn:aws:s3:::ledger-eu-central-1/2026/11/21/part-00042.parquet\" because no \
         identity-based policy allows the s3:GetObject action, in any of its statements",
    );
    let headers = [
        ("x-amz-request-id", "79104EXAMPLEB723"),
        (
            "x-amz-id-2",
            "IOWQ4fDEXAMPLEQM+ey7N9WgVhSnQ6JEXAMPLEZb7hSQDASK+Jd1vEXAMPLEa3Km",
        ),
        ("content-type", "application/xml"),
        ("transfer-encoding", "chunked"),
        ("date", "Sat, 21 Nov 2026 16:06:17 GMT"),
        ("server", "AmazonS3"),
    ];
    answer(403, metadata.build(), &headers)
}

fn answer(status: u16, metadata: ErrorMetadata, headers: &[(&'static str, &'static str)]) -> Error {
    let status = StatusCode::try_from(status).expect("a status of HTTP");
    let mut response = HttpResponse::new(status, SdkBody::empty());
    for &(name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    Error::service_error(EncryptError::generic(metadata), response)
}

fn connection_refused() -> Error {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    Error::dispatch_failure(ConnectorError::io(refused.into()))
}

fn circuit_open() -> Error {
    let retry_in = Duration::from_secs(2);
    Rejected::CircuitOpen { retry_in }.into()
}
