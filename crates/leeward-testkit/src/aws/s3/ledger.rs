//! What the emulator forgets of objects and uploads: checksums, encryption, the headers of writers.

use super::checksum::{Algorithm, Kind, Sum};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::collections::{BTreeMap, HashMap};

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The Region of each bucket: their names are of all Regions.
    pub(super) homes: HashMap<String, String>,
    objects: HashMap<ObjectId, Object>,
    pub(super) uploads: HashMap<String, Upload>,
}

/// Bucket, key and version.
type ObjectId = (String, String, String);

/// What is to be told of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) checksum: Option<(Algorithm, String)>,
    pub(super) kind: Option<Kind>,
    pub(super) headers: HeaderMap,
}

/// What was said when an upload was begun, and what its parts were.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// `None` of a hash.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kind: Kind,
    /// Whether its writer chose the algorithm; S3 takes CRC-64/NVME if not.
    pub(super) is_chosen: bool,
    pub(super) headers: HeaderMap,
    pub(super) parts: BTreeMap<i32, Sum>,
}

impl Ledger {
    pub(super) fn keep(&mut self, bucket: &str, key: &str, answer: &HeaderMap, object: Object) {
        self.objects.insert(id(bucket, key, answer), object);
    }

    /// What is kept of the object of which this is an answer.
    pub(super) fn object(&self, bucket: &str, key: &str, answer: &HeaderMap) -> Option<&Object> {
        self.objects.get(&id(bucket, key, answer))
    }
}

/// Answers name the version, where the bucket keeps versions.
fn id(bucket: &str, key: &str, answer: &HeaderMap) -> ObjectId {
    let version = answer.get("x-amz-version-id").map(HeaderValue::as_bytes);
    let version = String::from_utf8_lossy(version.unwrap_or_default());
    (bucket.to_owned(), key.to_owned(), version.into_owned())
}

impl Object {
    /// Puts the checksum on an answer.
    pub(super) fn tell_checksum(&self, answer: &mut HeaderMap) {
        if let (Some((algorithm, value)), Some(kind)) = (&self.checksum, self.kind) {
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.insert(algorithm.header(), value);
            }
            let kind = HeaderValue::from_static(kind.name());
            answer.insert(CHECKSUM_TYPE, kind);
        }
    }
}

pub(super) const CHECKSUM_TYPE: HeaderName = HeaderName::from_static("x-amz-checksum-type");
const ENCRYPTION: HeaderName = HeaderName::from_static("x-amz-server-side-encryption");

/// The headers of a writer that every reader sees again. What is not encrypted by a KMS key is by keys of S3.
pub(super) fn kept(request: &HeaderMap) -> HeaderMap {
    const KEPT: [HeaderName; 5] = [
        header::CACHE_CONTROL,
        header::CONTENT_DISPOSITION,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_TYPE,
    ];
    let is_kept = |name: &HeaderName| {
        let text = name.as_str();
        KEPT.contains(name)
            || text.starts_with("x-amz-meta-")
            || text.starts_with(ENCRYPTION.as_str())
            || text == "x-amz-storage-class"
    };
    let kept = request.iter().filter(|(name, _)| is_kept(name));
    let mut kept: HeaderMap = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !kept.contains_key(ENCRYPTION) {
        kept.insert(ENCRYPTION, HeaderValue::from_static("AES256"));
    }
    // S3 does not name the class that all objects have.
    if kept
        .get("x-amz-storage-class")
        .is_some_and(|class| class == "STANDARD")
    {
        kept.remove("x-amz-storage-class");
    }
    kept
}

/// Those of `kept` that the answer to a write has too.
pub(super) fn of_encryption(kept: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let told = kept
        .iter()
        .filter(|(name, _)| name.as_str().starts_with(ENCRYPTION.as_str()));
    told.map(|(name, value)| (name.clone(), value.clone()))
}
