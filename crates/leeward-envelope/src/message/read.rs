use super::{
    MalformedMessage,
    body::{Kind, PIECE_COST, Piece},
    content_key::ContentKey,
    cursor::Cursor,
    extent::{footer_len, piece_len},
    header::Content,
    plaintext::place_at,
    unlock::Unlocked,
};
use crate::{
    DecryptError, SignedStreams,
    decryptor::ReadLimits,
    signature::{HASH_COST, Verifier},
};
use std::mem;
use zeroize::{Zeroize, Zeroizing};

/// Reads what follows a header as it comes, and decrypts each piece once it is all there.
pub(crate) struct Reader {
    content_key: ContentKey,
    content: Content,
    limits: ReadLimits,
    stage: Stage,
    /// The beginning of a part that is not all there.
    partial: Vec<u8>,
    /// How many bytes of the message were read, without that.
    at: usize,
    plaintext_len: u64,
    signed: Option<Signed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Body { sequence: u32 },
    Footer,
    End,
}

struct Signed {
    verifier: Verifier,
    streams: SignedStreams,
    /// Plaintext that waits for the signature.
    held: Zeroizing<Vec<u8>>,
}

impl Reader {
    /// Reads on behind `header`, which is unlocked.
    pub(crate) fn new(
        header: &[u8],
        content: Content,
        unlocked: Unlocked,
        limits: ReadLimits,
        streams: SignedStreams,
    ) -> Self {
        let signed = unlocked.verifier.map(|mut verifier| {
            verifier.update(header);
            Signed {
                verifier,
                streams,
                held: Zeroizing::default(),
            }
        });
        Self {
            content_key: unlocked.content,
            content,
            limits,
            stage: Stage::Body { sequence: 1 },
            partial: Vec::new(),
            at: header.len(),
            plaintext_len: 0,
            signed,
        }
    }

