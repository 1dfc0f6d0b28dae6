//! How an upload is cut, and what S3 has of it already: pure.

use crate::{
    Checksum, TransferError,
    checksum::{Algorithm, Headers, Sum, etag_of_bytes, etag_of_parts, with_checksum},
};
use aws_sdk_s3::types::{CompletedPart, Part};
use std::collections::{BTreeMap, HashMap};

/// As many as S3 takes: "Amazon S3 multipart upload limits".
pub(crate) const MAX_PARTS: u32 = 10_000;

/// The least that S3 takes for a part that is not the last one, and the most for any.
pub(crate) const MIN_PART: usize = 5 << 20;
pub(crate) const MAX_PART: u64 = 5 << 30;

/// How large a part is: as wanted, or larger where there would be too many, then a whole number of MiB.
pub(crate) fn part_size(len: Option<u64>, wanted: usize) -> Result<usize, TransferError> {
    let least = len.unwrap_or_default().div_ceil(u64::from(MAX_PARTS));
    if least <= wanted as u64 {
        return Ok(wanted);
    }
    let size = least.next_multiple_of(1 << 20);
    let size = usize::try_from(size).ok().filter(|_| size <= MAX_PART);
    size.ok_or(TransferError::TooManyParts { part_size: wanted })
}

/// The parts that S3 has of an upload, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Present(HashMap<u32, Part>);

impl Present {
    pub(crate) fn add(&mut self, parts: Vec<Part>) {
        let numbered = parts
            .into_iter()
            .filter_map(|part| Some((u32::try_from(part.part_number?).ok()?, part)));
        self.0.extend(numbered);
    }

    /// How large the parts of the upload are, as far as its first says; at most as `wanted`, so that memory stays bounded.
    pub(crate) fn part_size(&self, wanted: usize) -> usize {
        let first = self.0.get(&1).and_then(size_of);
        let first = first.and_then(|size| usize::try_from(size).ok());
        first
            .filter(|size| (MIN_PART..=wanted).contains(size))
            .unwrap_or(wanted)
    }

    /// The part of this number, if it is of these bytes for sure: by its checksum, or by its ETag if there is to be none.
    pub(crate) fn part(&self, number: u32, bytes: &[u8], sum: Option<Sum>) -> Option<Done> {
        let part = self.sized(number, bytes.len() as u64)?;
        let etag = part.e_tag.clone()?;
        let is_same = match sum {
            Some(sum) => told(part, sum.algorithm) == Some(&sum.encoded()),
            None => etag == etag_of_bytes(bytes),
        };
        is_same.then_some(Done {
            number,
            etag,
            len: bytes.len() as u64,
            sum,
        })
    }

    /// The part of this number, if it has this length.
    pub(crate) fn copied(&self, number: u32, len: u64, checksum: Checksum) -> Option<Done> {
        let part = self.sized(number, len)?;
        let algorithm = checksum.algorithm();
        let sum = algorithm.and_then(|algorithm| {
            let told = told(part, algorithm)?;
            Sum::told(algorithm, told, len)
        });
        Some(Done {
            number,
            etag: part.e_tag.clone()?,
            len,
            sum,
        })
    }

    fn sized(&self, number: u32, len: u64) -> Option<&Part> {
        let part = self.0.get(&number)?;
        (size_of(part) == Some(len)).then_some(part)
    }
}

fn size_of(part: &Part) -> Option<u64> {
    part.size.and_then(|size| size.try_into().ok())
}

fn told(part: &Part, algorithm: Algorithm) -> Option<&String> {
    match algorithm {
        Algorithm::Crc32 => part.checksum_crc32.as_ref(),
        Algorithm::Crc32C => part.checksum_crc32_c.as_ref(),
        Algorithm::Crc64Nvme => part.checksum_crc64_nvme.as_ref(),
    }
}

/// A part that S3 has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    pub(crate) number: u32,
    pub(crate) etag: String,
    pub(crate) len: u64,
    pub(crate) sum: Option<Sum>,
}

/// All parts of an object, in their order.
#[derive(Debug)]
pub(crate) struct Whole {
    parts: BTreeMap<u32, Done>,
    checksum: Checksum,
    expected: Option<(Algorithm, String)>,
    /// The checksum of what is there without a gap: it is told while other parts are under way, since each step takes a while.
    joined: Option<Sum>,
    /// The part that comes next in it.
    next: u32,
}

impl Whole {
    pub(crate) fn new(checksum: Checksum) -> Self {
        let algorithm = checksum.algorithm();
        let is_joined = !checksum.is_of_parts();
        Self {
            parts: BTreeMap::new(),
            checksum,
            expected: None,
            joined: algorithm.filter(|_| is_joined).map(Sum::of_nothing),
            next: 1,
        }
    }

    /// The same with this part, which may come before those that it stands behind.
    pub(crate) fn with(mut self, part: Done) -> Self {
        self.parts.insert(part.number, part);
        while let Some(part) = self.parts.get(&self.next) {
            let joined = self.joined.zip(part.sum);
            self.joined = joined.map(|(joined, sum)| joined.followed_by(sum));
            self.next += 1;
        }
        self
    }

    /// One that has to have this checksum, whatever those of its parts are.
    pub(crate) fn expecting(self, expected: Option<(Algorithm, String)>) -> Self {
        Self { expected, ..self }
    }

