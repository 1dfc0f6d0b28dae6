use aws_sdk_s3::types::ChecksumAlgorithm;
use base64::{Engine, engine::general_purpose::STANDARD};
use crc_fast::CrcAlgorithm;

/// A cyclic checksum: that of a whole follows from those of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32C,
    Crc64Nvme,
}

impl Algorithm {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32C => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Crc32, Self::Crc32C, Self::Crc64Nvme];
        all.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) fn told(self) -> ChecksumAlgorithm {
        match self {
            Self::Crc32 => ChecksumAlgorithm::Crc32,
            Self::Crc32C => ChecksumAlgorithm::Crc32C,
            Self::Crc64Nvme => ChecksumAlgorithm::Crc64Nvme,
        }
    }

    pub(crate) const fn crc(self) -> CrcAlgorithm {
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

    /// As S3 writes it: the last bytes, most significant first, in base64.
    pub(crate) fn encoded(self, value: u64) -> String {
        STANDARD.encode(&value.to_be_bytes()[8 - self.width()..])
    }

    fn decoded(self, text: &str) -> Option<u64> {
        let bytes = STANDARD.decode(text).ok()?;
        let is_one = bytes.len() == self.width();
        let value = |value, byte: &u8| value << 8 | u64::from(*byte);
        is_one.then(|| bytes.iter().fold(0, value))
    }
}

/// The checksum of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) algorithm: Algorithm,
    value: u64,
    pub(crate) len: u64,
}

impl Sum {
    pub(crate) fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        Self {
            algorithm,
            value: crc_fast::checksum(algorithm.crc(), bytes),
            len: bytes.len() as u64,
        }
    }

    pub(crate) fn of_nothing(algorithm: Algorithm) -> Self {
        Self::of(algorithm, b"")
    }

    /// What S3 tells of so many bytes, if it is a checksum of this kind.
    pub(crate) fn told(algorithm: Algorithm, text: &str, len: u64) -> Option<Self> {
        let value = algorithm.decoded(text)?;
        Some(Self {
            algorithm,
            value,
            len,
        })
    }

    pub(crate) fn encoded(self) -> String {
        self.algorithm.encoded(self.value)
    }

    /// The checksum of these bytes and those of `next` behind them.
    pub(crate) fn followed_by(self, next: Self) -> Self {
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

    /// The checksum of the checksums of all parts, and how many there are.
    pub(crate) fn of_parts(algorithm: Algorithm, parts: impl IntoIterator<Item = Self>) -> String {
        let (mut sums, mut count) = (Vec::new(), 0);
        for part in parts {
            sums.extend_from_slice(&part.value.to_be_bytes()[8 - algorithm.width()..]);
            count += 1;
        }
        format!("{}-{count}", Self::of(algorithm, &sums).encoded())
    }
}

/// A checksum where requests have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) crc32: Option<String>,
    pub(crate) crc32_c: Option<String>,
    pub(crate) crc64_nvme: Option<String>,
}

impl Headers {
    pub(crate) fn of(sum: Option<Sum>) -> Self {
        sum.map_or_else(Self::default, |sum| {
            Self::with(sum.algorithm, sum.encoded())
        })
    }

    pub(crate) fn with(algorithm: Algorithm, value: String) -> Self {
        let (mut headers, value) = (Self::default(), Some(value));
        match algorithm {
            Algorithm::Crc32 => headers.crc32 = value,
            Algorithm::Crc32C => headers.crc32_c = value,
            Algorithm::Crc64Nvme => headers.crc64_nvme = value,
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 3] = [Algorithm::Crc32, Algorithm::Crc32C, Algorithm::Crc64Nvme];

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        // The check values of "Catalogue of parametrised CRC algorithms".
        for (algorithm, value) in [
            (Algorithm::Crc32, 0xcbf4_3926),
            (Algorithm::Crc32C, 0xe306_9283),
            (Algorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            let sum = Sum::of(algorithm, b"123456789");
            assert_eq!(sum.value, value, "{algorithm:?}");
            assert_eq!(Sum::told(algorithm, &sum.encoded(), 9), Some(sum));
            assert_eq!(Sum::told(algorithm, "AAA=", 9), None);
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|n| n as u8).collect();
        for algorithm in ALL {
            let whole = Sum::of(algorithm, &bytes).encoded();
            for cut in [0, 1, 500, 1_000] {
                let (head, tail) = bytes.split_at(cut);
                let [head, tail] = [head, tail].map(|part| Sum::of(algorithm, part));
                assert_eq!(head.followed_by(tail).encoded(), whole, "{cut}");
                let nothing = Sum::of_nothing(algorithm);
                assert_eq!(nothing.followed_by(head), head);
                assert_eq!(head.followed_by(nothing), head);
            }
        }
    }

    #[test]
    fn a_checksum_of_parts_is_that_of_their_checksums() {
        let parts = [&b"abc"[..], b"defg"].map(|part| Sum::of(Algorithm::Crc32, part));
        // Computed with Python's zlib.
        assert_eq!(Sum::of_parts(Algorithm::Crc32, parts), "FL6Gyw==-2");
    }
}
