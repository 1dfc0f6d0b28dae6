use zeroize::Zeroize;

/// Plaintext that is not proved yet: what has been written of it is wiped, unless it is taken.
#[derive(Debug)]
pub(super) struct Unproved {
    /// Zero from `written` on, and never touched there: pages that nothing was written to cost nothing to wipe.
    bytes: Vec<u8>,
    written: usize,
}

impl Unproved {
    pub(super) fn new(len: usize) -> Self {
        Self {
            bytes: vec![0; len],
            written: 0,
        }
    }

    /// The next `len` bytes, to be written; they count as written at once, since a cipher that fails may leave some there.
    pub(super) fn next(&mut self, len: usize) -> &mut [u8] {
        let start = self.written;
        self.written += len;
        &mut self.bytes[start..self.written]
    }

    /// Wipes `about` so many bytes from the end; answers whether there are more.
    pub(super) fn wipe(&mut self, about: usize) -> bool {
        let rest = self.written.saturating_sub(about);
        self.bytes[rest..self.written].zeroize();
        self.written = rest;
        rest > 0
    }

    pub(super) fn take(mut self) -> Vec<u8> {
        self.written = 0;
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Unproved {
    fn drop(&mut self) {
        self.wipe(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_wiped_from_the_end_in_steps() {
        let mut plaintext = Unproved::new(10);
        plaintext.next(3).fill(1);
        plaintext.next(4).fill(2);
        assert_eq!(plaintext.bytes, [1, 1, 1, 2, 2, 2, 2, 0, 0, 0]);
        assert!(plaintext.wipe(5));
        assert_eq!(plaintext.bytes, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!plaintext.wipe(5));
        assert_eq!(plaintext.bytes, [0; 10]);
        assert!(!plaintext.wipe(5));
    }

    #[test]
    fn is_handed_out_as_it_was_written() {
        let mut plaintext = Unproved::new(3);
        plaintext.next(3).fill(7);
        assert_eq!(plaintext.take(), [7; 3]);
    }
}
