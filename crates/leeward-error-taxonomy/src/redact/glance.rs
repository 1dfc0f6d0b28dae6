//! A glance that tells most texts without a secret, a denial of IAM for one, in a fraction of the time of a scan.
//!
//! It looks for what every secret begins with: a name and the sign after it, a scheme, or the form of the secret itself. Where it
//! finds that, it says no more than that the text is worth a scan.

use super::{form, looked, name, scan::is_of_a_word};

/// No run of base64 that is shorter is taken for a secret.
const RUN: usize = 40;

/// Whether `text` surely holds no secret and stands on one line; it may be that it does where this says no.
pub(super) fn is_plain(text: &[u8]) -> bool {
    looked(text.len());
    is_short_word(text) || !has_signs(text) && names_nothing(text)
}

/// Codes and ids: too short for a secret that has no name.
fn is_short_word(text: &[u8]) -> bool {
    text.len() < form::SHORTEST && text.iter().all(u8::is_ascii_alphanumeric)
}

/// Whether there is a control character, a letter beyond ASCII, one of the signs of which few stand in sentences, the
/// beginning of a scheme, an option, a PEM, a token or the id of an access key, or a long run of base64.
fn has_signs(text: &[u8]) -> bool {
    // The rest, which fills no piece, with blanks after it.
    let read = (text.len().saturating_sub(2) / PIECE) * PIECE;
    let mut last = [b' '; 2 * PIECE + 2];
    last[..text.len() - read].copy_from_slice(&text[read..]);
    let pieces = |text| <[u8]>::windows(text, PIECE + 2).step_by(PIECE);
    let mut is_solid = false;
    for piece in pieces(text).chain(pieces(&last)) {
        let piece = piece.try_into().expect("as long as a piece is");
        if is_odd(piece) {
            return true;
        }
        is_solid |= has_solid_half(piece);
    }
    is_solid && has_run(text)
}

/// So many bytes are looked at as one.
const PIECE: usize = 32;

/// Whether one of the signs or beginnings stands in the piece, the last two bytes of which belong to the next.
///
/// Without a way out of the loop, which the compiler makes comparisons of many bytes at once.
fn is_odd(piece: &[u8; PIECE + 2]) -> bool {
    let within = |byte: u8, from: u8, to: u8| byte.wrapping_sub(from) <= to - from;
    let mut found = false;
    for at in 0..PIECE {
        let (one, two) = (piece[at], piece[at + 1]);
        found |= !within(one, b' ', b'~')
            | within(one, b'%', b'(')
            | within(one, b'=', b'>')
            | within(one, b'\\', b']')
            | (one == b'`')
            | (one == b'-') & (two == b'-')
            | (one | 0x20 == b's') & (two == b'4')
            | (one == b'A')
                & (within(two, b'B', b'C') | (two == b'K') | (two == b'Q') | (two == b'S'))
            | (one == b'I') & (two == b'Q')
            | (one == b'F') & (two == b'w')
            | (one == b'y') & (two == b'J');
    }
    for at in 0..PIECE {
        // Of `Basic` and `Bearer`.
        let [one, two, three] = [piece[at] | 0x20, piece[at + 1] | 0x20, piece[at + 2] | 0x20];
        found |= (one == b's') & (two == b'i') & (three == b'c')
            | (one == b'r') & (two == b'e') & (three == b'r');
    }
    found
}

/// Whether one half of the piece is base64 throughout, as it is in the middle of a run that is worth a scan.
fn has_solid_half(piece: &[u8; PIECE + 2]) -> bool {
    let is_base64 = |byte: u8| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        is_letter | (byte.wrapping_sub(b'/') <= b'9' - b'/') | (byte == b'+')
    };
    let (mut first, mut second) = (true, true);
    for at in 0..PIECE / 2 {
        first &= is_base64(piece[at]);
        second &= is_base64(piece[at + PIECE / 2]);
    }
    first | second
}

/// Whether there is a run of base64 as long as the shortest secret without a name and a prefix.
fn has_run(text: &[u8]) -> bool {
    let is_base64 = |byte: &u8| is_of_a_word(*byte) && !b"-_.%".contains(byte);
    text.split(|byte| !is_base64(byte))
        .any(|run| run.len() >= RUN)
}

/// Whether no colon and no quote stands behind the name of a secret.
///
/// The other signs that may are not there by now.
fn names_nothing(text: &[u8]) -> bool {
    let (eights, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let all = eights.iter().chain(std::iter::once(&last));
    for (index, eight) in all.enumerate() {
        let eight = u64::from_le_bytes(*eight);
        let mut marks = equal(eight, b':') | equal(eight, b'"');
        while marks != 0 {
            let at = index * 8 + marks.trailing_zeros() as usize / 8;
            if stands_after_a_name(text, at) {
                return false;
            }
            marks &= marks - 1;
        }
    }
    true
}

/// The highest bit of each byte of `eight` that equals `byte`.
const fn equal(eight: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    let differs = eight ^ u64::from_le_bytes([byte; 8]);
    !(((differs & LOW) + LOW) | differs | LOW)
}

fn stands_after_a_name(text: &[u8], at: usize) -> bool {
    if text[at] == b':' && text.get(at + 1) == Some(&b'/') {
        return true;
    }
    let mut before = &text[..at];
    while let [rest @ .., b' '] = before {
        before = rest;
    }
    if !name::may_end_with_one(before) {
        return false;
    }
    let length = before
        .iter()
        .rev()
        .take_while(|&&byte| is_of_a_word(byte))
        .count();
    looked(at - before.len() + length);
    name::may_stand_before_one(&before[before.len() - length..])
}
