use super::Algorithm;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType};

/// What S3 is to compare uploads with, and to keep of objects.
///
/// Each part is compared when it comes, and the object when it is put together. A checksum of the whole object says the same however
/// the object was cut, and readers can compare it; one of the parts says only that the parts are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Checksum {
    /// The CRC-64/NVME of the whole object: the default, as it is that of S3.
    #[default]
    Crc64Nvme,
    /// The CRC-32 of the whole object.
    Crc32,
    /// The CRC-32C of the whole object.
    Crc32C,
    /// The CRC-32 of the CRC-32 of each part, as older clients and stores have it; of a small object, its CRC-32.
    Crc32OfParts,
    /// The same with CRC-32C.
    Crc32COfParts,
    /// Nothing: for stores that speak the protocol of S3 without its checksums. Then the signature guards what is sent, which hashes the body.
    Nothing,
}

impl Checksum {
    pub(crate) const fn algorithm(self) -> Option<Algorithm> {
        match self {
            Self::Crc64Nvme => Some(Algorithm::Crc64Nvme),
            Self::Crc32 | Self::Crc32OfParts => Some(Algorithm::Crc32),
            Self::Crc32C | Self::Crc32COfParts => Some(Algorithm::Crc32C),
            Self::Nothing => None,
        }
    }

    pub(crate) const fn is_of_parts(self) -> bool {
        matches!(self, Self::Crc32OfParts | Self::Crc32COfParts)
    }

    /// What a request says that begins or ends an upload by parts.
    pub(crate) fn kind(self) -> Option<ChecksumType> {
        self.algorithm().map(|_| match self.is_of_parts() {
            true => ChecksumType::Composite,
            false => ChecksumType::FullObject,
        })
    }

    /// That of an upload of which S3 tells this; `None` if it is one that this version cannot make.
    pub(crate) fn told(algorithm: &ChecksumAlgorithm, kind: Option<&ChecksumType>) -> Option<Self> {
        let is_whole = kind == Some(&ChecksumType::FullObject);
        match algorithm {
            ChecksumAlgorithm::Crc64Nvme => Some(Self::Crc64Nvme),
            ChecksumAlgorithm::Crc32 if is_whole => Some(Self::Crc32),
            ChecksumAlgorithm::Crc32 => Some(Self::Crc32OfParts),
            ChecksumAlgorithm::Crc32C if is_whole => Some(Self::Crc32C),
            ChecksumAlgorithm::Crc32C => Some(Self::Crc32COfParts),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_s3_tells_of_an_upload_is_what_it_was_begun_with() {
        for checksum in [
            Checksum::Crc64Nvme,
            Checksum::Crc32,
            Checksum::Crc32C,
            Checksum::Crc32OfParts,
            Checksum::Crc32COfParts,
        ] {
            let algorithm = checksum.algorithm().unwrap().told();
            let told = Checksum::told(&algorithm, checksum.kind().as_ref());
            assert_eq!(told, Some(checksum));
        }
        assert_eq!(Checksum::Nothing.kind(), None);
        let hash = Checksum::told(&ChecksumAlgorithm::Sha256, Some(&ChecksumType::Composite));
        assert_eq!(hash, None);
    }
}
