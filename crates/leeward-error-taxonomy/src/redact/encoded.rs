//! Looks through percent-encoding: a whole query may stand in one parameter of another.

use super::{Hit, Kind, Shown, decoded::Decoded, scan::Scan, scan::is_of_a_word, value};

/// So often a text is decoded.
const LAYERS: usize = 3;

/// The secret in what begins with the word from `start` to `end`, and up to where it was looked for.
///
/// It goes to the end of the parameter, with whatever else is encoded there.
pub(super) fn find(bytes: &[u8], start: usize, end: usize, kind: Kind) -> (Option<Hit>, usize) {
    // What need not be encoded stands between what is (ECMA-262, encodeURIComponent).
    let goes_on = |&byte: &u8| is_of_a_word(byte) || b"!~*()".contains(&byte);
    let length = bytes[end..]
        .iter()
        .take_while(|&byte| goes_on(byte))
        .count();
    let end = end + length;
    let mut decoded = Decoded::of(&bytes[start..end], read);
    for _ in 0..LAYERS {
        let Some(text) = &decoded else {
            return (None, end);
        };
        // The ids of access keys are found as they stand.
        let hidden = |hit: &Hit| hit.shown == Shown::Nothing;
        let found = Scan::new(&text.bytes, kind).without_decoding().find(hidden);
        if let Some(hit) = found {
            let start = start + text.origin(hit.start);
            return (Some(Hit::hidden(start, value::bare_end(bytes, start))), end);
        }
        decoded = text.again(read);
    }
    (None, end)
}

/// The word, decoded as often as it can be.
pub(super) fn decoded(word: &[u8]) -> Vec<u8> {
    let mut bytes = word.to_vec();
    for _ in 0..LAYERS {
        match Decoded::of(&bytes, read) {
            Some(decoded) => bytes = decoded.bytes,
            None => break,
        }
    }
    bytes
}

/// `%3D`
fn read(text: &[u8]) -> Option<(u8, usize)> {
    if text[0] != b'%' {
        return None;
    }
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    Some((u8::try_from(digit(1)? * 16 + digit(2)?).ok()?, 3))
}
