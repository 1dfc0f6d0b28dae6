use crate::aws::service::{Protocol, Service};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use std::fmt;

const ANY: HeaderName = HeaderName::from_static("x-amzn-requestid");
const S3: HeaderName = HeaderName::from_static("x-amz-request-id");
const S3_HOST: HeaderName = HeaderName::from_static("x-amz-id-2");

/// The id of one request, in the shapes that services give it: the number of the request within this AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId(u64);

impl RequestId {
    pub(super) const fn new(number: u64) -> Self {
        Self(number)
    }

    pub(super) fn of_s3(self) -> String {
        format!("{:016X}", self.0)
    }

    pub(super) fn of_s3_host(self) -> String {
        BASE64_STANDARD.encode(format!("{:048X}", self.0))
    }

    /// Puts the id on an answer; what the body already says is not contradicted.
    pub(super) fn put_on(self, service: Service, response: &mut Response<Bytes>) {
        // Only an error of S3 tells its id in the body; what it tells else may be anybody's object.
        let said = match service.protocol() {
            Protocol::Query => in_body(response.body()),
            Protocol::RestXml if response.status().as_u16() >= 400 => in_body(response.body()),
            _ => None,
        };
        let ids = match service {
            Service::S3 => vec![
                (S3, said.unwrap_or_else(|| self.of_s3())),
                (S3_HOST, self.of_s3_host()),
            ],
            _ => vec![(ANY, said.unwrap_or_else(|| self.to_string()))],
        };
        for (name, id) in ids {
            if let Ok(id) = HeaderValue::try_from(id) {
                response.headers_mut().insert(name, id);
            }
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.0 >> 48, self.0 & 0xffff_ffff_ffff);
        write!(f, "1ee7a4d0-0000-4000-{:04x}-{low:012x}", 0x8000 | high)
    }
}

fn in_body(body: &Bytes) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once("<RequestId>")?;
    let (id, _) = rest.split_once("</RequestId>")?;
    let id = id.trim();
    // The emulator writes zeros where it made no id.
    let blank = id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    (!blank && id.len() <= 64).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(service: Service, name: &str, body: &'static str) -> Option<String> {
        let mut response = Response::new(Bytes::from(body));
        RequestId::new(0x2a).put_on(service, &mut response);
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn every_service_gets_the_header_that_it_sends() {
        let id = "1ee7a4d0-0000-4000-8000-00000000002a";
        assert_eq!(header(Service::Kms, "x-amzn-requestid", "{}").unwrap(), id);
        assert_eq!(
            header(Service::S3, "x-amz-request-id", "").unwrap(),
            "000000000000002A"
        );
        assert_eq!(header(Service::S3, "x-amz-id-2", "").unwrap().len(), 64);
        assert_eq!(header(Service::S3, "x-amzn-requestid", ""), None);
    }

    #[test]
    fn the_header_agrees_with_the_body() {
        let said = "<RequestId> abc-1 </RequestId>";
        assert_eq!(
            header(Service::Sts, "x-amzn-requestid", said).unwrap(),
            "abc-1"
        );
        let mut error = Response::new(Bytes::from(said));
        *error.status_mut() = http::StatusCode::NOT_FOUND;
        RequestId::new(7).put_on(Service::S3, &mut error);
        assert_eq!(error.headers()["x-amz-request-id"], "abc-1");
        let object = header(Service::S3, "x-amz-request-id", said).unwrap();
        assert_eq!(object, "000000000000002A");
        let zeros = "<RequestId>00000000-0000-0000-0000-000000000000</RequestId>";
        assert_ne!(
            header(Service::Sts, "x-amzn-requestid", zeros).unwrap(),
            "00000000-0000-0000-0000-000000000000"
        );
    }
}
