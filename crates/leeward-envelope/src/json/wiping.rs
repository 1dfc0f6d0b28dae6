use std::io;
use zeroize::{Zeroize, Zeroizing};

/// Takes what is written to it, and leaves no copy behind: neither when it grows nor when it is dropped.
#[derive(Default)]
pub(super) struct WipingBuffer(Zeroizing<Vec<u8>>);

impl WipingBuffer {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Moves to a larger place when this one is full, and wipes it.
    fn make_room(&mut self, len: usize) {
        if self.0.capacity() - self.0.len() >= len {
            return;
        }
        let needed = self.0.len().saturating_add(len);
        let capacity = needed.max(self.0.capacity().saturating_mul(2)).max(256);
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(&self.0);
        self.0.zeroize();
        self.0 = larger;
    }
}

impl io::Write for WipingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len());
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn never_grows_in_place() {
        let mut buffer = WipingBuffer::default();
        let mut expected = Vec::new();
        for len in [0, 1, 255, 1, 5_000, 3, 40_000] {
            let part = vec![len as u8; len];
            let fits = buffer.0.capacity() - buffer.0.len() >= len;
            let (at, capacity) = (buffer.0.as_ptr(), buffer.0.capacity());
            buffer.write_all(&part).unwrap();
            expected.extend_from_slice(&part);
            assert_eq!(buffer.as_slice(), expected);
            // The vector was not left to reallocate, which would free the old place as it is.
            let stayed = (at, capacity) == (buffer.0.as_ptr(), buffer.0.capacity());
            assert_eq!(stayed, fits, "{len}");
        }
    }
}
