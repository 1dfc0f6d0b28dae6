//! Whether an answer says that the credentials of its request are of no use any more.

use aws_smithy_runtime_api::http::{Headers, Response};

/// The codes by which AWS says so.
///
/// "Common errors" of the API references, "Error responses" of S3. EC2 says `RequestExpired` of a session that has expired as
/// well as of a clock that is wrong.
const STALE: [&str; 6] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "UnrecognizedClientException",
];

/// Looked at no further than this: errors are short, and their code stands at their beginning.
const FAR_ENOUGH: usize = 4_096;

pub(super) fn refuses_credentials(answer: &Response) -> bool {
    matches!(answer.status().as_u16(), 400 | 401 | 403)
        && code(answer.headers(), answer.body().bytes().unwrap_or_default()).is_some_and(is_stale)
}

pub(super) fn is_stale(code: &str) -> bool {
    STALE.contains(&code)
}

/// The error's code, wherever the service's protocol puts it.
fn code<'a>(headers: &'a Headers, body: &'a [u8]) -> Option<&'a str> {
    if let Some(header) = headers.get("x-amzn-errortype") {
        return Some(bare(header));
    }
    let body = &body[..body.len().min(FAR_ENOUGH)];
    let code = in_xml(body)
        .or_else(|| in_json(body, b"\"__type\""))
        .or_else(|| in_json(body, b"\"code\""))
        .or_else(|| in_cbor(body))?;
    Some(bare(code))
}

/// Without the namespace before it and the address behind it: `com.amazon.coral.service#ExpiredTokenException`.
fn bare(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.rsplit_once('#').map_or(code, |(_, code)| code).trim()
}

/// `<Code>ExpiredToken</Code>`, as the query protocols and S3 have it.
fn in_xml(body: &[u8]) -> Option<&str> {
    let rest = after(body, b"<Code>")?;
    let end = rest.iter().position(|&byte| byte == b'<')?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// `"__type": "ExpiredTokenException"`, as JSON has it.
fn in_json<'a>(body: &'a [u8], key: &[u8]) -> Option<&'a str> {
    let rest = after(body, key)?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    let end = rest.iter().position(|&byte| byte == b'"')?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// The text behind the key `__type`, as CBOR has it: one byte of length below 24, else two (RFC 8949, section 3).
fn in_cbor(body: &[u8]) -> Option<&str> {
    let (&head, rest) = after(body, b"\x66__type")?.split_first()?;
    let (length, rest) = match head {
        0x60..=0x77 => (usize::from(head - 0x60), rest),
        0x78 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest)
        }
        _ => return None,
    };
    std::str::from_utf8(rest.get(..length)?).ok()
}

fn after<'a>(body: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = body.windows(mark.len()).position(|window| window == mark)?;
    Some(&body[at + mark.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    fn answer(status: u16, header: Option<&str>, body: &[u8]) -> Response {
        let status = StatusCode::try_from(status).unwrap();
        let mut answer = Response::new(status, SdkBody::from(body));
        if let Some(header) = header {
            let header = header.to_owned();
            answer.headers_mut().insert("x-amzn-errortype", header);
        }
        answer
    }

    #[test]
    fn the_code_is_read_in_every_protocol() {
        let cbor = b"\xa2\x66__type\x75ExpiredTokenException\x67message\x61x";
        let long = "com.amazonaws.service#ExpiredTokenException";
        let long_cbor = [
            b"\xbf\x66__type\x78\x2b".as_slice(),
            long.as_bytes(),
            b"\xff",
        ]
        .concat();
        let bodies: [&[u8]; 7] = [
            br#"{"__type":"ExpiredTokenException","message":"expired"}"#,
            br#"{"message":"x", "__type" : "com.amazon.coral.service#UnrecognizedClientException"}"#,
            br#"{"code":"ExpiredTokenException"}"#,
            b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code></Error></ErrorResponse>",
            b"<?xml version=\"1.0\"?>\n<Error><Code>ExpiredToken</Code><Message>x</Message></Error>",
            cbor,
            &long_cbor,
        ];
        for body in bodies {
            assert!(
                refuses_credentials(&answer(403, None, body)),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
        let header = "ExpiredTokenException:http://internal.amazon.com/coral/";
        assert!(refuses_credentials(&answer(401, Some(header), b"")));
    }

    #[test]
    fn another_answer_says_nothing_of_the_credentials() {
        for (status, header, body) in [
            (500, None, r#"{"__type":"ExpiredTokenException"}"#),
            (200, None, r#"{"__type":"ExpiredTokenException"}"#),
            (
                400,
                Some("ValidationException"),
                r#"{"__type":"ExpiredToken"}"#,
            ),
            (
                400,
                None,
                r#"{"__type":"ValidationException","message":"ExpiredToken"}"#,
            ),
            (
                403,
                None,
                "<Error><Code>AccessDenied</Code><Message>ExpiredToken</Message></Error>",
            ),
            (400, None, r#"{"__type":"ExpiredIteratorException"}"#),
            (400, None, ""),
            (400, None, "{\"__type\":"),
            (400, None, "\u{6}f__type"),
        ] {
            assert!(
                !refuses_credentials(&answer(status, header, body.as_bytes())),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_code_far_into_a_body_is_not_looked_for() {
        let body = format!("{}<Code>ExpiredToken</Code>", " ".repeat(FAR_ENOUGH));
        assert!(!refuses_credentials(&answer(400, None, body.as_bytes())));
    }
}
