use super::seal::room;
use zeroize::Zeroize;

/// Makes room for `additional` bytes more, and leaves no copy of the others where they were before.
///
/// Grows by doubling, but not beyond `most` unless it must.
pub(crate) fn make_room(buffer: &mut Vec<u8>, additional: usize, most: usize) {
    let needed = buffer.len().saturating_add(additional);
    if needed <= buffer.capacity() {
        return;
    }
    let doubled = buffer.capacity().saturating_mul(2).min(most);
    let mut larger = Vec::with_capacity(needed.max(doubled));
    larger.extend_from_slice(buffer);
    std::mem::replace(buffer, larger).zeroize();
}

/// The `len` bytes of a buffer from `at` on, over what stands there; what is to be there yet is made, as by [`make_room`].
pub(super) fn place_at(buffer: &mut Vec<u8>, at: usize, len: usize, most: usize) -> &mut [u8] {
    let end = at.saturating_add(len);
    make_room(buffer, end.saturating_sub(buffer.len()), most);
    room(buffer, at, end)
}

/// Where something goes in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind what the buffer holds.
    Behind,
    /// In the place of what the buffer holds, whose bytes need not be made once more.
    Over,
}

/// Plaintext at the end of a buffer that is not proved yet: wiped and taken off again, unless it is released.
///
/// The buffer is kept from its owner meanwhile, who thus sees nothing even if this is forgotten.
#[derive(Debug)]
pub(super) struct Unproved<'a> {
    home: &'a mut Vec<u8>,
    buffer: Vec<u8>,
    start: usize,
    /// Up to here something has been written; what is beyond, if there is anything, is taken off in the end.
    end: usize,
}

impl<'a> Unproved<'a> {
    /// Makes room for `len` bytes.
    pub(super) fn new(home: &'a mut Vec<u8>, len: usize, place: Place) -> Self {
        let mut buffer = std::mem::take(home);
        let mut start = buffer.len();
        if place == Place::Over {
            start = 0;
            if buffer.capacity() < len {
                // What is to be written over need not come along; it may be as secret as what comes.
                buffer.zeroize();
                buffer = Vec::new();
            }
        }
        if buffer.capacity() == 0 {
            // Pages that nothing was written to cost nothing, to make or to wipe.
            buffer = vec![0; len];
        } else if place == Place::Behind {
            make_room(&mut buffer, len, 0);
        }
        Self {
            home,
            buffer,
            start,
            end: start,
        }
    }

    /// The next `len` bytes, to be written; they count as written at once, since a cipher that fails may leave some there.
    pub(super) fn next(&mut self, len: usize) -> &mut [u8] {
        let from = self.end;
        self.end += len;
        room(&mut self.buffer, from, self.end)
    }

    /// Wipes `about` so many bytes from the end; answers whether there are more.
    pub(super) fn wipe(&mut self, about: usize) -> bool {
        let rest = self.end.saturating_sub(about).max(self.start);
        self.buffer[rest..self.end].zeroize();
        self.end = rest;
        rest > self.start
    }

    /// Leaves in the buffer what has been written, and answers how much that is.
    pub(super) fn release(mut self) -> usize {
        let len = self.end - self.start;
        self.start = self.end;
        len
    }
}

impl Drop for Unproved<'_> {
    fn drop(&mut self) {
        self.wipe(usize::MAX);
        self.buffer.truncate(self.start);
        *self.home = std::mem::take(&mut self.buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_wiped_from_the_end_in_steps() {
        let mut buffer = Vec::new();
        let mut plaintext = Unproved::new(&mut buffer, 10, Place::Behind);
        plaintext.next(3).fill(1);
        plaintext.next(4).fill(2);
        assert_eq!(plaintext.buffer, [1, 1, 1, 2, 2, 2, 2, 0, 0, 0]);
        assert!(plaintext.wipe(5));
        assert_eq!(plaintext.buffer, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!plaintext.wipe(5));
        assert_eq!(plaintext.buffer, [0; 10]);
        assert!(!plaintext.wipe(5));
    }

    #[test]
    fn what_stood_there_before_is_left_alone() {
        for capacity in [0, 1, 64] {
            let mut buffer = vec![9; 3];
            buffer.reserve_exact(capacity);
            let mut plaintext = Unproved::new(&mut buffer, 4, Place::Behind);
            plaintext.next(2).fill(1);
            plaintext.next(2).fill(2);
            drop(plaintext);
            assert_eq!(buffer, [9; 3]);
            let mut plaintext = Unproved::new(&mut buffer, 4, Place::Behind);
            plaintext.next(4).fill(7);
            plaintext.release();
            assert_eq!(buffer, [9, 9, 9, 7, 7, 7, 7]);
        }
    }

    #[test]
    fn takes_the_place_of_what_was_there() {
        for len in [0, 3, 5, 64] {
            for capacity in [0, 64] {
                let mut buffer = vec![9; len];
                buffer.reserve_exact(capacity);
                let mut plaintext = Unproved::new(&mut buffer, 5, Place::Over);
                plaintext.next(2).fill(1);
                plaintext.next(3).fill(2);
                assert_eq!(plaintext.release(), 5);
                assert_eq!(buffer, [1, 1, 2, 2, 2], "{len}");
                let mut plaintext = Unproved::new(&mut buffer, 4, Place::Over);
                plaintext.next(2).fill(3);
                drop(plaintext);
                assert!(buffer.is_empty(), "{len}");
            }
        }
    }

    #[test]
    fn a_fresh_buffer_has_exactly_the_room_that_was_asked_for() {
        let mut buffer = Vec::new();
        let mut plaintext = Unproved::new(&mut buffer, 3, Place::Behind);
        plaintext.next(3).fill(7);
        plaintext.release();
        assert_eq!(buffer, [7; 3]);
        assert_eq!(buffer.capacity(), 3);
    }

    #[test]
    fn room_grows_by_doubling_up_to_a_bound() {
        let mut buffer = Vec::with_capacity(8);
        buffer.extend_from_slice(&[1; 8]);
        make_room(&mut buffer, 1, 100);
        assert_eq!((buffer.len(), buffer.capacity()), (8, 16));
        make_room(&mut buffer, 9, 20);
        assert_eq!(buffer.capacity(), 20);
        make_room(&mut buffer, 30, 20);
        assert_eq!(buffer.capacity(), 38);
        assert_eq!(buffer, [1; 8]);
    }
}
