use super::{
    S3,
    checksum::{Algorithm, Claim, Kind, Sum},
    header,
    ledger::{Object, kept, of_encryption},
    refused::Refused,
    target::{Target, decoded},
};
use bytes::Bytes;
use http::{HeaderMap, header::RANGE};
use winterbaume_core::{MockRequest, MockResponse, MockService};

impl S3 {
    /// Compares what is put with its checksum, and keeps that; S3 makes one if the writer did not.
    pub(super) async fn put(
        &self,
        at: &Target,
        request: MockRequest,
    ) -> Result<MockResponse, Refused> {
        let object = Object {
            checksum: verified(&request.headers, &request.body, Algorithm::Crc64Nvme)?
                .map(|sum| (sum.algorithm, sum.encoded())),
            kind: Some(Kind::FullObject),
            headers: kept(&request.headers),
        };
        let mut response = self.emulator.handle(request).await;
        if response.status == 200 {
            object.tell_checksum(&mut response.headers);
            response.headers.extend(of_encryption(&object.headers));
            let mut ledger = self.ledger();
            ledger.keep(&at.bucket, &at.key, &response.headers, object);
        }
        Ok(response)
    }

    /// Tells of an object what its writer said, and its checksum if it is asked for, and not of a part of the object.
    pub(super) async fn read(&self, at: &Target, request: MockRequest) -> MockResponse {
        let is_wanted = header(&request.headers, "x-amz-checksum-mode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"))
            && !request.headers.contains_key(RANGE)
            && at.parameter("partNumber").is_none();
        let mut response = self.emulator.handle(request).await;
        if !matches!(response.status, 200 | 206) {
            return response;
        }
        let ledger = self.ledger();
        if let Some(object) = ledger.object(&at.bucket, &at.key, &response.headers) {
            for (name, value) in &object.headers {
                response.headers.insert(name, value.clone());
            }
            if is_wanted {
                object.tell_checksum(&mut response.headers);
            }
        }
        response
    }

    /// A copy has what its original has, or what the request says in its place; encrypted it is as the request says.
    pub(super) async fn copy(&self, at: &Target, request: MockRequest) -> MockResponse {
        let source = header(&request.headers, "x-amz-copy-source").unwrap_or_default();
        let (source, said) = (Source::of(source), kept(&request.headers));
        let replaces = header(&request.headers, "x-amz-metadata-directive") == Some("REPLACE");
        let mut response = self.emulator.handle(request).await;
        if response.status != 200 {
            return response;
        }
        let mut ledger = self.ledger();
        let original = source.path.split_once('/').and_then(|(bucket, key)| {
            let of = HeaderMap::new();
            ledger.object(bucket, key, &of).cloned()
        });
        let mut copy = original.unwrap_or_default();
        if replaces {
            copy.headers = said;
        } else {
            let is_own = |name: &str| {
                name.starts_with("x-amz-server-side-encryption") || name == "x-amz-storage-class"
            };
            let others = copy
                .headers
                .into_iter()
                .filter_map(|(name, value)| Some((name?, value)));
            copy.headers = others.filter(|(name, _)| !is_own(name.as_str())).collect();
            let own = said
                .into_iter()
                .filter_map(|(name, value)| Some((name?, value)));
            copy.headers
                .extend(own.filter(|(name, _)| is_own(name.as_str())));
        }
        // Of a copy in one go S3 would make one of the whole.
        if copy.kind == Some(Kind::Composite) {
            copy.checksum = None;
        }
        response.headers.extend(of_encryption(&copy.headers));
        ledger.keep(&at.bucket, &at.key, &response.headers, copy);
        response
    }
}

/// What `x-amz-copy-source` names.
pub(super) struct Source {
    /// Bucket and key.
    pub(super) path: String,
    /// The same as it was written, with the version.
    pub(super) written: String,
}

impl Source {
    pub(super) fn of(header: &str) -> Self {
        let written = header.trim_start_matches('/');
        let path = written.split('?').next().unwrap_or_default();
        Self {
            path: decoded(path),
            written: written.to_owned(),
        }
    }
}

/// The checksum of a body, of the claimed algorithm or of this one; `None` of a hash.
pub(super) fn verified(
    headers: &HeaderMap,
    body: &Bytes,
    by_default: Algorithm,
) -> Result<Option<Sum>, Refused> {
    let (algorithm, claimed) = match Claim::of(headers) {
        Claim::Nothing => (by_default, None),
        Claim::Cyclic(algorithm, value) => (algorithm, Some(value)),
        Claim::Other => return Ok(None),
    };
    let sum = Sum::of(algorithm, body);
    match claimed {
        Some(claimed) if claimed != sum.encoded() => Err(Refused::new(
            400,
            "BadDigest",
            format!(
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            ),
        )),
        _ => Ok(Some(sum)),
    }
}
