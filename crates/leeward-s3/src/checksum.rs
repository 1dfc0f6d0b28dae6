//! The checksums that S3 keeps of an object, where they can be told of any part and put together: the cyclic ones.

use crate::TransferError;
use base64::{Engine, engine::general_purpose::STANDARD};
use crc_fast::{CrcAlgorithm, Digest};

/// The CRC-32 of some bytes, as S3 writes it.
pub(crate) fn crc32(bytes: &[u8]) -> Crc32 {
    Crc32 {
        value: crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes),
        len: bytes.len() as u64,
    }
}

/// The CRC-32 of so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crc32 {
    value: u64,
    pub(crate) len: u64,
}

impl Crc32 {
    pub(crate) const EMPTY: Self = Self { value: 0, len: 0 };

    /// The checksum of these bytes and those of `next` behind them.
    pub(crate) fn followed_by(self, next: Self) -> Self {
        if self.len == 0 {
            return next;
        }
        Self {
            value: crc_fast::checksum_combine(
                CrcAlgorithm::Crc32IsoHdlc,
                self.value,
                next.value,
                next.len,
            ),
            len: self.len + next.len,
        }
    }

    pub(crate) fn encoded(self) -> String {
        encoded(self.value, 4)
    }
}

/// Compares what comes with the checksum that S3 keeps of the whole object.
#[derive(Clone)]
pub(crate) struct Verifier {
    algorithm: &'static str,
    width: usize,
    digest: Digest,
    expected: String,
}

/// The checksums of an answer that are of whole objects: none of those of an upload by parts that has one of each part only.
pub(crate) struct Kept<'a> {
    pub(crate) crc32: Option<&'a str>,
    pub(crate) crc32_c: Option<&'a str>,
    pub(crate) crc64_nvme: Option<&'a str>,
}

impl Verifier {
    /// One for the first checksum that can be verified.
    pub(crate) fn of(kept: &Kept<'_>) -> Option<Self> {
        let known = [
            ("CRC64NVME", CrcAlgorithm::Crc64Nvme, 8, kept.crc64_nvme),
            ("CRC32C", CrcAlgorithm::Crc32Iscsi, 4, kept.crc32_c),
            ("CRC32", CrcAlgorithm::Crc32IsoHdlc, 4, kept.crc32),
        ];
        known.into_iter().find_map(|(algorithm, crc, width, kept)| {
            // A checksum of checksums ends with the number of parts.
            let expected = kept.filter(|kept| !kept.contains('-'))?.to_owned();
            Some(Self {
                algorithm,
                width,
                digest: Digest::new(crc),
                expected,
            })
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Whether it compares with the checksum that `expected` is.
    pub(crate) fn expects(&self, expected: &str) -> bool {
        self.expected == expected
    }

    pub(crate) fn verify(&self) -> Result<(), TransferError> {
        match encoded(self.digest.finalize(), self.width) == self.expected {
            true => Ok(()),
            false => Err(TransferError::Corrupt {
                algorithm: self.algorithm,
            }),
        }
    }
}

/// The last `width` bytes, most significant first, in base64.
fn encoded(value: u64, width: usize) -> String {
    STANDARD.encode(&value.to_be_bytes()[8 - width..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        // The check values of "Catalogue of parametrised CRC algorithms".
        assert_eq!(
            crc32(b"123456789").encoded(),
            STANDARD.encode(0xcbf4_3926_u32.to_be_bytes())
        );
        let kept = Kept {
            crc32: None,
            crc32_c: None,
            crc64_nvme: Some(&STANDARD.encode(0xae8b_1486_0a79_9888_u64.to_be_bytes())),
        };
        let mut verifier = Verifier::of(&kept).unwrap();
        verifier.update(b"12345");
        assert!(verifier.verify().is_err());
        verifier.update(b"6789");
        assert!(verifier.verify().is_ok());
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|n| n as u8).collect();
        for cut in [0, 1, 500, 1_000] {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(crc32(head).followed_by(crc32(tail)), crc32(&bytes), "{cut}");
        }
        assert_eq!(Crc32::EMPTY.encoded(), crc32(b"").encoded());
    }

    #[test]
    fn a_checksum_of_checksums_verifies_nothing() {
        let kept = Kept {
            crc32: Some("yZRlqg==-3"),
            crc32_c: None,
            crc64_nvme: None,
        };
        assert!(Verifier::of(&kept).is_none());
    }
}
