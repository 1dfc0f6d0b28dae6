use super::{MalformedMessage, body::Pieces, cursor::Cursor, footer::Footer, header::Header};
use crate::{DecryptError, decryptor::ReadLimits};

/// What it takes to step over a piece, in bytes that the cipher would do meanwhile: as much memory is far away as there
/// are pieces, however long they are.
const STEP_COST: usize = 256;

/// A whole message, taken apart but not yet believed.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) header: Header<'a>,
    pub(super) pieces: Pieces<'a>,
    /// How many pieces there are.
    pub(super) count: u32,
    pub(crate) plaintext_len: usize,
    pub(super) footer: Option<Footer<'a>>,
}

/// Takes a message apart, down to its last byte, without any key.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    header: Header<'a>,
    pieces: Pieces<'a>,
    ahead: Pieces<'a>,
    count: u32,
    plaintext_len: usize,
    limits: ReadLimits,
}

impl<'a> Parser<'a> {
    /// Reads the header.
    pub(crate) fn new(message: &'a [u8], limits: &ReadLimits) -> Result<Self, DecryptError> {
        let mut cursor = Cursor::new(message);
        let header = Header::parse(&mut cursor, limits)?;
        let pieces = Pieces::new(cursor, header.content);
        Ok(Self {
            header,
            ahead: pieces.clone(),
            pieces,
            count: 0,
            plaintext_len: 0,
            limits: *limits,
        })
    }

    /// Finds some more pieces, as long as the cipher takes for `about` bytes; answers whether there are more.
    pub(crate) fn advance(&mut self, about: usize) -> Result<bool, DecryptError> {
        for _ in 0..(about / STEP_COST).max(1) {
            let Some(piece) = self.ahead.next()? else {
                return Ok(false);
            };
            let len = piece.ciphertext.len();
            self.count = piece.sequence;
            self.limits.check_frame(len as u64)?;
            self.plaintext_len += len;
            self.limits.check_plaintext(self.plaintext_len as u64)?;
        }
        Ok(true)
    }

    /// How many bytes the header has.
    pub(crate) fn header_len(&self) -> usize {
        self.pieces.at()
    }

    /// The message, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(self) -> Result<Message<'a>, MalformedMessage> {
        let footer = self.footer()?;
        Ok(Message {
            header: self.header,
            pieces: self.pieces,
            count: self.count,
            plaintext_len: self.plaintext_len,
            footer,
        })
    }

    /// The header, the length of the plaintext so far, and whether the message ends there as it must.
    pub(crate) fn into_parts(self) -> (Header<'a>, usize, Result<(), MalformedMessage>) {
        let end = self.footer().map(drop);
        (self.header, self.plaintext_len, end)
    }

    fn footer(&self) -> Result<Option<Footer<'a>>, MalformedMessage> {
        let mut cursor = self.ahead.clone().into_rest();
        let footer = match self.header.suite.curve() {
            Some(_) => Some(Footer::parse(&mut cursor)?),
            None => None,
        };
        cursor.finish()?;
        Ok(footer)
    }
}

/// Reads a header that is all there, and nothing else.
pub(crate) fn parse_header<'a>(
    header: &'a [u8],
    limits: &ReadLimits,
) -> Result<Header<'a>, DecryptError> {
    let mut cursor = Cursor::new(header);
    let parsed = Header::parse(&mut cursor, limits)?;
    cursor.finish()?;
    Ok(parsed)
}
