//! Decodes `aws-chunked` bodies, in which the SDK streams to S3 and appends a checksum that it computes on the way.
//!
//! Each chunk is its length in hexadecimal, perhaps `;chunk-signature=…`, a line end, the bytes, a line end. An empty chunk
//! ends the body; trailers follow, one on each line.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Says that a body does not keep to its encoding or to the length that its head promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IncompleteBody;

/// Takes the encoding off a request, if it has one, and moves its trailers to the headers.
///
/// # Errors
///
/// [`IncompleteBody`], and the headers are as they were.
pub(super) fn decode(headers: &mut HeaderMap, body: Bytes) -> Result<Bytes, IncompleteBody> {
    if !is_chunked(headers) {
        return Ok(body);
    }
    let (decoded, trailers) = parse(&body).ok_or(IncompleteBody)?;
    let promised = text(headers, "x-amz-decoded-content-length");
    if promised.is_some_and(|length| length.parse() != Ok(decoded.len())) {
        return Err(IncompleteBody);
    }
    headers.extend(trailers);
    headers.remove("x-amz-decoded-content-length");
    headers.remove("x-amz-trailer");
    headers.remove(header::TRANSFER_ENCODING);
    headers.insert(header::CONTENT_LENGTH, decoded.len().into());
    let rest: Vec<_> = text(headers, "content-encoding")
        .unwrap_or_default()
        .split(',')
        .map(|coding| coding.trim().to_owned())
        .filter(|coding| !coding.is_empty() && coding != "aws-chunked")
        .collect();
    match HeaderValue::try_from(rest.join(", ")) {
        Ok(value) if !value.is_empty() => headers.insert(header::CONTENT_ENCODING, value),
        _ => headers.remove(header::CONTENT_ENCODING),
    };
    Ok(decoded)
}

fn is_chunked(headers: &HeaderMap) -> bool {
    let by_hash = text(headers, "x-amz-content-sha256");
    let by_encoding = text(headers, "content-encoding");
    by_hash.is_some_and(|hash| hash.starts_with("STREAMING-"))
        || by_encoding.is_some_and(|codings| codings.contains("aws-chunked"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

type Trailers = Vec<(HeaderName, HeaderValue)>;

fn parse(mut body: &[u8]) -> Option<(Bytes, Trailers)> {
    let mut decoded = BytesMut::with_capacity(body.len());
    loop {
        let head = line(&mut body)?;
        let length = head.split(';').next()?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            break;
        }
        decoded.extend_from_slice(body.get(..length)?);
        body = body.get(length..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while !body.is_empty() {
        let trailer = line(&mut body)?;
        if trailer.is_empty() {
            break;
        }
        let (name, value) = trailer.split_once(':')?;
        trailers.push((name.trim().parse().ok()?, value.trim().parse().ok()?));
    }
    Some((decoded.freeze(), trailers))
}

fn line<'a>(body: &mut &'a [u8]) -> Option<&'a str> {
    let end = body.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = (&body[..end], &body[end + 2..]);
    *body = rest;
    std::str::from_utf8(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    const TRAILER: &[(&str, &str)] = &[
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];

    #[track_caller]
    fn check(body: &'static str, expected: Result<&str, IncompleteBody>) {
        let decoded = decode(&mut headers(TRAILER), Bytes::from(body));
        assert_eq!(decoded.as_deref(), expected.map(str::as_bytes).as_deref());
    }

    #[test]
    fn chunks_become_one_body() {
        check("9\r\nnine byte\r\n0\r\n\r\n", Ok("nine byte"));
        check("5\r\nnine \r\n4\r\nbyte\r\n0\r\n\r\n", Ok("nine byte"));
        check(
            "9;chunk-signature=ab\r\nnine\r\nbyt\r\n0;chunk-signature=cd\r\n\r\n",
            Ok("nine\r\nbyt"),
        );
    }

    #[test]
    fn what_breaks_off_is_refused() {
        for body in [
            "",
            "9\r\nnine",
            "9\r\nnine byte",
            "9\r\nnine byte\r\n",
            "4\r\nnine\r\n0\r\n\r\n",
            "x\r\nnine byte\r\n0\r\n\r\n",
            "ffffffffffffffff\r\nnine byte\r\n0\r\n\r\n",
            "9\r\nnine byte\r\n0\r\nno trailer\r\n\r\n",
        ] {
            check(body, Err(IncompleteBody));
        }
    }

    #[test]
    fn trailers_become_headers_and_the_encoding_goes() {
        let mut headers = headers(TRAILER);
        headers.insert(
            "content-encoding",
            HeaderValue::from_static("gzip, aws-chunked"),
        );
        let body = "9\r\nnine byte\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        decode(&mut headers, Bytes::from(body)).unwrap();
        assert_eq!(headers["x-amz-checksum-crc32"], "AAAAAA==");
        assert_eq!(headers["content-encoding"], "gzip");
        assert_eq!(headers["content-length"], "9");
        assert!(!headers.contains_key("x-amz-trailer"));
    }

    #[test]
    fn other_bodies_pass_unchanged() {
        let plain = Bytes::from("9\r\nnine byte\r\n0\r\n\r\n");
        let mut headers = headers(&[("content-type", "text/plain")]);
        assert_eq!(decode(&mut headers, plain.clone()), Ok(plain));
        assert_eq!(headers.len(), 1);
    }
}
