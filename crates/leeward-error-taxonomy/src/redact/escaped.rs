//! Looks through the entities of XML, the escapes of JSON and blanks beyond ASCII, which keep a name from being seen.
//!
//! What is found so is hidden besides what is found in the text as it stands.

use super::{Hit, Kind, decoded::Decoded, scan::Scan};

/// So often a text is read: `&amp;quot;` stands for `&quot;`, and that for a quote.
const LAYERS: usize = 3;
/// The longest entity or escape that is read: `&equals;`, or `\u{10ffff}` with its backslash escaped twice.
const LONGEST: usize = 16;

const ENTITIES: [(&[u8], u8); 8] = [
    (b"amp", b'&'),
    (b"apos", b'\''),
    (b"colon", b':'),
    (b"equals", b'='),
    (b"gt", b'>'),
    (b"lt", b'<'),
    (b"nbsp", b' '),
    (b"quot", b'"'),
];

/// The secrets that come to light only so.
pub(super) fn find(text: &[u8], kind: Kind) -> Vec<Hit> {
    let mut hits = Vec::new();
    if !text.iter().any(|&byte| may_begin(byte)) {
        return hits;
    }
    let mut decoded = Decoded::of(text, read);
    for _ in 0..LAYERS {
        let Some(text) = decoded else { break };
        hits.extend(Scan::new(&text.bytes, kind).map(|hit| Hit {
            start: text.origin(hit.start),
            end: text.origin(hit.end),
            ..hit
        }));
        decoded = text.again(read);
    }
    hits
}

const fn may_begin(byte: u8) -> bool {
    matches!(byte, b'&' | b'\\' | 0x80..)
}

fn read(text: &[u8]) -> Option<(u8, usize)> {
    match text[0] {
        b'&' => entity(text),
        b'\\' => escape(text),
        0xC2.. => beyond_ascii(text),
        _ => None,
    }
}

fn entity(text: &[u8]) -> Option<(u8, usize)> {
    let near = &text[..text.len().min(LONGEST)];
    let end = near.iter().position(|&byte| byte == b';')?;
    let byte = match &near[1..end] {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        name => {
            let known = ENTITIES.iter().find(|(known, _)| *known == name)?;
            known.1
        }
    };
    Some((byte, end + 1))
}

/// `\u0022`, however often the backslash itself was escaped: twice as often each time.
///
/// An odd number of them is that and an escaped backslash before it.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let near = &text[..text.len().min(LONGEST)];
    let slashes = near.iter().take_while(|&&byte| byte == b'\\').count();
    let (byte, length) = match &near[slashes..] {
        [b'x' | b'u', ..] if slashes > 1 && slashes % 2 == 1 => return Some((b'\\', slashes - 1)),
        [b'x', digits @ ..] => (number(digits.get(..2)?, 16)?, 3),
        [b'u', b'{', rest @ ..] => {
            let length = rest.iter().position(|&byte| byte == b'}')?;
            (number(&rest[..length], 16)?, length + 3)
        }
        [b'u', digits @ ..] => (number(digits.get(..4)?, 16)?, 5),
        _ => return None,
    };
    Some((byte, slashes + length))
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    plain(char::from_u32(u32::from_str_radix(digits, radix).ok()?)?)
}

fn beyond_ascii(text: &[u8]) -> Option<(u8, usize)> {
    let length = match text[0] {
        0xE0..=0xEF => 3,
        0xC2..=0xDF => 2,
        _ => return None,
    };
    let char = std::str::from_utf8(text.get(..length)?)
        .ok()?
        .chars()
        .next();
    Some((plain(char?)?, length))
}

/// What a character reads as to somebody who looks for names: blanks are blanks, and wide letters are letters.
fn plain(char: char) -> Option<u8> {
    match char {
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' => Some(b' '),
        char if char.is_whitespace() || char.is_control() => Some(b' '),
        // Half and full width forms: the printable half of ASCII once more.
        '\u{FF01}'..='\u{FF5E}' => u8::try_from(u32::from(char) - 0xFEE0).ok(),
        char => u8::try_from(char).ok().filter(u8::is_ascii),
    }
}
