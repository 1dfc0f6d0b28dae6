//! The cyclic checksums of S3, of objects and of parts: pure. User Guide, "Checking object integrity in Amazon S3".

use base64::{Engine, prelude::BASE64_STANDARD};
use crc_fast::CrcAlgorithm;
use http::{HeaderMap, HeaderName};

/// Those that can be told of a whole from those of its parts. Hashes are taken, and not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32C,
    Crc64Nvme,
}

/// Of what a checksum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    FullObject,
    /// Of the checksums of the parts.
    Composite,
}

/// The checksum of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) algorithm: Algorithm,
    value: u64,
    pub(super) len: u64,
}

/// What a request says of its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Nothing,
    Cyclic(Algorithm, String),
    /// A hash.
    Other,
}

impl Algorithm {
    pub(super) const ALL: [Self; 3] = [Self::Crc32, Self::Crc32C, Self::Crc64Nvme];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32C => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
        }
    }

    pub(super) const fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32C => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
        })
    }

    pub(super) fn element(self) -> String {
        format!("Checksum{}", self.name())
    }

    const fn crc(self) -> CrcAlgorithm {
        match self {
            Self::Crc32 => CrcAlgorithm::Crc32IsoHdlc,
            Self::Crc32C => CrcAlgorithm::Crc32Iscsi,
            Self::Crc64Nvme => CrcAlgorithm::Crc64Nvme,
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32C => 4,
            Self::Crc64Nvme => 8,
        }
    }
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

impl Sum {
    pub(super) fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        Self {
            algorithm,
            value: crc_fast::checksum(algorithm.crc(), bytes),
            len: bytes.len() as u64,
        }
    }

    /// As it stands in headers.
    pub(super) fn encoded(self) -> String {
        BASE64_STANDARD.encode(self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        self.value.to_be_bytes()[8 - self.algorithm.width()..].to_vec()
    }

    fn followed_by(self, next: Self) -> Self {
        if self.len == 0 {
            return next;
        }
        let crc = self.algorithm.crc();
        Self {
            value: crc_fast::checksum_combine(crc, self.value, next.value, next.len),
            len: self.len + next.len,
            ..self
        }
    }

    /// The checksum of an object of these parts, of which there is one at least.
    pub(super) fn of_parts(kind: Kind, algorithm: Algorithm, parts: &[Self]) -> String {
        match kind {
            Kind::FullObject => {
                let none = Self::of(algorithm, b"");
                let whole = parts.iter().fold(none, |sum, part| sum.followed_by(*part));
                whole.encoded()
            }
            Kind::Composite => {
                let sums: Vec<u8> = parts.iter().flat_map(Self::bytes).collect();
                format!("{}-{}", Self::of(algorithm, &sums).encoded(), parts.len())
            }
        }
    }
}

impl Claim {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        for algorithm in Algorithm::ALL {
            if let Some(value) = headers.get(algorithm.header()) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                return Self::Cyclic(algorithm, value);
            }
        }
        let said = |name: &HeaderName| {
            name.as_str().starts_with("x-amz-checksum-")
                && !["mode", "type", "algorithm"]
                    .iter()
                    .any(|end| name.as_str().ends_with(end))
        };
        match headers.keys().any(said) {
            true => Self::Other,
            false => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        // The check values of "Catalogue of parametrised CRC algorithms".
        let sum = |algorithm| Sum::of(algorithm, b"123456789").bytes();
        assert_eq!(sum(Algorithm::Crc32), 0xcbf4_3926_u32.to_be_bytes());
        assert_eq!(sum(Algorithm::Crc32C), 0xe306_9283_u32.to_be_bytes());
        let crc64 = 0xae8b_1486_0a79_9888_u64;
        assert_eq!(sum(Algorithm::Crc64Nvme), crc64.to_be_bytes());
    }

    #[test]
    fn parts_add_up_to_the_whole_or_are_counted() {
        for algorithm in Algorithm::ALL {
            let parts = [&b"12345"[..], b"", b"6789"].map(|part| Sum::of(algorithm, part));
            let whole = Sum::of_parts(Kind::FullObject, algorithm, &parts);
            assert_eq!(whole, Sum::of(algorithm, b"123456789").encoded());
            let composite = Sum::of_parts(Kind::Composite, algorithm, &parts);
            assert!(composite.ends_with("-3") && !composite.starts_with(&whole));
        }
    }
}
