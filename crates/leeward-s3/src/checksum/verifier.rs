use super::{Algorithm, ObjectChecksum};
use crate::TransferError;
use crc_fast::Digest;

/// The checksums of an answer.
pub(crate) struct Kept<'a> {
    pub(crate) crc32: Option<&'a str>,
    pub(crate) crc32_c: Option<&'a str>,
    pub(crate) crc64_nvme: Option<&'a str>,
    /// Those that are not told as the bytes come.
    pub(crate) others: [(&'static str, Option<&'a str>); 7],
}

impl Kept<'_> {
    /// The first, those that can be verified before others.
    pub(crate) fn checksum(&self) -> Option<ObjectChecksum> {
        let known = [
            ("CRC64NVME", self.crc64_nvme),
            ("CRC32C", self.crc32_c),
            ("CRC32", self.crc32),
        ];
        let mut known = known.into_iter().chain(self.others);
        known.find_map(|(algorithm, value)| Some(ObjectChecksum::new(algorithm, value?)))
    }
}

/// Compares what comes with the checksum that S3 keeps of the whole object.
#[derive(Clone)]
pub(crate) struct Verifier {
    algorithm: Algorithm,
    digest: Digest,
    expected: String,
}

/// The checksum of a part, from which that of the whole follows.
#[derive(Clone)]
pub(crate) struct Tally(Digest);

impl Tally {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

impl Verifier {
    /// One for a checksum that can be told as the bytes come: a cyclic one of the whole.
    pub(crate) fn of(kept: &ObjectChecksum) -> Option<Self> {
        let algorithm = kept.cyclic()?;
        Some(Self {
            algorithm,
            digest: Digest::new(algorithm.crc()),
            expected: kept.value.clone(),
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// What tells the checksum of one part, where and whenever it comes.
    pub(crate) fn tally(&self) -> Tally {
        Tally(Digest::new(self.algorithm.crc()))
    }

    /// Takes note of the part behind what came so far.
    pub(crate) fn join(&mut self, part: &Tally) {
        self.digest.combine(&part.0);
    }

    pub(crate) fn verify(&self) -> Result<(), TransferError> {
        match self.algorithm.encoded(self.digest.finalize()) == self.expected {
            true => Ok(()),
            false => Err(TransferError::Corrupt {
                algorithm: self.algorithm.name(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Sum;

    const NONE: Kept<'_> = Kept {
        crc32: None,
        crc32_c: None,
        crc64_nvme: None,
        others: [("SHA256", None); 7],
    };

    #[test]
    fn what_comes_is_compared_as_it_comes() {
        let expected = Sum::of(Algorithm::Crc64Nvme, b"123456789").encoded();
        let kept = Kept {
            crc64_nvme: Some(&expected),
            ..NONE
        };
        let mut verifier = Verifier::of(&kept.checksum().unwrap()).unwrap();
        verifier.update(b"12345");
        assert!(verifier.verify().is_err());
        verifier.update(b"6789");
        assert!(verifier.verify().is_ok());
    }

    #[test]
    fn parts_are_told_apart_and_joined() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|n| n as u8).collect();
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32C, Algorithm::Crc64Nvme] {
            let kept = ObjectChecksum::new(algorithm.name(), Sum::of(algorithm, &bytes).encoded());
            let whole = Verifier::of(&kept).unwrap();
            for cut in [0, 1, 333, 1_000] {
                let (head, tail) = bytes.split_at(cut);
                let told = |part: &[u8]| {
                    let mut tally = whole.tally();
                    part.chunks(100).for_each(|chunk| tally.update(chunk));
                    tally
                };
                // What was there before may have come as bytes.
                let (mut joined, mut mixed, mut swapped) =
                    (whole.clone(), whole.clone(), whole.clone());
                joined.join(&told(head));
                joined.join(&told(tail));
                mixed.update(head);
                mixed.join(&told(tail));
                swapped.join(&told(tail));
                swapped.join(&told(head));
                assert!(joined.verify().is_ok() && mixed.verify().is_ok());
                assert_eq!(swapped.verify().is_ok(), [0, 1_000].contains(&cut));
            }
        }
    }

    #[test]
    fn a_checksum_of_checksums_and_a_hash_verify_nothing() {
        let composite = Kept {
            crc32: Some("yZRlqg==-3"),
            ..NONE
        };
        let composite = composite.checksum().unwrap();
        assert!(composite.is_of_parts() && Verifier::of(&composite).is_none());
        let hash = Kept {
            others: [(
                "SHA256",
                Some("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
            ); 7],
            ..NONE
        };
        assert!(Verifier::of(&hash.checksum().unwrap()).is_none());
        assert_eq!(NONE.checksum(), None);
    }
}
