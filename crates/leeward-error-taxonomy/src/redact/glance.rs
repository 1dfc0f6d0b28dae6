//! A glance that tells most texts without a secret, a denial of IAM for one, in a fraction of the time of a scan.
//!
//! It looks for what every secret begins with: a name and the sign after it, a scheme, or the form of the secret itself. Where it
//! finds that, it says no more than that the text is worth a scan.

use super::{looked, name, scan::is_of_a_word};

/// No run of base64 that is shorter is taken for a secret.
const RUN: usize = 40;

/// Whether `text` surely holds no secret and stands on one line; it may be that it does where this says no.
pub(super) fn is_plain(text: &[u8]) -> bool {
    looked(text.len());
    !has_signs(text) && !has_run(text) && names_nothing(text)
}

/// Whether there is a control character, a letter beyond ASCII, one of the signs of which few stand in sentences, or the
/// beginning of a scheme, an option, a PEM or a token.
fn has_signs(text: &[u8]) -> bool {
    let within = |byte: u8, from: u8, to: u8| byte.wrapping_sub(from) <= to - from;
    let is_sign = |byte: u8| {
        !within(byte, b' ', b'~')
            | within(byte, b'%', b'(')
            | within(byte, b'=', b'>')
            | within(byte, b'\\', b']')
            | (byte == b'`')
    };
    let begins = |one: u8, two: u8| {
        (one == b'-') & (two == b'-')
            | (one | 0x20 == b's') & (two == b'4')
            | (one == b'A')
                & (within(two, b'B', b'C') | (two == b'K') | (two == b'Q') | (two == b'S'))
            | (one == b'I') & (two == b'Q')
            | (one == b'F') & (two == b'w')
            | (one == b'y') & (two == b'J')
    };
    // Of `Basic` and `Bearer`.
    let ends = |[one, two, three]: [u8; 3]| {
        (one == b's') & (two == b'i') & (three == b'c')
            | (one == b'r') & (two == b'e') & (three == b'r')
    };
    // By pieces without a way out of them, which the compiler makes comparisons of many bytes at once.
    let mut from = 0;
    while from < text.len() {
        let to = text.len().min(from + 64);
        let first = &text[from..to];
        let second = &text[text.len().min(from + 1)..text.len().min(to + 1)];
        let third = &text[text.len().min(from + 2)..text.len().min(to + 2)];
        let sign = first
            .iter()
            .fold(false, |found, &byte| found | is_sign(byte));
        let two = first
            .iter()
            .zip(second)
            .fold(false, |found, (&one, &two)| found | begins(one, two));
        let three = first.iter().zip(second).zip(third);
        let three = three.fold(false, |found, ((&one, &two), &three)| {
            found | ends([one | 0x20, two | 0x20, three | 0x20])
        });
        if sign | two | three {
            return true;
        }
        from = to;
    }
    false
}

/// Whether there is a run of base64 as long as the shortest secret without a name.
fn has_run(text: &[u8]) -> bool {
    let mut from = 0;
    // What ends a run is looked for from behind: none that begins before it is long enough.
    while let Some(run) = text.get(from..from + RUN) {
        match run.iter().rposition(|&byte| !is_base64(byte)) {
            None => return true,
            Some(end) => from += end + 1,
        }
    }
    false
}

const fn is_base64(byte: u8) -> bool {
    is_of_a_word(byte) && !matches!(byte, b'-' | b'_' | b'.' | b'%')
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
    let before = &text[..at];
    let blanks = before
        .iter()
        .rev()
        .take_while(|&&byte| byte == b' ')
        .count();
    let before = &before[..at - blanks];
    if !name::may_end_with_one(before) {
        return false;
    }
    let length = before
        .iter()
        .rev()
        .take_while(|&&byte| is_of_a_word(byte))
        .count();
    looked(blanks + length);
    name::may_stand_before_one(&before[before.len() - length..])
}
