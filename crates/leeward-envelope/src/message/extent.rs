//! How far the next part of a message goes, told from as little of it as possible: for readers that have it in pieces.

use super::{
    body::{FINAL, FINAL_OVERHEAD, FRAME_OVERHEAD, MAX_UNFRAMED},
    cursor::Cursor,
    header::{Content, parse_suite},
};
use crate::{
    DecryptError,
    cipher::{IV_LEN, TAG_LEN},
    decryptor::ReadLimits,
    suite::Version,
};

/// Finds the end of a header. Every length in it is looked at once, however often more of it comes.
#[derive(Debug)]
pub(crate) struct HeaderExtent {
    /// Where the next length is, or the end.
    at: usize,
    version: Version,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Suite,
    Context,
    KeyCount,
    /// As many fields of encrypted data keys are to come.
    Fields(u32),
    Tail,
    Whole,
}

impl HeaderExtent {
    pub(crate) const fn new() -> Self {
        Self {
            at: 0,
            version: Version::V1,
            step: Step::Suite,
        }
    }

    /// How many bytes of a message that begins with `start` its header has, as far as `start` tells.
    ///
    /// A header is whole once there are as many as this says.
    pub(crate) fn advance(
        &mut self,
        start: &[u8],
        limits: &ReadLimits,
    ) -> Result<usize, DecryptError> {
        loop {
            let needed = match self.step {
                Step::Suite => 4,
                Step::Context | Step::KeyCount | Step::Fields(1..) => self.at + 2,
                Step::Fields(0) | Step::Tail | Step::Whole => self.at,
            };
            limits.check_header(needed)?;
            if self.step == Step::Whole || start.len() < needed {
                return Ok(needed);
            }
            let number = || usize::from(u16::from_be_bytes([start[self.at], start[self.at + 1]]));
            match self.step {
                Step::Suite => {
                    let mut cursor = Cursor::new(start);
                    self.version = parse_suite(&mut cursor)?.version();
                    self.at = cursor.at() + self.version.message_id_len();
                    self.step = Step::Context;
                }
                Step::Context => {
                    self.at += 2 + number();
                    self.step = Step::KeyCount;
                }
                Step::KeyCount => {
                    let count = number() as u16;
                    limits.check_keys(count)?;
                    self.at += 2;
                    self.step = Step::Fields(3 * u32::from(count));
                }
                Step::Fields(0) => self.step = Step::Tail,
                Step::Fields(more) => {
                    self.at += 2 + number();
                    self.step = Step::Fields(more - 1);
                }
                Step::Tail => {
                    self.at += self.version.tail_len();
                    self.step = Step::Whole;
                }
                Step::Whole => {}
            }
        }
    }
}

/// How many bytes a piece that begins with `start` has, as far as `start` tells.
///
/// A piece is all there once there are as many as this says. Lengths that no piece can have are left for its parser to find.
pub(super) fn piece_len(
    start: &[u8],
    content: Content,
    limits: &ReadLimits,
) -> Result<usize, DecryptError> {
    match content {
        Content::Unframed => {
            const FIXED: usize = IV_LEN + 8;
            let Some(len) = start.get(IV_LEN..).and_then(<[u8]>::first_chunk) else {
                return Ok(FIXED);
            };
            let len = u64::from_be_bytes(*len);
            if len > MAX_UNFRAMED {
                return Ok(FIXED);
            }
            limits.check_frame(len)?;
            let len = usize::try_from(len).ok();
            Ok(len.map_or(FIXED, |len| (FIXED + TAG_LEN).saturating_add(len)))
        }
        Content::Framed(frame_length) => {
            let frame_length = frame_length.get();
            let Some(number) = start.first_chunk() else {
                return Ok(4);
            };
            if u32::from_be_bytes(*number) != FINAL {
                return Ok(FRAME_OVERHEAD.saturating_add(frame_length as usize));
            }
            const FIXED: usize = 4 + 4 + IV_LEN + 4;
            let Some(len) = start.get(FIXED - 4..).and_then(<[u8]>::first_chunk) else {
                return Ok(FIXED);
            };
            let len = u32::from_be_bytes(*len);
            if len > frame_length {
                return Ok(FIXED);
            }
            Ok((FINAL_OVERHEAD + FRAME_OVERHEAD).saturating_add(len as usize))
        }
    }
}

/// How many bytes a footer that begins with `start` has, as far as `start` tells.
pub(super) fn footer_len(start: &[u8]) -> usize {
    let len = start.first_chunk().map(|len| u16::from_be_bytes(*len));
    2 + len.map_or(0, usize::from)
}
