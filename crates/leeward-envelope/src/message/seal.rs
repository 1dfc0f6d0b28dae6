use super::{
    body::{self, FINAL, FINAL_OVERHEAD, FRAME_OVERHEAD, Kind, PIECE_COST},
    content_key::ContentKey,
    header::MESSAGE_ID_LEN_V2,
    serialise::{Outline, serialise_proof},
};
use crate::{
    DataKey, EncryptionContext, EncryptionMaterials,
    derive::{self, Dialect, MessageKeys},
    signature::{HASH_COST, Signer, SigningKey},
};
use aws_lc_rs::error::Unspecified;
use std::{mem, num::NonZeroU32, sync::Arc};

/// How many frames a plaintext takes, or none if it takes more than the format can number.
///
/// A plaintext that fills its frames has its last full frame as the final one; an empty one has an empty final frame.
pub(crate) fn frame_count(plaintext_len: u64, frame_length: NonZeroU32) -> Option<u32> {
    let frames = plaintext_len.div_ceil(frame_length.get().into()).max(1);
    u32::try_from(frames).ok()
}

/// Writes a message: header, frame by frame, footer.
pub(crate) struct Sealer {
    pub(super) content: ContentKey,
    pub(super) frame_length: NonZeroU32,
    pub(super) sequence: u32,
    /// Empty once it has been written.
    header: Vec<u8>,
    pub(super) signer: Option<Signer>,
    footer_len: usize,
}

/// Says why a frame was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The format has no number left for it.
    TooMany,
    /// The cryptographic library failed.
    Cipher,
}

impl From<Unspecified> for FrameError {
    fn from(_: Unspecified) -> Self {
        Self::Cipher
    }
}

impl Sealer {
    /// Makes the header, which names the pairs of `sent`, and whose tag covers those of `unsent` too.
    ///
    /// The message id is drawn here and nowhere else: one that repeats under a data key would give the key of the cipher's
    /// authentication away.
    pub(crate) fn new(
        materials: &EncryptionMaterials,
        data_key: &DataKey,
        signing_key: Option<&Arc<SigningKey>>,
        sent: &EncryptionContext,
        unsent: &EncryptionContext,
        frame_length: NonZeroU32,
    ) -> Result<Self, Unspecified> {
        let suite = materials.suite();
        let version = suite.version();
        let mut message_id = [0; MESSAGE_ID_LEN_V2];
        let message_id = &mut message_id[..version.message_id_len()];
        aws_lc_rs::rand::fill(message_id)?;
        let MessageKeys {
            content,
            commitment,
        } = derive::message_keys(suite, data_key, message_id, Dialect::Standard)?;
        let content = ContentKey::new(content, message_id)?;
        let mut header = Outline {
            suite,
            message_id,
            context: sent,
            keys: materials.encrypted_data_keys(),
            frame_length,
            commitment: commitment.as_ref(),
        }
        .serialise();
        let tag = content.seal_header(&header, unsent.as_bytes())?;
        serialise_proof(&mut header, version, &tag);
        // A suite that signs has a key here, or the message could never be finished.
        if suite.is_signing() != signing_key.is_some() {
            return Err(Unspecified);
        }
        Ok(Self {
            content,
            frame_length,
            sequence: 1,
            header,
            signer: signing_key.map(|key| Signer::new(Arc::clone(key))),
            footer_len: suite.curve().map_or(0, |curve| 2 + curve.signature_len()),
        })
    }

    /// How many bytes a message of so much plaintext takes, header included; asked before the header is written.
    pub(crate) fn message_len(&self, plaintext_len: u64) -> Option<u64> {
        let frames = u64::from(frame_count(plaintext_len, self.frame_length)?);
        let fixed = self.header.len() + FINAL_OVERHEAD + self.footer_len;
        (frames * FRAME_OVERHEAD as u64)
            .checked_add(plaintext_len)?
            .checked_add(fixed as u64)
    }

    pub(crate) const fn frame_length(&self) -> NonZeroU32 {
        self.frame_length
    }

    /// What a frame of `len` bytes takes, in bytes that the cipher alone would do meanwhile.
    pub(crate) const fn cost(&self, len: usize) -> usize {
        let cost = len.saturating_add(PIECE_COST);
        match self.signer {
            Some(_) => cost.saturating_mul(1 + HASH_COST),
            None => cost,
        }
    }

    /// Writes the header, once, from `at` on, over what stands there; answers where it ends.
    pub(crate) fn header_at(&mut self, out: &mut Vec<u8>, at: usize) -> usize {
        let header = mem::take(&mut self.header);
        if let Some(signer) = &mut self.signer {
            signer.update(&header);
        }
        let end = at + header.len();
        room(out, at, end).copy_from_slice(&header);
        end
    }

