use super::{
    S3, call,
    checksum::{Algorithm, Claim, Kind, Sum},
    header,
    ledger::{CHECKSUM_TYPE, Upload, kept, of_encryption},
    object::{Source, verified},
    refused::Refused,
    target::Target,
    text::{element, with},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::RANGE};
use std::fmt::Write;
use winterbaume_core::{MockRequest, MockResponse, MockService};

impl S3 {
    pub(super) async fn begin(&self, request: MockRequest) -> Result<MockResponse, Refused> {
        let upload = begun(&request.headers)?;
        let mut response = self.emulator.handle(request).await;
        let body = String::from_utf8_lossy(&response.body);
        if let (200, Some(id)) = (response.status, element(&body, "UploadId")) {
            let id = id.to_owned();
            response.headers.extend(of_encryption(&upload.headers));
            if let Some(algorithm) = upload.algorithm.filter(|_| upload.is_chosen) {
                let name = HeaderValue::from_static(algorithm.name());
                response.headers.insert("x-amz-checksum-algorithm", name);
                let kind = HeaderValue::from_static(upload.kind.name());
                response.headers.insert(CHECKSUM_TYPE, kind);
            }
            self.ledger().uploads.insert(id, upload);
        }
        Ok(response)
    }

    pub(super) async fn part(
        &self,
        at: &Target,
        request: MockRequest,
    ) -> Result<MockResponse, Refused> {
        let upload = self.ledger().uploads.get(at.upload_id()).cloned();
        let Some(Upload {
            algorithm: Some(algorithm),
            headers,
            is_chosen,
            ..
        }) = upload
        else {
            return Ok(self.emulator.handle(request).await);
        };
        let claim = Claim::of(&request.headers);
        if is_chosen && matches!(&claim, Claim::Cyclic(other, _) if *other != algorithm) {
            return Err(Refused::new(
                400,
                "InvalidRequest",
                format!(
                    "Checksum Type mismatch occurred, expected checksum Type: {}",
                    algorithm.name()
                ),
            ));
        }
        let verified = verified(&request.headers, &request.body, algorithm)?;
        // Of another one than S3 keeps, which it makes itself then.
        let sum = verified.filter(|sum| sum.algorithm == algorithm);
        let sum = sum.unwrap_or_else(|| Sum::of(algorithm, &request.body));
        let mut response = self.emulator.handle(request).await;
        if response.status == 200 {
            self.note(at, sum);
            response.headers.extend(of_encryption(&headers));
            if let Ok(value) = HeaderValue::from_str(&sum.encoded()) {
                response.headers.insert(algorithm.header(), value);
            }
        }
        Ok(response)
    }

    fn note(&self, at: &Target, sum: Sum) {
        let number = at
            .parameter("partNumber")
            .and_then(|number| number.parse().ok());
        if let (Some(upload), Some(number)) =
            (self.ledger().uploads.get_mut(at.upload_id()), number)
        {
            upload.parts.insert(number, sum);
        }
    }

    /// Reads a range of the original, and makes a part of it; the emulator would copy all.
    pub(super) async fn copy_part(
        &self,
        at: &Target,
        request: MockRequest,
    ) -> Result<MockResponse, Refused> {
        let said = |name| request.headers.get(name).cloned();
        let source = header(&request.headers, "x-amz-copy-source").unwrap_or_default();
        let source = Source::of(source);
        let bucket = source.path.split('/').next().unwrap_or_default();
        let home = self.ledger().homes.get(bucket).cloned();
        let home = home.unwrap_or_else(|| at.region.clone());
        let uri = format!("https://s3.{home}.amazonaws.com/{}", source.written);
        let mut headers = HeaderMap::new();
        let range = said("x-amz-copy-source-range");
        headers.extend(range.clone().map(|range| (RANGE, range)));
        let condition = said("x-amz-copy-source-if-match");
        headers.extend(condition.map(|etag| (http::header::IF_MATCH, etag)));
        let read = self
            .emulator
            .handle(call("GET", uri, headers, Bytes::new()))
            .await;
        if !matches!(read.status, 200 | 206) {
            return Ok(read);
        }
        let wanted = range
            .as_ref()
            .and_then(|range| length(range.to_str().ok()?));
        if wanted.is_some_and(|wanted| wanted != read.body.len() as u64) {
            let message = "Range specified is not valid for source object";
            return Err(Refused::new(400, "InvalidArgument", message));
        }
        let part = call("PUT", request.uri, HeaderMap::new(), read.body);
        let put = self.part(at, part).await?;
        if put.status != 200 {
            return Ok(put);
        }
        let mut result = String::new();
        for algorithm in Algorithm::ALL {
            if let Some(value) = put.headers.get(algorithm.header()) {
                let (name, value) = (
                    algorithm.element(),
                    String::from_utf8_lossy(value.as_bytes()),
                );
                let _ = write!(result, "<{name}>{value}</{name}>");
            }
        }
        let etag = header(&put.headers, "etag")
            .unwrap_or_default()
            .replace('"', "&quot;");
        let body = format!(
            "<CopyPartResult><ETag>{etag}</ETag><LastModified>2026-11-22T00:00:00.000Z</LastModified>{result}</CopyPartResult>"
        );
        let mut response = MockResponse::xml(200, body);
        let encryption = self
            .ledger()
            .uploads
            .get(at.upload_id())
            .map(|upload| upload.headers.clone());
        response
            .headers
            .extend(of_encryption(&encryption.unwrap_or_default()));
        Ok(response)
    }

