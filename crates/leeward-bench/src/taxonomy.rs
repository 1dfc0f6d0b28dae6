//! Reading the facts off an error of the SDK.

use crate::{Area, Bar, Case, Subject, Unit};
use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_smithy_runtime_api::{
    client::{
        orchestrator::HttpResponse,
        result::{ConnectorError, SdkError},
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};
use leeward_error_taxonomy::{Classify, Rejected};
use std::{convert::Infallible, hint::black_box, io, time::Duration};

/// The case of the facts of one error.
pub const FACTS: &str = "facts of an SdkError";

/// The service answered, with an error code.
pub const ANSWERED: &str = "leeward, throttled by KMS";
/// The connection was refused.
pub const REFUSED: &str = "leeward, connection refused";
/// A layer of ours refused.
pub const REJECTED: &str = "leeward, circuit open";

const MICROSECOND: Bar = Bar::AtMost(1000.0);

type Error = SdkError<EncryptError, HttpResponse>;

pub(crate) fn cases() -> Vec<Case> {
    let case = Case::new(Area::Taxonomy, FACTS, Unit::Nanoseconds)
        .with(ANSWERED, facts(throttled()))
        .with(REFUSED, facts(connection_refused()))
        .with(REJECTED, facts(circuit_open()))
        .claim(ANSWERED, MICROSECOND)
        .claim(REFUSED, MICROSECOND)
        .claim(REJECTED, MICROSECOND);
    vec![case]
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
