use super::{MalformedMessage, body::Pieces, cursor::Cursor, footer::Footer, header::Header};
use crate::DecryptError;
use std::num::NonZeroU16;

/// What it takes to step over a piece, in bytes that the cipher would do meanwhile: as much memory is far away as there
/// are pieces, however long they are.
const STEP_COST: usize = 256;

/// A whole message, taken apart but not yet believed.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) header: Header<'a>,
    pub(super) pieces: Pieces<'a>,
    pub(super) plaintext_len: usize,
    pub(super) footer: Option<Footer<'a>>,
}

/// Takes a message apart, down to its last byte, without any key.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    header: Header<'a>,
    pieces: Pieces<'a>,
    ahead: Pieces<'a>,
    plaintext_len: usize,
}

impl<'a> Parser<'a> {
    /// Reads the header.
    pub(crate) fn new(
        message: &'a [u8],
        max_encrypted_data_keys: Option<NonZeroU16>,
    ) -> Result<Self, DecryptError> {
        let mut cursor = Cursor::new(message);
        let header = Header::parse(&mut cursor, max_encrypted_data_keys)?;
        let pieces = Pieces::new(cursor, header.content);
        Ok(Self {
            header,
            ahead: pieces.clone(),
            pieces,
            plaintext_len: 0,
        })
    }

    /// Finds some more pieces, as long as the cipher takes for `about` bytes; answers whether there are more.
    pub(crate) fn advance(&mut self, about: usize) -> Result<bool, MalformedMessage> {
        for _ in 0..(about / STEP_COST).max(1) {
            let Some(piece) = self.ahead.next()? else {
                return Ok(false);
            };
            self.plaintext_len += piece.ciphertext.len();
        }
        Ok(true)
    }

    /// The message, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(self) -> Result<Message<'a>, MalformedMessage> {
        let mut cursor = self.ahead.into_rest();
        let footer = match self.header.suite.curve() {
            Some(curve) => Some(Footer::parse(&mut cursor, curve)?),
            None => None,
        };
        cursor.finish()?;
        Ok(Message {
            header: self.header,
            pieces: self.pieces,
            plaintext_len: self.plaintext_len,
            footer,
        })
    }
}