    /// Reads some more, and writes the plaintext that may go out from `at` on, over what stands there; answers where it ends.
    pub(crate) fn push_at(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, DecryptError> {
        let (mut rest, mut at) = (bytes, at);
        while self.stage != Stage::End {
            let needed = self.needed(if self.partial.is_empty() {
                rest
            } else {
                &self.partial
            })?;
            if self.partial.is_empty()
                && let Some((part, later)) = rest.split_at_checked(needed)
            {
                at = self.part(part, out, at)?;
                rest = later;
            } else if self.partial.len() == needed {
                let mut part = mem::take(&mut self.partial);
                at = self.part(&part, out, at)?;
                part.clear();
                self.partial = part;
            } else if rest.is_empty() {
                return Ok(at);
            } else {
                let missing = needed - self.partial.len();
                let (now, later) = rest.split_at(missing.min(rest.len()));
                self.keep(now, needed);
                rest = later;
            }
        }
        match rest.len() {
            0 => Ok(at),
            count => Err(MalformedMessage::TrailingBytes { count }.into()),
        }
    }

    /// Fails unless the message is all there.
    pub(crate) fn finish(&self) -> Result<(), MalformedMessage> {
        let part = match self.stage {
            Stage::Body { .. } => "body",
            Stage::Footer => "signature",
            Stage::End => return Ok(()),
        };
        Err(MalformedMessage::Truncated {
            part,
            len: self.at.saturating_add(self.partial.len()),
        })
    }

    /// Whether a signature is still to come.
    pub(crate) const fn awaits_signature(&self) -> bool {
        // One that was false is awaited for ever.
        self.signed.is_some() || matches!(self.stage, Stage::Footer)
    }

    /// What `len` bytes take, in bytes that the cipher alone would do meanwhile.
    pub(crate) const fn cost(&self, len: usize) -> usize {
        let pieces = match self.content {
            Content::Unframed => 0,
            Content::Framed(frame_length) => len / frame_length.get() as usize,
        };
        let cost = len.saturating_add(pieces.saturating_mul(PIECE_COST));
        match self.signed {
            Some(_) => cost.saturating_mul(1 + HASH_COST),
            None => cost,
        }
    }

    /// How many bytes the part has that begins with `start`; not fewer than are kept of it.
    fn needed(&self, start: &[u8]) -> Result<usize, DecryptError> {
        match self.stage {
            Stage::Body { .. } => piece_len(start, self.content, &self.limits),
            Stage::Footer => Ok(footer_len(start)),
            Stage::End => Ok(0),
        }
    }

    /// Keeps the beginning of a part of `needed` bytes, in no more room than that.
    fn keep(&mut self, bytes: &[u8], needed: usize) {
        let (len, capacity) = (self.partial.len(), self.partial.capacity());
        let most = len + bytes.len();
        if most > capacity {
            let grown = capacity.saturating_mul(2).min(needed).max(most);
            self.partial.reserve_exact(grown - len);
        }
        self.partial.extend_from_slice(bytes);
    }

    fn part(&mut self, bytes: &[u8], out: &mut Vec<u8>, at: usize) -> Result<usize, DecryptError> {
        let end = match self.stage {
            Stage::Body { sequence } => self.piece(bytes, sequence, out, at)?,
            Stage::Footer => self.footer(bytes, out, at)?,
            Stage::End => at,
        };
        self.at = self.at.saturating_add(bytes.len());
        Ok(end)
    }

    fn piece(
        &mut self,
        bytes: &[u8],
        sequence: u32,
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, DecryptError> {
        let mut cursor = Cursor::behind(self.at, bytes);
        let piece = Piece::parse(&mut cursor, self.content, sequence)?;
        let len = piece.ciphertext.len();
        self.plaintext_len = self.plaintext_len.saturating_add(len as u64);
        self.limits.check_plaintext(self.plaintext_len)?;
        let held = match &mut self.signed {
            Some(signed) => {
                signed.verifier.update(bytes);
                signed.place(&piece)?
            }
            None => None,
        };
        let (plaintext, end) = match held {
            Some((held, most)) => {
                let start = held.len();
                (place_at(held, start, len, most), at)
            }
            None => (place_at(out, at, len, usize::MAX), at + len),
        };
        if self.content_key.open(&piece, plaintext).is_err() {
            plaintext.zeroize();
            return Err(DecryptError::Unauthentic);
        }
        self.stage = match piece.next() {
            Some(sequence) => Stage::Body { sequence },
            None if self.signed.is_some() => Stage::Footer,
            None => Stage::End,
        };
        Ok(end)
    }

    /// Specification: decrypt, "Verify the signature".
    fn footer(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, DecryptError> {
        let signature = Cursor::behind(self.at, bytes).field("signature")?;
        let mut end = at;
        if let Some(signed) = self.signed.take() {
            let verified = signed.verifier.finish(signature);
            verified.map_err(|_| DecryptError::Unauthentic)?;
            let len = signed.held.len();
            place_at(out, at, len, usize::MAX).copy_from_slice(&signed.held);
            end += len;
        }
        self.stage = Stage::End;
        Ok(end)
    }
}

impl Signed {
    /// Where the plaintext of a piece waits for the signature, and how long that may become; nowhere if it goes out at once.
    fn place(&mut self, piece: &Piece<'_>) -> Result<Option<(&mut Vec<u8>, usize)>, DecryptError> {
        match self.streams {
            SignedStreams::ReleaseUnverified if piece.kind == Kind::Frame => Ok(None),
            SignedStreams::HoldBack { max_len } => {
                match self.held.len().saturating_add(piece.ciphertext.len()) {
                    len if len > max_len => Err(DecryptError::SignedTooLong { max: max_len }),
                    _ => Ok(Some((&mut self.held, max_len))),
                }
            }
            _ => Ok(Some((&mut self.held, usize::MAX))),
        }
    }
}
