//! Makes the SDK's errors as its parsers do.

use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::{Headers, StatusCode},
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

pub(crate) fn response(status: u16, headers: &[(&'static str, &str)]) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
    let mut all = Headers::new();
    for (name, value) in headers {
        all.try_insert(*name, (*value).to_owned()).unwrap();
    }
    *response.headers_mut() = all;
    response
}

/// An answer with `code` and `message`, as `generic` of the operation's error takes it.
pub(crate) fn answer<E>(
    generic: fn(ErrorMetadata) -> E,
    code: &str,
    message: &str,
    response: HttpResponse,
) -> SdkError<E, HttpResponse> {
    let meta = ErrorMetadata::builder().code(code).message(message).build();
    SdkError::service_error(generic(meta), response)
}
