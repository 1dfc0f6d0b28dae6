use super::{
    body::{PIECE_COST, Pieces},
    content_key::ContentKey,
    parse::Message,
    plaintext::{Place, Unproved},
    unlock::Unlocked,
};
use crate::signature::{HASH_COST, Verifier};
use aws_lc_rs::error::Unspecified;

/// Verifies the signature of a whole message, if there is one, and decrypts it piece by piece.
///
/// The plaintext goes behind what a buffer holds, or in its place, and is wiped from there unless all of it is proved.
pub(crate) struct Opener<'a, 'out> {
    content: ContentKey,
    pieces: Pieces<'a>,
    /// None behind the signature.
    signed: Option<Signed<'a>>,
    plaintext: Unproved<'out>,
}

/// What a signature covers, as far as it is not hashed yet.
struct Signed<'a> {
    verifier: Verifier,
    rest: &'a [u8],
    signature: &'a [u8],
}

impl<'a, 'out> Opener<'a, 'out> {
    pub(crate) fn new(
        message: &Message<'a>,
        unlocked: Unlocked,
        out: &'out mut Vec<u8>,
        place: Place,
    ) -> Self {
        let signed = unlocked.verifier.zip(message.footer);
        Self {
            content: unlocked.content,
            pieces: message.pieces.clone(),
            signed: signed.map(|(verifier, footer)| Signed {
                verifier,
                rest: footer.signed,
                signature: footer.signature,
            }),
            plaintext: Unproved::new(out, message.plaintext_len, place),
        }
    }

    /// Works on, as long as the cipher takes for `about` bytes; answers whether there is more to do.
    pub(crate) fn advance(&mut self, about: usize) -> Result<bool, Unspecified> {
        if let Some(signed) = &mut self.signed
            && signed.advance(about)
        {
            return Ok(true);
        }
        if let Some(signed) = self.signed.take() {
            signed.verifier.finish(signed.signature)?;
        }
        let mut cost = 0_usize;
        while let Some(piece) = self.pieces.next().map_err(|_| Unspecified)? {
            let len = piece.ciphertext.len();
            self.content.open(&piece, self.plaintext.next(len))?;
            cost = cost.saturating_add(len + PIECE_COST);
            if cost >= about {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves the plaintext in the buffer, once [`advance`](Self::advance) has said that there is no more; answers how long it is.
    pub(crate) fn finish(self) -> usize {
        self.plaintext.release()
    }

    /// Wipes some more of the plaintext of a message that was changed, `about` so many bytes; answers whether there are more.
    ///
    /// What is not wiped so is wiped on drop, in one go.
    pub(crate) fn wipe(&mut self, about: usize) -> bool {
        self.plaintext.wipe(about)
    }
}

impl Signed<'_> {
    /// Hashes some more bytes, as long as the cipher takes for `about` bytes; answers whether there are more.
    fn advance(&mut self, about: usize) -> bool {
        let len = (about / HASH_COST).max(1).min(self.rest.len());
        let (next, rest) = self.rest.split_at(len);
        self.verifier.update(next);
        self.rest = rest;
        !rest.is_empty()
    }
}
