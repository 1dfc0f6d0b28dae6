use super::{MalformedMessage, cursor::Cursor, header::Content, header::MESSAGE_ID_LEN_V2};
use crate::cipher::{IV_LEN, TAG_LEN};
use aws_lc_rs::aead::Nonce;
use std::num::NonZeroU32;

/// Stands where the next frame's number would, before the final frame's own number.
pub(super) const FINAL: u32 = u32::MAX;
/// What a frame adds to its plaintext: number, IV, tag.
pub(super) const FRAME_OVERHEAD: usize = 4 + IV_LEN + TAG_LEN;
/// What the final frame adds beyond that: its marker and its length.
pub(super) const FINAL_OVERHEAD: usize = 4 + 4;
/// What the cipher takes for a piece beside its bytes, in bytes that it would do meanwhile.
pub(crate) const PIECE_COST: usize = 1024;
/// How much one block may hold, as AES-GCM has it.
pub(super) const MAX_UNFRAMED: u64 = (1 << 36) - 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    SingleBlock,
    Frame,
    FinalFrame,
}

/// A part of the body that has its own tag.
///
/// The IV is the one that stands there: today's writers derive it from the sequence number, but official messages exist
/// where it is another, and the tag proves either.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) sequence: u32,
    pub(super) iv: &'a [u8; IV_LEN],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8; TAG_LEN],
}

/// The pieces of a body, in order; ends behind the last one.
///
/// Specification: message-body, "Framed Data".
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    cursor: Cursor<'a>,
    content: Content,
    /// None behind the last piece.
    next: Option<u32>,
}

impl<'a> Pieces<'a> {
    pub(super) const fn new(cursor: Cursor<'a>, content: Content) -> Self {
        Self {
            cursor,
            content,
            next: Some(1),
        }
    }

    /// The next piece, or none behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, MalformedMessage> {
        let Some(sequence) = self.next else {
            return Ok(None);
        };
        let piece = Piece::parse(&mut self.cursor, self.content, sequence)?;
        self.next = piece.next();
        Ok(Some(piece))
    }

    /// How long all pieces are but the last; none if there is only one.
    pub(super) fn regular_len(&self) -> Option<usize> {
        let frame_length = self.content.frame_length()?;
        Some(frame_length.get() as usize)
    }

    /// Takes off the next `count` pieces, with a look at none, which are known to be there.
    ///
    /// `is_last` says whether the last piece is among them; no other is of another length than all.
    pub(super) fn take(&mut self, count: u32, is_last: bool) -> Result<Self, MalformedMessage> {
        let taken = self.clone();
        if is_last {
            self.next = None;
        } else if let Some(len) = self.regular_len() {
            let frame = len.saturating_add(FRAME_OVERHEAD);
            self.cursor
                .take(frame.saturating_mul(count as usize), "body")?;
            self.next = self.next.and_then(|next| next.checked_add(count));
        }
        Ok(taken)
    }

    /// How many bytes of the message stand before the next piece.
    pub(super) const fn at(&self) -> usize {
        self.cursor.at()
    }

    /// What stands behind the last piece.
    pub(super) fn into_rest(self) -> Cursor<'a> {
        self.cursor
    }
}

impl<'a> Piece<'a> {
    /// Reads the piece of this number.
    pub(super) fn parse(
        cursor: &mut Cursor<'a>,
        content: Content,
        sequence: u32,
    ) -> Result<Self, MalformedMessage> {
        match content {
            Content::Unframed => Self::block(cursor, sequence),
            Content::Framed(frame_length) => Self::frame(cursor, sequence, frame_length),
        }
    }

    /// The number of the piece behind this one, unless this is the last.
    pub(super) const fn next(&self) -> Option<u32> {
        match self.kind {
            // The number after the last possible one is the marker of the final frame.
            Kind::Frame => Some(self.sequence + 1),
            Kind::SingleBlock | Kind::FinalFrame => None,
        }
    }

    /// Specification: message-body, "Non-Framed Data".
    fn block(cursor: &mut Cursor<'a>, sequence: u32) -> Result<Self, MalformedMessage> {
        let iv = cursor.array("frame IV")?;
        let len = cursor.u64("body length")?;
        let fits = Some(len).filter(|len| *len <= MAX_UNFRAMED);
        let len = fits
            .and_then(|len| usize::try_from(len).ok())
            .ok_or_else(|| cursor.corrupt("body length"))?;
        Self::sealed(cursor, Kind::SingleBlock, sequence, iv, len)
    }

    /// Specification: message-body, "Regular Frame" and "Final Frame".
    fn frame(
        cursor: &mut Cursor<'a>,
        sequence: u32,
        frame_length: NonZeroU32,
    ) -> Result<Self, MalformedMessage> {
        let frame_length = frame_length.get();
        let mut found = cursor.u32("frame number")?;
        let is_final = found == FINAL;
        if is_final {
            found = cursor.u32("frame number")?;
        }
        if found != sequence {
            return Err(cursor.corrupt("frame number"));
        }
        let iv = cursor.array("frame IV")?;
        if !is_final {
            return Self::sealed(cursor, Kind::Frame, sequence, iv, frame_length as usize);
        }
        let len = cursor.u32("final frame length")?;
        if len > frame_length {
            return Err(cursor.corrupt("final frame length"));
        }
        Self::sealed(cursor, Kind::FinalFrame, sequence, iv, len as usize)
    }