    /// Lists the parts with their checksums.
    pub(super) async fn parts(&self, at: &Target, request: MockRequest) -> MockResponse {
        let mut response = self.emulator.handle(request).await;
        let upload = self.ledger().uploads.get(at.upload_id()).cloned();
        let (200, Some(upload)) = (response.status, upload) else {
            return response;
        };
        let Some(algorithm) = upload.algorithm else {
            return response;
        };
        let mut body = String::from_utf8_lossy(&response.body).into_owned();
        let name = algorithm.element();
        for (number, sum) in &upload.parts {
            let number = format!("<PartNumber>{number}</PartNumber>");
            let told = format!("{number}<{name}>{}</{name}>", sum.encoded());
            body = body.replacen(&number, &told, 1);
        }
        if upload.is_chosen {
            let (algorithm, kind) = (algorithm.name(), upload.kind.name());
            let told = format!(
                "<ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm><ChecksumType>{kind}</ChecksumType>"
            );
            body = with(&body, "ListPartsResult", &told);
        }
        response.body = body.into();
        response
    }
}

/// How many bytes a range of a copy has.
fn length(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    (last.checked_sub(first)?).checked_add(1)
}

/// What a request that begins an upload says of it.
fn begun(headers: &HeaderMap) -> Result<Upload, Refused> {
    let said = header(headers, "x-amz-checksum-algorithm");
    let algorithm = match said {
        Some(name) => Algorithm::ALL.into_iter().find(|one| one.name() == name),
        None => Some(Algorithm::Crc64Nvme),
    };
    let by_default = match algorithm {
        Some(Algorithm::Crc64Nvme) => Kind::FullObject,
        _ => Kind::Composite,
    };
    let kind = match header(headers, "x-amz-checksum-type") {
        Some("FULL_OBJECT") => Kind::FullObject,
        Some("COMPOSITE") => Kind::Composite,
        _ => by_default,
    };
    let refused = matches!(
        (algorithm, kind),
        (Some(Algorithm::Crc64Nvme), Kind::Composite) | (None, Kind::FullObject)
    );
    if refused {
        let (kind, name) = (kind.name(), said.unwrap_or("CRC64NVME"));
        let message =
            format!("The {kind} checksum type cannot be used with the {name} checksum algorithm.");
        return Err(Refused::new(400, "InvalidRequest", message));
    }
    Ok(Upload {
        algorithm,
        kind,
        is_chosen: said.is_some(),
        headers: kept(headers),
        parts: Default::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn the_kind_of_a_checksum_follows_from_the_algorithm_and_not_every_pair_is_one() {
        for (algorithm, kind, expected) in [
            (None, None, Ok(Kind::FullObject)),
            (Some("CRC32"), None, Ok(Kind::Composite)),
            (Some("CRC32"), Some("FULL_OBJECT"), Ok(Kind::FullObject)),
            (Some("CRC64NVME"), None, Ok(Kind::FullObject)),
            (Some("CRC64NVME"), Some("COMPOSITE"), Err("InvalidRequest")),
            (Some("SHA256"), None, Ok(Kind::Composite)),
            (Some("SHA256"), Some("FULL_OBJECT"), Err("InvalidRequest")),
        ] {
            let said = [
                ("x-amz-checksum-algorithm", algorithm),
                ("x-amz-checksum-type", kind),
            ];
            let said: Vec<_> = said
                .iter()
                .filter_map(|(name, value)| Some((*name, (*value)?)))
                .collect();
            let begun = begun(&headers(&said));
            let begun = begun
                .map(|upload| upload.kind)
                .map_err(|refused| refused.code);
            assert_eq!(begun, expected, "{algorithm:?} {kind:?}");
        }
    }
}