    pub(crate) const fn checksum(&self) -> Checksum {
        self.checksum
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn len(&self) -> u64 {
        self.parts.values().map(|part| part.len).sum()
    }

    /// As S3 wants to be told of them.
    pub(crate) fn completed(&self) -> Vec<CompletedPart> {
        let completed = self.parts.values().map(|part| {
            let completed = CompletedPart::builder()
                .part_number(part.number.cast_signed())
                .e_tag(&part.etag);
            with_checksum!(completed, Headers::of(part.sum)).build()
        });
        completed.collect()
    }

    /// The algorithm and the checksum that S3 has to come to; `None` if there is to be none, or not that of each part is known.
    pub(crate) fn sum(&self) -> Option<(Algorithm, String)> {
        if self.expected.is_some() {
            return self.expected.clone();
        }
        let algorithm = self.checksum.algorithm()?;
        let sum = match self.checksum.is_of_parts() {
            true => {
                let sums: Option<Vec<_>> = self.parts.values().map(|part| part.sum).collect();
                Sum::of_parts(algorithm, sums?)
            }
            false => self.joined.filter(|_| self.next > self.count())?.encoded(),
        };
        Some((algorithm, sum))
    }

    /// The ETag that the object has if it is not under a KMS key.
    pub(crate) fn etag(&self) -> Option<String> {
        etag_of_parts(self.parts.values().map(|part| &*part.etag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRC: Algorithm = Algorithm::Crc32;

    #[test]
    fn parts_are_larger_where_there_would_be_too_many() {
        const MIB: u64 = 1 << 20;
        let size = |len| part_size(len, 8 << 20).map(|size| size as u64 / MIB).ok();
        assert_eq!(size(None), Some(8));
        assert_eq!(size(Some(80_000 * MIB)), Some(8));
        assert_eq!(size(Some(80_000 * MIB + 1)), Some(9));
        assert_eq!(size(Some(5 * MIB * MIB)), Some(525));
        assert_eq!(size(Some(100 * MIB * MIB)), None);
    }

    fn part(number: i32, etag: &str, size: i64) -> Part {
        let part = Part::builder().part_number(number).e_tag(etag);
        part.size(size).build()
    }

    #[test]
    fn only_a_part_of_the_same_bytes_is_not_sent_again() {
        let sum = |bytes: &[u8]| Sum::of(CRC, bytes);
        let mut first = part(1, "tag", 3);
        first.checksum_crc32 = Some(sum(b"abc").encoded());
        let mut present = Present::default();
        present.add(vec![
            first,
            part(2, "tag", 3),
            part(4, &etag_of_bytes(b"abc"), 3),
        ]);
        let has = |number, bytes: &[u8], is_summed: bool| {
            let sum = is_summed.then(|| sum(bytes));
            present.part(number, bytes, sum).is_some()
        };
        assert!(has(1, b"abc", true));
        assert!(!has(1, b"abd", true));
        assert!(!has(2, b"abc", true));
        assert!(!has(3, b"abc", true));
        // Without a checksum its ETag tells, if it is an MD5.
        assert!(has(4, b"abc", false));
        assert!(!has(4, b"abd", false));
        assert!(!has(2, b"abc", false));
        let copied = |number, len| present.copied(number, len, Checksum::Crc32);
        assert_eq!(copied(1, 3).unwrap().sum, Some(sum(b"abc")));
        assert_eq!(copied(2, 3).unwrap().sum, None);
        assert_eq!(copied(2, 4), None);
    }

    #[test]
    fn an_upload_goes_on_in_parts_of_its_own_size() {
        let of = |size| {
            let mut present = Present::default();
            present.add(vec![part(1, "tag", size)]);
            present.part_size(8 << 20)
        };
        assert_eq!(of(6 << 20), 6 << 20);
        assert_eq!(of(9 << 20), 8 << 20);
        assert_eq!(of(77), 8 << 20);
        assert_eq!(Present::default().part_size(8 << 20), 8 << 20);
    }

    #[test]
    fn the_whole_is_in_order_whatever_came_first() {
        let done = |number, bytes: &[u8]| Done {
            number,
            etag: etag_of_bytes(bytes),
            len: bytes.len() as u64,
            sum: Some(Sum::of(CRC, bytes)),
        };
        let parts = || vec![done(2, b"def"), done(3, b"g"), done(1, b"abc")];
        let of =
            |parts: Vec<Done>, checksum| parts.into_iter().fold(Whole::new(checksum), Whole::with);
        let whole = of(parts(), Checksum::Crc32);
        let sum = Sum::of(CRC, b"abcdefg").encoded();
        assert_eq!(whole.sum(), Some((CRC, sum)));
        assert_eq!((whole.len(), whole.count()), (7, 3));
        let numbers: Vec<_> = whole
            .completed()
            .iter()
            .map(CompletedPart::part_number)
            .collect();
        assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
        assert!(whole.etag().unwrap().ends_with("-3\""));
        let of_parts = of(parts(), Checksum::Crc32OfParts);
        assert!(of_parts.sum().unwrap().1.ends_with("-3"));
        let mut unknown = parts();
        unknown[0].sum = None;
        assert_eq!(of(unknown, Checksum::Crc32).sum(), None);
        assert_eq!(of(parts(), Checksum::Nothing).sum(), None);
    }
}
