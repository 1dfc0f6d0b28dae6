use super::{
    S3,
    checksum::{Claim, Kind, Sum},
    header,
    ledger::{Object, Upload, of_encryption},
    refused::Refused,
    target::Target,
    text::{element, elements, with},
};
use winterbaume_core::{MockRequest, MockResponse, MockService};

/// The least that S3 takes for a part that is not the last one: "Amazon S3 multipart upload limits".
const MIN_PART: u64 = 5 << 20;

impl S3 {
    /// Compares parts and whole with what the request says of them, and keeps the checksum that S3 would.
    pub(super) async fn complete(
        &self,
        at: &Target,
        request: MockRequest,
    ) -> Result<MockResponse, Refused> {
        let upload = self.ledger().uploads.get(at.upload_id()).cloned();
        let Some(upload) = upload else {
            return Ok(self.emulator.handle(request).await);
        };
        let object = completed(&upload, &request)?;
        let mut response = self.emulator.handle(request).await;
        if response.status == 200 {
            response.headers.extend(of_encryption(&upload.headers));
            if let (Some((algorithm, value)), Some(kind)) = (&object.checksum, object.kind) {
                let (name, kind) = (algorithm.element(), kind.name());
                let told = format!("<{name}>{value}</{name}><ChecksumType>{kind}</ChecksumType>");
                let body = String::from_utf8_lossy(&response.body);
                response.body = with(&body, "CompleteMultipartUploadResult", &told).into();
            }
            let mut ledger = self.ledger();
            ledger.uploads.remove(at.upload_id());
            ledger.keep(&at.bucket, &at.key, &response.headers, object);
        }
        Ok(response)
    }
}

/// The object that an upload becomes, if what the request says of its parts is so.
fn completed(upload: &Upload, request: &MockRequest) -> Result<Object, Refused> {
    let mut object = Object {
        checksum: None,
        kind: Some(upload.kind),
        headers: upload.headers.clone(),
    };
    let Some(algorithm) = upload.algorithm else {
        return Ok(object);
    };
    let body = String::from_utf8_lossy(&request.body);
    let mut sums = Vec::new();
    for part in elements(&body, "Part") {
        let number = element(part, "PartNumber").and_then(|number| number.parse().ok());
        let kept = number.and_then(|number: i32| Some((number, *upload.parts.get(&number)?)));
        let Some((number, sum)) = kept else {
            // The emulator says which one is missing.
            return Ok(object);
        };
        match element(part, &algorithm.element()) {
            Some(claimed) if claimed != sum.encoded() => {
                let message = "One or more of the specified parts could not be found.";
                return Err(Refused::new(400, "InvalidPart", message));
            }
            None if upload.kind == Kind::Composite && upload.is_chosen => {
                let name = algorithm.name().to_lowercase();
                let message = format!(
                    "The upload was created using a {name} checksum. The complete request must include the checksum for each part. It \
                     was missing for part {number} in the request."
                );
                return Err(Refused::new(400, "InvalidRequest", message));
            }
            _ => sums.push(sum),
        }
    }
    let Some((_, but_the_last)) = sums.split_last() else {
        return Ok(object);
    };
    if but_the_last.iter().any(|part| part.len < MIN_PART) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(Refused::new(400, "EntityTooSmall", message));
    }
    let whole = Sum::of_parts(upload.kind, algorithm, &sums);
    if let Claim::Cyclic(claimed, value) = Claim::of(&request.headers)
        && (claimed != algorithm || value != whole)
    {
        let message = format!(
            "The {} you specified did not match the calculated checksum.",
            claimed.name()
        );
        return Err(Refused::new(400, "BadDigest", message));
    }
    let said = header(&request.headers, "x-amz-checksum-type");
    if said.is_some_and(|kind| kind != upload.kind.name()) {
        let message = "The upload was created using another checksum type.";
        return Err(Refused::new(400, "InvalidRequest", message));
    }
    let (said, size) = (
        header(&request.headers, "x-amz-mp-object-size"),
        sums.iter().map(|part| part.len).sum::<u64>(),
    );
    if said.is_some_and(|said| said.parse() != Ok(size)) {
        let message = format!(
            "The provided 'x-amz-mp-object-size' header value does not match what was computed: {size}"
        );
        return Err(Refused::new(400, "InvalidRequest", message));
    }
    object.checksum = Some((algorithm, whole));
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::s3::{call, checksum::Algorithm};
    use http::{HeaderMap, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn what_is_said_of_parts_and_whole_is_compared() {
        let parts =
            [vec![1; 5 << 20], b"end".to_vec()].map(|part| Sum::of(Algorithm::Crc32, &part));
        let upload = |kind| Upload {
            algorithm: Some(Algorithm::Crc32),
            kind,
            is_chosen: true,
            headers: HeaderMap::new(),
            parts: [(1, parts[0]), (2, parts[1])].into(),
        };
        let check = |kind, numbers: &[i32], sum: Option<&str>, said: &[(&'static str, &str)]| {
            let numbered = numbers.iter().map(|number| {
                let sum = sum.map_or_else(String::new, |sum| {
                    format!("<ChecksumCRC32>{sum}</ChecksumCRC32>")
                });
                format!("<Part><PartNumber>{number}</PartNumber>{sum}</Part>")
            });
            let body = numbered.collect::<String>();
            let request = call("POST", String::new(), headers(said), body.into());
            let object = completed(&upload(kind), &request);
            object
                .map(|object| object.checksum.map(|(_, sum)| sum))
                .map_err(|refused| refused.code)
        };
        let whole = Sum::of_parts(Kind::FullObject, Algorithm::Crc32, &parts);
        let (full, crc) = (Kind::FullObject, "x-amz-checksum-crc32");
        assert_eq!(
            check(full, &[1, 2], None, &[(crc, &whole)]),
            Ok(Some(whole.clone()))
        );
        assert_eq!(
            check(full, &[1, 2], None, &[(crc, "AAAAAA==")]),
            Err("BadDigest")
        );
        assert_eq!(check(full, &[2, 1], None, &[]), Err("EntityTooSmall"));
        assert_eq!(
            check(full, &[1, 2], Some("AAAAAA=="), &[]),
            Err("InvalidPart")
        );
        assert_eq!(
            check(full, &[1], None, &[("x-amz-mp-object-size", "3")]),
            Err("InvalidRequest")
        );
        assert_eq!(
            check(Kind::Composite, &[1, 2], None, &[]),
            Err("InvalidRequest")
        );
        let one = check(Kind::Composite, &[2], Some(&parts[1].encoded()), &[]).unwrap();
        assert!(one.unwrap().ends_with("-1"));
    }
}
