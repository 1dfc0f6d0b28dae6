//! A text to look for in the memory of this process, which is nowhere in it as it is.

use std::{
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt,
};

const LEN: usize = 61;
const SIGNS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Letters and digits that are drawn, each kept as two bytes of which it is the difference.
pub(crate) struct Marker {
    pad: [u8; LEN],
    masked: [u8; LEN],
}

impl Marker {
    pub(crate) fn draw(random: &mut fastrand::Rng) -> Self {
        let (mut pad, mut masked) = ([0; LEN], [0; LEN]);
        for (pad, masked) in pad.iter_mut().zip(&mut masked) {
            *pad = random.u8(..);
            *masked = *pad ^ SIGNS[random.usize(..SIGNS.len())];
        }
        Self { pad, masked }
    }

    /// Writes it where there is room enough, so that nothing is moved.
    pub(crate) fn write_to(&self, text: &mut Vec<u8>) {
        assert!(text.capacity() - text.len() >= LEN);
        text.extend((0..LEN).map(|nth| self.sign(nth)));
    }

    /// How often it is, right after these bytes, in the memory of this process that is its own and may be written.
    pub(crate) fn copies_after(&self, before: &[u8]) -> usize {
        let size = before.len() + LEN;
        let memory = File::open("/proc/self/mem").expect("the memory of this process");
        let mut window = vec![0; 1 << 20];
        let own = window.as_ptr().addr();
        let own = own..own + window.len();
        let mut copies = 0;
        for range in writable() {
            let mut start = range.start;
            while range.end - start >= size {
                let len = window.len().min(range.end - start);
                let part = &mut window[..len];
                // What is unmapped meanwhile holds nothing.
                if memory.read_exact_at(part, start as u64).is_ok() {
                    let found = self.places_in(part, before).map(|nth| start + nth);
                    copies += found.filter(|place| !own.contains(place)).count();
                }
                start += if len == window.len() {
                    len - size + 1
                } else {
                    len
                };
            }
        }
        copies
    }

    fn places_in<'a>(
        &'a self,
        part: &'a [u8],
        before: &'a [u8],
    ) -> impl Iterator<Item = usize> + 'a {
        let (first, ahead) = (self.sign(0), before.len());
        let starts = part.iter().skip(ahead).enumerate();
        let starts = starts.filter(move |(_, byte)| **byte == first);
        let is_here = move |nth: &usize| match part.get(*nth..*nth + ahead + LEN) {
            Some(found) => {
                let (found_before, found) = found.split_at(ahead);
                found_before == before && (1..LEN).all(|at| found[at] == self.sign(at))
            }
            None => false,
        };
        starts.map(|(nth, _)| nth).filter(is_here)
    }

    fn sign(&self, nth: usize) -> u8 {
        self.pad[nth] ^ self.masked[nth]
    }
}

/// Heaps, stacks and whatever else only this process writes.
fn writable() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the map of this process");
    let range = |line: &str| {
        let (place, rest) = line.split_once(' ')?;
        let (start, end) = place.split_once('-')?;
        let hex = |text| usize::from_str_radix(text, 16).ok();
        (rest.starts_with("rw") && rest[3..].starts_with('p')).then_some(hex(start)?..hex(end)?)
    };
    maps.lines().filter_map(range).collect()
}
