use super::Algorithm;

/// The checksum that S3 keeps of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectChecksum {
    /// Which one, as S3 calls it: `CRC64NVME`, `CRC32`, `SHA256` …
    pub algorithm: String,
    /// What it is, in base64. Of an object of parts it ends with `-` and their number, if it is one of their checksums.
    pub value: String,
}

impl ObjectChecksum {
    pub(crate) fn new(algorithm: &str, value: impl Into<String>) -> Self {
        Self {
            algorithm: algorithm.to_owned(),
            value: value.into(),
        }
    }

    /// Whether it is that of the checksums of parts, which says nothing of the same bytes in other parts.
    #[must_use]
    pub fn is_of_parts(&self) -> bool {
        self.value.contains('-')
    }

    /// The algorithm, if it is a cyclic one of the whole object.
    pub(crate) fn cyclic(&self) -> Option<Algorithm> {
        Algorithm::named(&self.algorithm).filter(|_| !self.is_of_parts())
    }
}