    /// Writes a frame that is full and not the last from `at` on, over what stands there; answers where it ends.
    pub(crate) fn frame_at(
        &mut self,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, FrameError> {
        // This number is the mark of the final frame.
        if self.sequence == FINAL {
            return Err(FrameError::TooMany);
        }
        let end = self.seal(Kind::Frame, plaintext, out, at)?;
        self.sequence += 1;
        Ok(end)
    }

    /// Appends the final frame, and the signature.
    pub(crate) fn finish(self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Unspecified> {
        let at = out.len();
        self.finish_at(plaintext, out, at)
    }

    /// Writes them from `at` on, over what stands there, and takes off what stands behind.
    pub(crate) fn finish_at(
        mut self,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<(), Unspecified> {
        let end = self.seal(Kind::FinalFrame, plaintext, out, at)?;
        out.truncate(end);
        self.sign(out)
    }

    /// Appends the signature to a message of which all else is there, and hashed.
    ///
    /// Specification: encrypt, "Construct the signature".
    pub(super) fn sign(self, out: &mut Vec<u8>) -> Result<(), Unspecified> {
        if let Some(signer) = self.signer {
            let signature = signer.finish()?;
            out.extend_from_slice(&(signature.len() as u16).to_be_bytes());
            out.extend_from_slice(&signature);
        }
        Ok(())
    }

    fn seal(
        &mut self,
        kind: Kind,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, Unspecified> {
        let end = at + frame_len(kind, plaintext.len());
        if kind == Kind::FinalFrame {
            out.reserve((end + self.footer_len).saturating_sub(out.len()));
        }
        let frame = room(out, at, end);
        if let Err(error) = seal_frame(&self.content, kind, self.sequence, plaintext, frame) {
            out.truncate(at);
            return Err(error);
        }
        if let Some(signer) = &mut self.signer {
            signer.update(&out[at..end]);
        }
        Ok(end)
    }
}

/// How many bytes a frame with so much plaintext has.
pub(super) const fn frame_len(kind: Kind, plaintext_len: usize) -> usize {
    match kind {
        Kind::FinalFrame => plaintext_len + FRAME_OVERHEAD + FINAL_OVERHEAD,
        _ => plaintext_len + FRAME_OVERHEAD,
    }
}

/// Writes a frame where it belongs, which has [as many bytes](frame_len) as it takes.
///
/// Specification: encrypt, "Construct a frame".
pub(super) fn seal_frame(
    content: &ContentKey,
    kind: Kind,
    sequence: u32,
    plaintext: &[u8],
    frame: &mut [u8],
) -> Result<(), Unspecified> {
    let is_final = kind == Kind::FinalFrame;
    let start = body::frame_start(is_final, sequence, plaintext.len());
    let start = start.as_ref();
    let (start_of_frame, sealed) = frame.split_at_mut_checked(start.len()).ok_or(Unspecified)?;
    start_of_frame.copy_from_slice(start);
    content.seal(kind, sequence, plaintext, sealed)
}

/// The bytes from `start` to `end`, made if they are not there.
///
/// New ones are a frame's worth of zeros, which stays in the cache of the processor until the cipher is over them; those that
/// are there cost nothing.
pub(super) fn room(out: &mut Vec<u8>, start: usize, end: usize) -> &mut [u8] {
    if out.len() < end {
        out.resize(end, 0);
    }
    &mut out[start..end]
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
            (u64::from(u32::MAX), 1, Some(u32::MAX)),
            (u64::from(u32::MAX) + 1, 1, None),
            (u64::MAX, 1, None),
        ] {
            let frame_length = NonZeroU32::new(frame_length).unwrap();
            assert_eq!(frame_count(len, frame_length), frames, "{len}");
        }
    }

    fn sealer(suite: crate::AlgorithmSuite) -> Sealer {
        let none = EncryptionContext::empty();
        let wrapped = crate::EncryptedDataKey::new("tests", "info", "wrapped").unwrap();
        let materials =
            EncryptionMaterials::new(suite, none.clone()).with_encrypted_data_key(wrapped);
        let data_key = DataKey::random(suite).unwrap();
        let signing_key = suite
            .curve()
            .map(|curve| Arc::new(SigningKey::generate(curve).unwrap()));
        let frame_length = NonZeroU32::MIN;
        let key = signing_key.as_ref();
        Sealer::new(&materials, &data_key, key, &none, &none, frame_length).unwrap()
    }

    #[test]
    fn no_frame_has_the_number_that_marks_the_final_one() {
        let mut sealer = sealer(crate::AlgorithmSuite::Aes256GcmHkdfSha512Commit);
        sealer.sequence = u32::MAX - 1;
        let mut out = Vec::new();
        let len = sealer.frame_at(&[1], &mut out, 0).unwrap();
        let refused = sealer.frame_at(&[1], &mut out, len);
        assert_eq!(refused, Err(FrameError::TooMany));
        assert_eq!(out.len(), len);
        // The last number is left for the final frame.
        assert!(sealer.finish(&[1], &mut out).is_ok());
        assert_eq!(out[len..][..8], [0xff; 8]);
    }

    #[test]
    fn the_length_of_every_message_is_foretold() {
        for suite in crate::AlgorithmSuite::ALL {
            let mut sealer = sealer(suite);
            let foretold = sealer.message_len(3);
            let mut out = Vec::new();
            let at = sealer.header_at(&mut out, 0);
            let at = sealer.frame_at(&[1], &mut out, at).unwrap();
            sealer.frame_at(&[2], &mut out, at).unwrap();
            sealer.finish(&[3], &mut out).unwrap();
            assert_eq!(foretold, Some(out.len() as u64), "{suite}");
        }
    }
    #[test]
    fn over_what_stands_there_a_message_is_what_it_is_behind() {
        for suite in crate::AlgorithmSuite::ALL {
            for len in [0, 40, 4096] {
                let mut sealer = sealer(suite);
                let foretold = sealer.message_len(3);
                let mut out = vec![9; len];
                let mut at = sealer.header_at(&mut out, 0);
                let header = out[..at].to_vec();
                for plaintext in [1, 2] {
                    let end = sealer.frame_at(&[plaintext], &mut out, at).unwrap();
                    assert_eq!(end, at + FRAME_OVERHEAD + 1);
                    assert_eq!(out[at..at + 4], u32::from(plaintext).to_be_bytes());
                    at = end;
                }
                sealer.finish_at(&[3], &mut out, at).unwrap();
                assert_eq!(foretold, Some(out.len() as u64), "{suite} over {len}");
                assert!(out.starts_with(&header) && out[at..].starts_with(&[0xff; 4]));
            }
        }
    }
}
