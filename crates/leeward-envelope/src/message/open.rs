use super::{
    body::{PieceAad, Pieces},
    cursor::Cursor,
    footer::Footer,
    header::Header,
};
use crate::{
    DataKey, DecryptError, EncryptionContext,
    derive::{self, MessageKeys},
    signature,
};
use aws_lc_rs::{
    aead::{Aad, LessSafeKey, Nonce},
    constant_time::verify_slices_are_equal,
    error::Unspecified,
};
use std::num::NonZeroU16;
use zeroize::Zeroizing;

/// A whole message, taken apart but not yet believed.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) header: Header<'a>,
    pieces: Pieces<'a>,
    plaintext_len: usize,
    footer: Option<Footer<'a>>,
}

impl<'a> Message<'a> {
    /// Takes a message apart, down to its last byte, without any key.
    pub(crate) fn parse(
        message: &'a [u8],
        max_encrypted_data_keys: Option<NonZeroU16>,
    ) -> Result<Self, DecryptError> {
        let mut cursor = Cursor::new(message);
        let header = Header::parse(&mut cursor, max_encrypted_data_keys)?;
        let pieces = Pieces::new(cursor, header.content);
        let mut ahead = pieces.clone();
        let mut plaintext_len = 0;
        while let Some(piece) = ahead.next()? {
            plaintext_len += piece.ciphertext.len();
        }
        let mut cursor = ahead.into_rest();
        let footer = match header.suite.curve() {
            Some(curve) => Some(Footer::parse(&mut cursor, curve)?),
            None => None,
        };
        cursor.finish()?;
        Ok(Self {
            header,
            pieces,
            plaintext_len,
            footer,
        })
    }
}

/// Decrypts a message piece by piece, and hands out the plaintext once all of it is proved.
pub(crate) struct Opener<'a> {
    content_key: LessSafeKey,
    message_id: &'a [u8],
    pieces: Pieces<'a>,
    /// Wiped if the message turns out to be changed, or if the caller goes away.
    plaintext: Zeroizing<Vec<u8>>,
    done: usize,
}

impl<'a> Opener<'a> {
    /// Verifies commitment, header and signature.
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
        if let Some(footer) = footer {
            signature::verify(
                footer.curve,
                &header.context,
                footer.signed,
                footer.signature,
            )?;
        }
        Ok(Self {
            content_key: content,
            message_id: header.message_id,
            pieces: message.pieces.clone(),
            plaintext: Zeroizing::new(vec![0; message.plaintext_len]),
            done: 0,
        })
    }

    /// Decrypts some more bytes, `about` so many; answers whether there are more.
    pub(crate) fn advance(&mut self, about: usize) -> Result<bool, Unspecified> {
        let until = self.done.saturating_add(about);
        while let Some(piece) = self.pieces.next().map_err(|_| Unspecified)? {
            let len = piece.ciphertext.len();
            let aad = PieceAad::new(self.message_id, piece.kind, piece.sequence, len);
            self.content_key.open_separate_gather(
                Nonce::assume_unique_for_key(*piece.iv),
                Aad::from(aad),
                piece.ciphertext,
                piece.tag,
                &mut self.plaintext[self.done..][..len],
            )?;
            self.done += len;
            if self.done >= until {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The plaintext, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.plaintext)
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
