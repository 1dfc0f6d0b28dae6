//! A span for each attempt, `attempt` of the target `leeward::http`, at the level DEBUG.
//!
//! It names the method, the host, the path, the parameters of the query without their values, the SDK's id of the call and the
//! number of the attempt, and, when they are known, the status and the id under which AWS knows the request. At the level TRACE
//! the headers are shown as well, the values of those alone that are known to hold [no secret](SHOWN).

use super::query::Query;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, HeaderName, Request, Response};
use std::time::Duration;
use tower_http::{
    classify::{ServerErrorsAsFailures, ServerErrorsFailureClass, SharedClassifier},
    trace::{MakeSpan, OnFailure, OnRequest, OnResponse, TraceLayer},
};
use tracing::{Span, field};

/// The SDK's id of a call, the same for all its attempts.
pub(super) const INVOCATION: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");

/// Which of its attempts this is.
const REQUEST: HeaderName = HeaderName::from_static("amz-sdk-request");

/// Headers whose values are shown, of requests and answers. Any other may be a secret: AWS has tokens, codes and keys of
/// customers in many, and more come with each service.
const SHOWN: [HeaderName; 18] = [
    http::header::CONNECTION,
    http::header::CONTENT_LENGTH,
    http::header::CONTENT_TYPE,
    http::header::DATE,
    http::header::HOST,
    http::header::RETRY_AFTER,
    http::header::SERVER,
    http::header::TRANSFER_ENCODING,
    http::header::USER_AGENT,
    INVOCATION,
    REQUEST,
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-id-2"),
    HeaderName::from_static("x-amz-request-id"),
    HeaderName::from_static("x-amz-retry-after"),
    HeaderName::from_static("x-amz-target"),
    HeaderName::from_static("x-amzn-errortype"),
    HeaderName::from_static("x-amzn-requestid"),
];

/// Marks the values that are not to be seen, for whoever prints them from here on.
pub(super) fn mark(headers: &mut HeaderMap) {
    for (name, value) in headers {
        if !SHOWN.contains(name) {
            value.set_sensitive(true);
        }
    }
}

/// The layer, which must see its headers [marked](mark) already.
pub(super) fn layer()
-> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, Attempt, Shown, Shown, (), (), Shown> {
    TraceLayer::new_for_http()
        .make_span_with(Attempt)
        .on_request(Shown)
        .on_response(Shown)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(Shown)
}

/// Whether anybody listens.
pub(super) fn is_seen() -> bool {
    tracing::enabled!(target: "leeward::http", tracing::Level::DEBUG)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt;

impl MakeSpan<SdkBody> for Attempt {
    fn make_span(&mut self, request: &Request<SdkBody>) -> Span {
        let text = |name: &HeaderName| {
            let value = request.headers().get(name)?;
            value.to_str().ok()
        };
        tracing::debug_span!(
            target: "leeward::http",
            "attempt",
            method = %request.method(),
            host = request.uri().host(),
            path = request.uri().path(),
            query = %Query(request.uri().query()),
            id = text(&INVOCATION),
            attempt = text(&REQUEST),
            status = field::Empty,
            aws_request_id = field::Empty,
        )
    }
}

/// Tells of what goes out and comes in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown;

impl OnRequest<SdkBody> for Shown {
    fn on_request(&mut self, request: &Request<SdkBody>, _: &Span) {
        tracing::trace!(target: "leeward::http", headers = ?request.headers(), "begun");
    }
}

impl<B> OnResponse<B> for Shown {
    fn on_response(self, response: &Response<B>, latency: Duration, span: &Span) {
        if span.is_disabled() {
            return;
        }
        let headers = response.headers();
        span.record("status", response.status().as_u16());
        if let Some(id) = aws_request_id(headers) {
            span.record("aws_request_id", id);
        }
        tracing::debug!(target: "leeward::http", ?latency, "answered");
        tracing::trace!(target: "leeward::http", ?headers, "answered with");
    }
}

impl OnFailure<ServerErrorsFailureClass> for Shown {
    fn on_failure(&mut self, failure: ServerErrorsFailureClass, latency: Duration, _: &Span) {
        // Of an answer that blames the service enough was said.
        if let ServerErrorsFailureClass::Error(error) = failure {
            let error = leeward_error_taxonomy::redact(&error);
            tracing::debug!(target: "leeward::http", %error, ?latency, "failed");
        }
    }
}

fn aws_request_id(headers: &HeaderMap) -> Option<&str> {
    let names = ["x-amzn-requestid", "x-amz-request-id"];
    names
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_value_is_shown_if_its_header_is_known_to_hold_no_secret() {
        for (name, is_shown) in [
            ("content-type", true),
            ("amz-sdk-request", true),
            ("x-amzn-requestid", true),
            ("authorization", false),
            ("proxy-authorization", false),
            ("cookie", false),
            ("set-cookie", false),
            ("x-amz-security-token", false),
            ("x-amz-sso_bearer_token", false),
            ("x-amz-mfa", false),
            ("x-amzn-lambda-token", false),
            ("x-aws-ec2-metadata-token", false),
            ("x-amz-server-side-encryption-customer-key", false),
            ("x-nobody-has-heard-of", false),
        ] {
            let mut headers = HeaderMap::new();
            for _ in 0..2 {
                headers.append(name, HeaderValue::from_static("the-value"));
            }
            mark(&mut headers);
            let shown = format!("{headers:?}").matches("the-value").count();
            assert_eq!(shown, if is_shown { 2 } else { 0 }, "{name}");
        }
    }
}
