//! A text with what is written by codes in it read, and where in the text each byte of that stands.

use super::looked;

/// Reads the code that a text begins with: the byte that it stands for, and its length.
pub(super) type Read = fn(&[u8]) -> Option<(u8, usize)>;

pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Where each byte stood, and where the text ends.
    origins: Vec<usize>,
}

impl Decoded {
    /// `text` as it reads, if there is a code in it.
    pub(super) fn of(text: &[u8], read: Read) -> Option<Self> {
        looked(text.len());
        let mut decoded = Self {
            bytes: Vec::with_capacity(text.len()),
            origins: Vec::with_capacity(text.len() + 1),
        };
        let mut at = 0;
        while at < text.len() {
            let (byte, length) = read(&text[at..]).unwrap_or((text[at], 1));
            decoded.bytes.push(byte);
            decoded.origins.push(at);
            at += length;
        }
        decoded.origins.push(at);
        (decoded.bytes.len() < text.len()).then_some(decoded)
    }

    /// The same, read once more.
    pub(super) fn again(&self, read: Read) -> Option<Self> {
        let mut decoded = Self::of(&self.bytes, read)?;
        for origin in &mut decoded.origins {
            *origin = self.origins[*origin];
        }
        Some(decoded)
    }

    /// Where the byte at `at` stood in the text.
    pub(super) fn origin(&self, at: usize) -> usize {
        self.origins[at]
    }
}