    fn sealed(
        cursor: &mut Cursor<'a>,
        kind: Kind,
        sequence: u32,
        iv: &'a [u8; IV_LEN],
        len: usize,
    ) -> Result<Self, MalformedMessage> {
        Ok(Self {
            kind,
            sequence,
            iv,
            ciphertext: cursor.take(len, "body")?,
            tag: cursor.array("body tag")?,
        })
    }
}

/// The IV that a piece is written with; that of the header is the one of sequence number 0.
pub(super) fn iv(sequence: u32) -> [u8; IV_LEN] {
    let mut iv = [0; IV_LEN];
    iv[IV_LEN - 4..].copy_from_slice(&sequence.to_be_bytes());
    iv
}

/// The nonce that a piece is written with; unique because each message derives its own key, and numbers its pieces.
pub(super) fn nonce(sequence: u32) -> Nonce {
    Nonce::assume_unique_for_key(iv(sequence))
}

/// What stands before the ciphertext of a frame.
pub(super) struct FrameStart {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl FrameStart {
    const MAX: usize = 4 + 4 + IV_LEN + 4;

    fn push(&mut self, part: &[u8]) {
        self.bytes[self.len..][..part.len()].copy_from_slice(part);
        self.len += part.len();
    }
}

impl AsRef<[u8]> for FrameStart {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What stands before the ciphertext of a frame with so much plaintext.
pub(super) fn frame_start(is_final: bool, sequence: u32, plaintext_len: usize) -> FrameStart {
    let mut start = FrameStart {
        bytes: [0; FrameStart::MAX],
        len: 0,
    };
    if is_final {
        start.push(&FINAL.to_be_bytes());
    }
    start.push(&sequence.to_be_bytes());
    start.push(&iv(sequence));
    if is_final {
        start.push(&(plaintext_len as u32).to_be_bytes());
    }
    start
}

/// What the tag of a piece covers beyond the ciphertext: the message, the place in it, and the length.
///
/// Specification: message-body-aad, "Structure" and "Body AAD Content".
pub(super) struct PieceAad {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl PieceAad {
    const MAX: usize = MESSAGE_ID_LEN_V2 + 35 + 4 + 8;

    pub(super) fn new(message_id: &[u8], kind: Kind, sequence: u32, len: usize) -> Self {
        let name: &[u8] = match kind {
            Kind::SingleBlock => b"AWSKMSEncryptionClient Single Block",
            Kind::Frame => b"AWSKMSEncryptionClient Frame",
            Kind::FinalFrame => b"AWSKMSEncryptionClient Final Frame",
        };
        let mut aad = Self {
            bytes: [0; Self::MAX],
            len: 0,
        };
        aad.push(message_id);
        aad.push(name);
        aad.push(&sequence.to_be_bytes());
        aad.push(&(len as u64).to_be_bytes());
        aad
    }

    fn push(&mut self, part: &[u8]) {
        self.bytes[self.len..][..part.len()].copy_from_slice(part);
        self.len += part.len();
    }
}

impl AsRef<[u8]> for PieceAad {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_additional_data_names_message_place_and_length() {
        let aad = PieceAad::new(&[0xaa; 32], Kind::SingleBlock, 1, 0x0102);
        let expected = [
            &[0xaa; 32][..],
            b"AWSKMSEncryptionClient Single Block",
            &[0, 0, 0, 1],
            &[0, 0, 0, 0, 0, 0, 1, 2],
        ]
        .concat();
        assert_eq!(aad.as_ref(), expected);
    }

    #[test]
    fn a_claimed_length_beyond_the_message_is_truncation() {
        let mut body = iv(1).to_vec();
        body.extend_from_slice(&MAX_UNFRAMED.to_be_bytes());
        let refused = |body: &[u8]| {
            Pieces::new(Cursor::new(body), Content::Unframed)
                .next()
                .unwrap_err()
        };
        assert!(matches!(
            refused(&body),
            MalformedMessage::Truncated {
                part: "body",
                len: 20
            }
        ));
        body[12..].copy_from_slice(&(MAX_UNFRAMED + 1).to_be_bytes());
        assert!(matches!(refused(&body), MalformedMessage::Corrupt { .. }));
    }

    #[test]
    fn a_final_frame_longer_than_the_frame_length_is_corrupt() {
        let mut body = FINAL.to_be_bytes().to_vec();
        body.extend_from_slice(&1_u32.to_be_bytes());
        body.extend_from_slice(&iv(1));
        body.extend_from_slice(&5_u32.to_be_bytes());
        body.extend_from_slice(&[0; 5 + TAG_LEN]);
        let read = |frame_length| {
            let content = Content::Framed(NonZeroU32::new(frame_length).unwrap());
            Pieces::new(Cursor::new(&body), content).next()
        };
        assert!(read(5).unwrap().is_some());
        assert!(matches!(
            read(4).unwrap_err(),
            MalformedMessage::Corrupt {
                part: "final frame length",
                at: 24
            }
        ));
    }
}
