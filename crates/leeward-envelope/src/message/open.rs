use super::{
    body::{PIECE_COST, PieceAad, Pieces},
    header::Header,
    parse::Message,
    plaintext::Unproved,
};
use crate::{
    DataKey, EncryptionContext,
    derive::{self, MessageKeys},
    signature::{HASH_COST, Verifier},
};
use aws_lc_rs::{
    aead::{Aad, LessSafeKey, Nonce},
    constant_time::verify_slices_are_equal,
    error::Unspecified,
};

/// Verifies a signature, if there is one, and decrypts piece by piece; hands out the plaintext once all of it is proved.
pub(crate) struct Opener<'a> {
    content_key: LessSafeKey,
    message_id: &'a [u8],
    pieces: Pieces<'a>,
    /// None behind the signature.
    signed: Option<Signed<'a>>,
    plaintext: Unproved,
}

impl<'a> Opener<'a> {
    /// Verifies commitment and header.
    ///
    /// `unsent` are the pairs of the context that the header leaves out but its tag covers.
    pub(crate) fn new(
        message: &Message<'a>,
        data_key: &DataKey,
        unsent: &EncryptionContext,
    ) -> Result<Self, Unspecified> {
        let Message { header, footer, .. } = message;
        let MessageKeys {
            content,
            commitment,
        } = derive::message_keys(header.suite, data_key, header.message_id)?;
        match (&commitment, header.commitment) {
            (Some(derived), Some(stated)) => verify_slices_are_equal(derived, stated)?,
            (None, None) => {}
            _ => return Err(Unspecified),
        }
        verify_header(header, &content, unsent)?;
        let signed = match footer {
            Some(footer) => Some(Signed {
                verifier: Verifier::new(footer.curve, &header.context)?,
                rest: footer.signed,
                signature: footer.signature,
            }),
            None => None,
        };
        Ok(Self {
            content_key: content,
            message_id: header.message_id,
            pieces: message.pieces.clone(),
            signed,
            plaintext: Unproved::new(message.plaintext_len),
        })
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
            let aad = PieceAad::new(self.message_id, piece.kind, piece.sequence, len);
            self.content_key.open_separate_gather(
                Nonce::assume_unique_for_key(*piece.iv),
                Aad::from(aad),
                piece.ciphertext,
                piece.tag,
                self.plaintext.next(len),
            )?;
            cost = cost.saturating_add(len + PIECE_COST);
            if cost >= about {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The plaintext, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.plaintext.take()
    }

    /// Wipes some more of the plaintext of a message that was changed, `about` so many bytes; answers whether there are more.
    ///
    /// What is not wiped so is wiped on drop, in one go.
    pub(crate) fn wipe(&mut self, about: usize) -> bool {
        self.plaintext.wipe(about)
    }
}

/// What a signature covers, as far as it is not hashed yet.
struct Signed<'a> {
    verifier: Verifier,
    rest: &'a [u8],
    signature: &'a [u8],
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

fn verify_header(
    header: &Header<'_>,
    content_key: &LessSafeKey,
    unsent: &EncryptionContext,
) -> Result<(), Unspecified> {
    let nonce = Nonce::assume_unique_for_key(*header.iv);
    if unsent.is_empty() {
        let aad = Aad::from(header.authenticated);
        content_key.open_separate_gather(nonce, aad, &[], header.tag, &mut [])
    } else {
        let aad = Aad::from([header.authenticated, unsent.as_bytes()].concat());
        content_key.open_separate_gather(nonce, aad, &[], header.tag, &mut [])
    }
}
