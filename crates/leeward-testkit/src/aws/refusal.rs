//! Words an error as a service words it: code, status, body and headers.

use crate::aws::{
    fault::{Reason, Refusal},
    request_id::RequestId,
    service::{Protocol, Service},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use std::time::Duration;

const RETRY_AFTER_IN_MS: HeaderName = HeaderName::from_static("x-amz-retry-after");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

struct Words {
    status: u16,
    code: String,
    message: String,
}

/// Answers `refusal` to a call of `operation`, as `service` would.
pub(super) fn answer(
    service: Service,
    operation: &str,
    refusal: &Refusal,
    id: RequestId,
) -> Response<Bytes> {
    let mut response = of_reason(service, operation, &refusal.reason, id);
    let headers = response.headers_mut();
    if let Some(delay) = refusal.retry_after {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(delay) = refusal.amz_retry_after {
        headers.insert(RETRY_AFTER_IN_MS, whole_ms(delay).into());
    }
    headers.extend(refusal.headers.iter().cloned());
    response
}

/// Answers an error that has a `reason` and nothing to wait for.
pub(super) fn of_reason(
    service: Service,
    operation: &str,
    reason: &Reason,
    id: RequestId,
) -> Response<Bytes> {
    write(service.protocol(), &words(service, operation, reason), id)
}

/// Answers an error that the front itself has found.
pub(super) fn of_the_front(
    protocol: Protocol,
    status: u16,
    code: &str,
    message: String,
    id: RequestId,
) -> Response<Bytes> {
    let words = Words {
        status,
        code: code.to_owned(),
        message,
    };
    write(protocol, &words, id)
}

fn words(service: Service, operation: &str, reason: &Reason) -> Words {
    use Service::{CloudFormation, Iam, Lambda, S3, Sts};
    let (status, code, message) = match (reason, service) {
        (Reason::Throttling, S3) => (503, "SlowDown", "Please reduce your request rate."),
        (Reason::Throttling, Lambda) => (429, "TooManyRequestsException", "Rate Exceeded."),
        (Reason::Throttling, CloudFormation | Iam | Sts) => (400, "Throttling", "Rate exceeded"),
        (Reason::Throttling, _) => (400, "ThrottlingException", "Rate exceeded"),
        (Reason::ExpiredToken, S3) => (400, "ExpiredToken", "The provided token has expired."),
        (Reason::ExpiredToken, CloudFormation | Iam | Sts) => (403, "ExpiredToken", EXPIRED),
        (Reason::ExpiredToken, Lambda) => (403, "ExpiredTokenException", EXPIRED),
        (Reason::ExpiredToken, _) => (400, "ExpiredTokenException", EXPIRED),
        (Reason::UnknownCredentials, S3) => (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        (Reason::UnknownCredentials, CloudFormation | Iam | Sts) => {
            (403, "InvalidClientTokenId", UNKNOWN)
        }
        (Reason::UnknownCredentials, Lambda) => (403, "UnrecognizedClientException", UNKNOWN),
        (Reason::UnknownCredentials, _) => (400, "UnrecognizedClientException", UNKNOWN),
        (Reason::AccessDenied, S3) => (403, "AccessDenied", "Access Denied"),
        (Reason::AccessDenied, service) => {
            let (status, code) = match service {
                CloudFormation | Iam | Sts => (403, "AccessDenied"),
                Lambda => (403, "AccessDeniedException"),
                _ => (400, "AccessDeniedException"),
            };
            let message = format!(
                "User: arn:aws:iam::123456789012:user/testkit is not authorized to perform: {}:{operation} because no \
                 identity-based policy allows the {0}:{operation} action",
                service.name()
            );
            return Words {
                status,
                code: code.to_owned(),
                message,
            };
        }
        (
            Reason::Other {
                status,
                code,
                message,
            },
            _,
        ) => (*status, code.as_str(), message.as_str()),
    };
    Words {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

const EXPIRED: &str = "The security token included in the request is expired";
const UNKNOWN: &str = "The security token included in the request is invalid.";

fn write(protocol: Protocol, words: &Words, id: RequestId) -> Response<Bytes> {
    let Words { code, message, .. } = words;
    let (content_type, body) = match protocol {
        Protocol::Json(version) => (
            format!("application/x-amz-json-{version}"),
            serde_json::json!({ "__type": code, "message": message }).to_string(),
        ),
        Protocol::RestJson => (
            "application/json".to_owned(),
            serde_json::json!({ "Type": fault_of(words.status), "Message": message }).to_string(),
        ),
        Protocol::Query => ("text/xml".to_owned(), query_body(words, id)),
        Protocol::RestXml => ("application/xml".to_owned(), s3_body(words, id)),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(words.status)
        .ok()
        .filter(|status| (300..600).contains(&status.as_u16()))
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::try_from(content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if matches!(protocol, Protocol::Json(_) | Protocol::RestJson)
        && let Ok(code) = HeaderValue::try_from(code)
    {
        headers.insert(ERROR_TYPE, code);
    }
    response
}

fn query_body(words: &Words, id: RequestId) -> String {
    format!(
        "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>",
        match fault_of(words.status) {
            "User" => "Sender",
            _ => "Receiver",
        },
        escaped(&words.code),
        escaped(&words.message),
    )
}

fn s3_body(words: &Words, id: RequestId) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
         <RequestId>{}</RequestId><HostId>{}</HostId></Error>",
        escaped(&words.code),
        escaped(&words.message),
        id.of_s3(),
        id.of_s3_host(),
    )
}

const fn fault_of(status: u16) -> &'static str {
    if status < 500 { "User" } else { "Server" }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn whole_ms(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(reason: Reason) -> Refusal {
        Refusal {
            reason,
            retry_after: None,
            amz_retry_after: None,
            headers: Vec::new(),
        }
    }

    #[track_caller]
    fn check(reason: &Reason, expected: [(Service, u16, &str); 5]) {
        let id = RequestId::new(7);
        for (service, status, code) in expected {
            let response = answer(service, "GetThing", &refusal(reason.clone()), id);
            let body = std::str::from_utf8(response.body()).unwrap();
            let in_header = response.headers().get(ERROR_TYPE);
            assert_eq!(response.status(), status, "{service:?}");
            assert!(
                body.contains(&format!("<Code>{code}</Code>"))
                    || body.contains(&format!(r#""__type":"{code}""#))
                    || in_header.is_some_and(|header| header == code),
                "{service:?}: {body}"
            );
        }
    }

    #[test]
    fn each_service_words_a_refusal_in_its_own_way() {
        check(
            &Reason::Throttling,
            [
                (Service::Kms, 400, "ThrottlingException"),
                (Service::S3, 503, "SlowDown"),
                (Service::Sts, 400, "Throttling"),
                (Service::CloudFormation, 400, "Throttling"),
                (Service::Lambda, 429, "TooManyRequestsException"),
            ],
        );
        check(
            &Reason::AccessDenied,
            [
                (Service::DynamoDb, 400, "AccessDeniedException"),
                (Service::S3, 403, "AccessDenied"),
                (Service::Iam, 403, "AccessDenied"),
                (Service::CloudFormation, 403, "AccessDenied"),
                (Service::Lambda, 403, "AccessDeniedException"),
            ],
        );
        check(
            &Reason::ExpiredToken,
            [
                (Service::SecretsManager, 400, "ExpiredTokenException"),
                (Service::S3, 400, "ExpiredToken"),
                (Service::Sts, 403, "ExpiredToken"),
                (Service::CloudFormation, 403, "ExpiredToken"),
                (Service::Lambda, 403, "ExpiredTokenException"),
            ],
        );
        check(
            &Reason::UnknownCredentials,
            [
                (Service::DynamoDb, 400, "UnrecognizedClientException"),
                (Service::S3, 403, "InvalidAccessKeyId"),
                (Service::Sts, 403, "InvalidClientTokenId"),
                (Service::CloudFormation, 403, "InvalidClientTokenId"),
                (Service::Lambda, 403, "UnrecognizedClientException"),
            ],
        );
    }

    #[test]
    fn text_from_a_test_breaks_no_body() {
        let reason = Reason::Other {
            status: 418,
            code: "Tea<pot>".into(),
            message: "\"short\" & <stout>".into(),
        };
        let id = RequestId::new(7);
        let json = answer(Service::Kms, "Pour", &refusal(reason.clone()), id);
        let json: serde_json::Value = serde_json::from_slice(json.body()).unwrap();
        assert_eq!(json["message"], "\"short\" & <stout>");
        let xml = answer(Service::Sts, "Pour", &refusal(reason), id);
        let xml = std::str::from_utf8(xml.body()).unwrap();
        assert!(xml.contains("<Message>\"short\" &amp; &lt;stout&gt;</Message>"));
    }

    #[test]
    fn a_status_that_is_no_error_is_answered_as_500() {
        for status in [0, 200, 299, 600, 999] {
            let reason = Reason::Other {
                status,
                code: "Odd".into(),
                message: String::new(),
            };
            let response = answer(Service::Kms, "Do", &refusal(reason), RequestId::new(7));
            assert_eq!(response.status(), 500, "{status}");
        }
    }

    #[test]
    fn a_redirect_is_answered_with_where_to() {
        let reason = Reason::Other {
            status: 301,
            code: "PermanentRedirect".into(),
            message: String::new(),
        };
        let region = (
            HeaderName::from_static("x-amz-bucket-region"),
            HeaderValue::from_static("eu-west-1"),
        );
        let refusal = Refusal {
            headers: vec![region],
            ..refusal(reason)
        };
        let response = answer(Service::S3, "HeadBucket", &refusal, RequestId::new(7));
        assert_eq!(response.status(), 301);
        assert_eq!(response.headers()["x-amz-bucket-region"], "eu-west-1");
    }

    #[test]
    fn the_wait_is_told_in_seconds_or_in_milliseconds() {
        let refusal = Refusal {
            reason: Reason::Throttling,
            retry_after: Some(Duration::from_millis(1_001)),
            amz_retry_after: Some(Duration::from_millis(250)),
            headers: Vec::new(),
        };
        let response = answer(Service::Kms, "Decrypt", &refusal, RequestId::new(7));
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["x-amz-retry-after"], "250");
    }
}
