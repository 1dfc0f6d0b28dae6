//! How an upload is cut, and what S3 has of it already: pure.

use crate::{TransferError, checksum::Crc32};
use aws_sdk_s3::types::{CompletedPart, Part};
use std::collections::HashMap;

/// As many as S3 takes: "Amazon S3 multipart upload limits".
pub(crate) const MAX_PARTS: u32 = 10_000;

const MAX_PART: u64 = 5 << 30;

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

    /// The ETag of the part of this number, if it is of these bytes for sure.
    pub(crate) fn etag_of(&self, number: u32, crc: Crc32) -> Option<String> {
        let part = self.0.get(&number)?;
        let is_same = part.size.and_then(|size| u64::try_from(size).ok()) == Some(crc.len)
            && part.checksum_crc32.as_deref() == Some(&crc.encoded());
        part.e_tag.clone().filter(|_| is_same)
    }
}

/// A part that S3 has.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) number: u32,
    pub(crate) etag: String,
    pub(crate) crc: Crc32,
}

/// All parts in their order, as S3 wants to be told of them, and the checksum of the whole.
pub(crate) fn whole(mut parts: Vec<Done>) -> (Vec<CompletedPart>, Crc32) {
    parts.sort_unstable_by_key(|part| part.number);
    let crc = parts
        .iter()
        .fold(Crc32::EMPTY, |crc, part| crc.followed_by(part.crc));
    let completed = parts.into_iter().map(|part| {
        CompletedPart::builder()
            .part_number(part.number.cast_signed())
            .e_tag(part.etag)
            .checksum_crc32(part.crc.encoded())
            .build()
    });
    (completed.collect(), crc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::crc32;

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

    #[test]
    fn only_a_part_of_the_same_bytes_is_not_sent_again() {
        let part = |number, crc: Option<Crc32>| {
            Part::builder()
                .part_number(number)
                .e_tag("tag")
                .size(3)
                .set_checksum_crc32(crc.map(Crc32::encoded))
                .build()
        };
        let mut present = Present::default();
        present.add(vec![part(1, Some(crc32(b"abc"))), part(2, None)]);
        assert_eq!(present.etag_of(1, crc32(b"abc")).as_deref(), Some("tag"));
        assert_eq!(present.etag_of(1, crc32(b"abd")), None);
        assert_eq!(present.etag_of(2, crc32(b"abc")), None);
        assert_eq!(present.etag_of(3, crc32(b"abc")), None);
    }

    #[test]
    fn the_whole_is_in_order_whatever_came_first() {
        let done = |number, bytes| Done {
            number,
            etag: number.to_string(),
            crc: crc32(bytes),
        };
        let (parts, crc) = whole(vec![done(2, b"def"), done(3, b"g"), done(1, b"abc")]);
        assert_eq!(crc, crc32(b"abcdefg"));
        let numbers: Vec<_> = parts.iter().map(CompletedPart::part_number).collect();
        assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    }
}
