//! A span for each attempt, `attempt` of the target `leeward::http`, at the level DEBUG.
//!
//! It names the method, the host, the path, the parameters of the query without their values, the SDK's id of the call and the
//! number of the attempt, and, when they are known, the status and the id under which AWS knows the request. At the level TRACE
//! the headers are shown as well, [`SECRET`] ones without their values.

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

/// Headers of a request whose values nobody is to see.
pub(super) const SECRET: [HeaderName; 10] = [
    http::header::AUTHORIZATION,
    http::header::PROXY_AUTHORIZATION,
    http::header::COOKIE,
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-s3session-token"),
    HeaderName::from_static("x-aws-ec2-metadata-token"),
    HeaderName::from_static("x-amz-server-side-encryption-customer-key"),
    HeaderName::from_static("x-amz-server-side-encryption-customer-key-md5"),
    HeaderName::from_static("x-amz-copy-source-server-side-encryption-customer-key"),
    HeaderName::from_static("x-amz-copy-source-server-side-encryption-customer-key-md5"),
];

/// Headers of an answer whose values nobody is to see.
pub(super) const SECRET_ANSWERED: [HeaderName; 2] = [
    http::header::SET_COOKIE,
    HeaderName::from_static("x-amz-server-side-encryption-customer-key-md5"),
];

/// The layer, which must see its headers marked already.
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
            attempt = text(&HeaderName::from_static("amz-sdk-request")),
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
