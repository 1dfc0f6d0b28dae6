use super::{BUCKET, KEY, Shelf, listed};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::{collections::HashMap, ops::Range};

/// What changes when the content does, which it never does.
const ETAG: &str = "\"6d8c8f2f0c9b4d8d9f5a3b1e7c2a4f60-128\"";

/// What a request asks for.
enum Asked {
    Object,
    List { prefix: String, page: u32 },
    Begin,
    Part { upload: u64, number: u32 },
    Complete { upload: u64 },
    Abort { upload: u64 },
    Put,
}

impl Shelf {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, mut body) = request.into_parts();
        let Some(asked) = asked(&head) else {
            return refused(StatusCode::NOT_IMPLEMENTED);
        };
        let mut came = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return refused(StatusCode::BAD_REQUEST);
            };
            came += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        // Of what is sent in chunks with a checksum behind them.
        let decoded = number(&head, "x-amz-decoded-content-length");
        let came = decoded.map_or(came, |decoded| decoded.min(came));
        match asked {
            Asked::Object => self.object(&head),
            Asked::List { prefix, page } => match listed::page(&prefix, page) {
                Some(page) => xml(page),
                None => refused(StatusCode::BAD_REQUEST),
            },
            Asked::Begin => {
                let mut uploads = self.uploads();
                uploads.begun += 1;
                let id = uploads.begun;
                uploads.parts.insert(id, HashMap::new());
                xml(format!(
                    "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{KEY}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            Asked::Part { upload, number } => match self.uploads().parts.get_mut(&upload) {
                Some(parts) => {
                    parts.insert(number, came);
                    taken(&head)
                }
                None => refused(StatusCode::NOT_FOUND),
            },
            Asked::Complete { upload } => {
                let mut uploads = self.uploads();
                let Some(parts) = uploads.parts.remove(&upload) else {
                    return refused(StatusCode::NOT_FOUND);
                };
                uploads.last = Some(parts.values().sum());
                xml(format!(
                    "<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{KEY}</Key><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"
                ))
            }
            Asked::Abort { upload } => {
                self.uploads().parts.remove(&upload);
                answer(StatusCode::NO_CONTENT, Bytes::new())
            }
            Asked::Put => {
                self.uploads().last = Some(came);
                taken(&head)
            }
        }
    }

    /// The object or a range of it; its checksum only with the whole, as S3 has it.
    fn object(&self, head: &Parts) -> Response<Full<Bytes>> {
        let size = self.object.len();
        let asked = head.headers.get(header::RANGE);
        let range = match asked.map(|range| range.to_str().ok().and_then(|it| ranged(it, size))) {
            None => 0..size,
            Some(Some(range)) => range,
            Some(None) => return refused(StatusCode::RANGE_NOT_SATISFIABLE),
        };
        let builder = Response::builder()
            .header(header::ETAG, ETAG)
            .header(header::LAST_MODIFIED, "Sun, 22 Nov 2026 10:00:00 GMT")
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, range.len());
        let builder = match asked {
            Some(_) => builder.status(StatusCode::PARTIAL_CONTENT).header(
                header::CONTENT_RANGE,
                format!("bytes {}-{}/{size}", range.start, range.end - 1),
            ),
            None => {
                let checksum = STANDARD.encode(self.checksum.to_be_bytes());
                builder
                    .header("x-amz-checksum-crc64nvme", checksum)
                    .header("x-amz-checksum-type", "FULL_OBJECT")
            }
        };
        let body = match head.method == Method::HEAD {
            true => Bytes::new(),
            false => self.object.slice(range),
        };
        builder
            .body(Full::new(body))
            .expect("the headers are well formed")
    }
}

fn asked(head: &Parts) -> Option<Asked> {
    let query: HashMap<_, _> =
        form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).collect();
    let word = |name: &'static str| query.get(name).map(|value| &**value);
    let upload = || word("uploadId")?.parse().ok();
    let is_bucket = head.uri.path().trim_matches('/') == BUCKET;
    Some(match (&head.method, is_bucket) {
        (&Method::GET, true) => Asked::List {
            prefix: word("prefix").unwrap_or_default().to_owned(),
            page: match word("continuation-token") {
                Some(token) => token.parse().ok()?,
                None => 0,
            },
        },
        (&Method::GET | &Method::HEAD, false) => Asked::Object,
        (&Method::POST, false) if query.contains_key("uploads") => Asked::Begin,
        (&Method::POST, false) => Asked::Complete { upload: upload()? },
        (&Method::PUT, false) if query.contains_key("uploadId") => Asked::Part {
            upload: upload()?,
            number: word("partNumber")?.parse().ok()?,
        },
        (&Method::PUT, false) => Asked::Put,
        (&Method::DELETE, false) => Asked::Abort { upload: upload()? },
        _ => return None,
    })
}

/// `bytes=0-8388607`
fn ranged(text: &str, size: usize) -> Option<Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let start = first.parse().ok()?;
    let end = match last {
        "" => size,
        last => size.min(last.parse::<usize>().ok()? + 1),
    };
    (start < end).then_some(start..end)
}

fn number(head: &Parts, name: &str) -> Option<u64> {
    head.headers.get(name)?.to_str().ok()?.parse().ok()
}

/// Says of a body that it came, with the checksums that came with it.
fn taken(head: &Parts) -> Response<Full<Bytes>> {
    let mut answer = answer(StatusCode::OK, Bytes::new());
    let checksums = head
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-amz-checksum-"));
    let headers = answer.headers_mut();
    headers.extend(checksums.map(|(name, value)| (name.clone(), value.clone())));
    headers.insert(header::ETAG, header::HeaderValue::from_static(ETAG));
    answer
}

fn xml(text: String) -> Response<Full<Bytes>> {
    let mut answer = answer(StatusCode::OK, text.into());
    let kind = header::HeaderValue::from_static("application/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn refused(status: StatusCode) -> Response<Full<Bytes>> {
    answer(status, Bytes::new())
}

fn answer(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer
}
