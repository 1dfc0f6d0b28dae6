use super::{
    body::{self, FINAL, FINAL_OVERHEAD, FRAME_OVERHEAD, Kind, PIECE_COST, PieceAad},
    header::{self, MESSAGE_ID_LEN_V2},
};
use crate::{
    DataKey, EncryptionMaterials,
    cipher::TAG_LEN,
    derive::{self, MessageKeys},
};
use aws_lc_rs::{
    aead::{Aad, LessSafeKey},
    error::Unspecified,
};
use std::num::NonZeroU32;

/// How many frames a plaintext takes, or none if it takes more than the format can number.
///
/// A plaintext that fills its frames has its last full frame as the final one; an empty one has an empty final frame.
pub(crate) fn frame_count(plaintext_len: usize, frame_length: NonZeroU32) -> Option<u32> {
    let frames = plaintext_len.div_ceil(frame_length.get() as usize).max(1);
    u32::try_from(frames).ok()
}

/// Encrypts a message frame by frame into one allocation of the exact size.
pub(crate) struct Sealer<'a> {
    content_key: LessSafeKey,
    message_id: [u8; MESSAGE_ID_LEN_V2],
    frame_length: usize,
    frames: u32,
    sequence: u32,
    plaintext: &'a [u8],
    message: Vec<u8>,
}

impl<'a> Sealer<'a> {
    /// Writes the header. The message id is drawn here and nowhere else: one that repeats under a data key would give
    /// the key of the cipher's authentication away.
    pub(crate) fn new(
        materials: &EncryptionMaterials,
        data_key: &DataKey,
        frame_length: NonZeroU32,
        frames: u32,
        plaintext: &'a [u8],
    ) -> Result<Self, Unspecified> {
        let mut message_id = [0; MESSAGE_ID_LEN_V2];
        aws_lc_rs::rand::fill(&mut message_id)?;
        let (suite, keys) = (materials.suite(), materials.encrypted_data_keys());
        let MessageKeys {
            content,
            commitment,
        } = derive::message_keys(suite, data_key, &message_id)?;
        // Header version 2 is the layout of the committing suites; the others have none to put there.
        let commitment = commitment.ok_or(Unspecified)?;

        let header_len = header::serialised_len_v2(materials.context(), keys);
        let body_len = plaintext
            .len()
            .checked_add(frames as usize * FRAME_OVERHEAD + FINAL_OVERHEAD)
            .ok_or(Unspecified)?;
        let mut message = Vec::with_capacity(header_len + TAG_LEN + body_len);
        header::serialise_v2(
            &mut message,
            suite,
            &message_id,
            materials.context(),
            keys,
            frame_length,
            &commitment,
        );
        let tag = content.seal_in_place_separate_tag(
            body::nonce(0),
            Aad::from(message.as_slice()),
            &mut [],
        )?;
        message.extend_from_slice(tag.as_ref());
        Ok(Self {
            content_key: content,
            message_id,
            frame_length: frame_length.get() as usize,
            frames,
            sequence: 1,
            plaintext,
            message,
        })
    }

    /// Encrypts some more frames, as long as the cipher takes for `about` bytes; answers whether there are more.
    pub(crate) fn advance(&mut self, about: usize) -> Result<bool, Unspecified> {
        let mut cost = 0_usize;
        while self.sequence < self.frames {
            let (frame, rest) = self.plaintext.split_at(self.frame_length);
            self.frame(Kind::Frame, frame)?;
            self.plaintext = rest;
            self.sequence += 1;
            cost = cost.saturating_add(self.frame_length + PIECE_COST);
            if cost >= about {
                return Ok(true);
            }
        }
        self.frame(Kind::FinalFrame, self.plaintext)?;
        Ok(false)
    }

    /// The message, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.message
    }

    fn frame(&mut self, kind: Kind, plaintext: &[u8]) -> Result<(), Unspecified> {
        let sequence = self.sequence.to_be_bytes();
        if kind == Kind::FinalFrame {
            self.message.extend_from_slice(&FINAL.to_be_bytes());
        }
        self.message.extend_from_slice(&sequence);
        self.message.extend_from_slice(&body::iv(self.sequence));
        if kind == Kind::FinalFrame {
            let len = plaintext.len() as u32;
            self.message.extend_from_slice(&len.to_be_bytes());
        }
        let start = self.message.len();
        self.message.extend_from_slice(plaintext);
        let aad = PieceAad::new(&self.message_id, kind, self.sequence, plaintext.len());
        let tag = self.content_key.seal_in_place_separate_tag(
            body::nonce(self.sequence),
            Aad::from(aad),
            &mut self.message[start..],
        )?;
        self.message.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_full_frame_is_the_final_one() {
        for (len, frame_length, frames) in [
            (0, 4, Some(1)),
            (1, 4, Some(1)),
            (4, 4, Some(1)),
            (5, 4, Some(2)),
            (8, 4, Some(2)),
            (u32::MAX as usize, 1, Some(u32::MAX)),
            (u32::MAX as usize + 1, 1, None),
            (usize::MAX, 1, None),
        ] {
            let frame_length = NonZeroU32::new(frame_length).unwrap();
            assert_eq!(frame_count(len, frame_length), frames, "{len}");
        }
    }
}
