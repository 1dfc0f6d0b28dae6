//! Secrets that their name gives away: `name=value`, `"name": "value"`, `<name>value<`, `name%3Dvalue`.

use super::{Hit, Shown, is_of_a_word, word_end};

/// How much of what follows a name is secret.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// All of the value, however short.
    Value,
    /// The value, if it is long enough to be no word of a sentence.
    LongValue,
    /// The rest of the line, or of the quotes: schemes and several parts.
    Line,
}

/// Ends of names, in lower case without `-`, `_` and `.`, the longer before those that they end with.
const NAMES: &[(&str, Extent)] = &[
    ("authorization", Extent::Line),
    ("plaintext", Extent::Line),
    ("privatekey", Extent::Line),
    ("secretstring", Extent::Line),
    ("secretbinary", Extent::Line),
    ("setcookie", Extent::Line),
    ("accesstoken", Extent::Value),
    ("clientsecret", Extent::Value),
    ("idtoken", Extent::Value),
    ("passwd", Extent::Value),
    ("password", Extent::Value),
    ("refreshtoken", Extent::Value),
    ("secretaccesskey", Extent::Value),
    ("secretkey", Extent::Value),
    ("securitytoken", Extent::Value),
    ("serversideencryptioncustomerkey", Extent::Value),
    ("sessiontoken", Extent::Value),
    ("webidentitytoken", Extent::Value),
    ("xamzsignature", Extent::Value),
    ("secret", Extent::LongValue),
    ("signature", Extent::LongValue),
    ("token", Extent::LongValue),
];

const SHORTEST: usize = 5;
/// The letters that a name may end with.
const LAST: &[u8] = b"degnty";
const LONGEST: usize = 64;
const LONG_VALUE: usize = 16;

/// The secret that follows the word from `start` to `end`, if the word is the name of one.
pub(super) fn value_after(text: &str, start: usize, end: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let word = &bytes[start..end];
    if word.contains(&b'%') {
        return encoded(bytes, start, end);
    }
    if word.eq_ignore_ascii_case(b"Bearer") {
        return bearer(bytes, end);
    }
    // Before the look into the table: most words of a sentence are followed by none of these.
    if !matches!(
        bytes.get(end)?,
        b'"' | b'\'' | b'\\' | b':' | b'=' | b'>' | b' ' | b']'
    ) {
        return None;
    }
    let from = separated(bytes, end)?;
    let extent = extent_of(word)?;
    hit(bytes, from, extent)
}

/// Whether `word` can be a name, by its length and its last letter: most words, those of an ARN for one, cannot.
pub(super) fn may_be(word: &[u8]) -> bool {
    let is_last = |byte: &u8| LAST.contains(&byte.to_ascii_lowercase());
    word.len() >= SHORTEST && word.last().is_some_and(is_last)
}

fn extent_of(word: &[u8]) -> Option<Extent> {
    if !may_be(word) {
        return None;
    }
    let mut name = [0; LONGEST];
    let mut length = 0;
    let skip = word.len().saturating_sub(LONGEST);
    for byte in &word[skip..] {
        if byte.is_ascii_alphanumeric() {
            name[length] = byte.to_ascii_lowercase();
            length += 1;
        }
    }
    let name = &name[..length];
    let found = NAMES
        .iter()
        .find(|(ending, _)| name.ends_with(ending.as_bytes()));
    found.map(|(_, extent)| *extent)
}

/// Where the value starts, past the quotes, the separator and the spaces after a name.
fn separated(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut is_separated = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b':' | b'=' | b'>' => is_separated = true,
            b'"' | b'\'' | b'\\' | b' ' | b']' => {}
            // As `Debug` writes an optional value, and a list.
            b'S' if is_separated && bytes[at..].starts_with(b"Some(\"") => at += 4,
            b'[' if is_separated && bytes.get(at + 1) == Some(&b'"') => {}
            _ => break,
        }
        at += 1;
    }
    (is_separated && at < bytes.len()).then_some(at)
}

fn hit(bytes: &[u8], start: usize, extent: Extent) -> Option<Hit> {
    let quote = match bytes[start - 1] {
        quote @ (b'"' | b'\'') => Some(quote),
        _ => None,
    };
    let rest = &bytes[start..];
    let length = match (extent, quote) {
        (_, Some(quote)) => quoted(rest, quote, is_escaped(bytes, start)),
        (Extent::Line, None) if bytes[start - 1] == b'>' => bare(rest),
        (Extent::Line, None) => Some(rest.len()),
        _ => bare(rest),
    }?;
    let is_secret = match extent {
        Extent::LongValue => length >= LONG_VALUE && !rest[..length].contains(&b' '),
        _ => length > 0,
    };
    is_secret.then_some(Hit {
        start,
        end: start + length,
        shown: Shown::Nothing,
    })
}

/// Whether the quote before `start` is written `\"`, as in JSON within JSON.
const fn is_escaped(bytes: &[u8], start: usize) -> bool {
    start >= 2 && bytes[start - 2] == b'\\'
}

/// Up to the closing quote, or to the end where none closes.
fn quoted(rest: &[u8], quote: u8, is_escaped: bool) -> Option<usize> {
    let mut at = 0;
    while at < rest.len() {
        if rest[at] == b'\\' && is_escaped && rest.get(at + 1) == Some(&quote) {
            return Some(at);
        }
        if rest[at] == b'\\' && !is_escaped {
            at += 1;
        } else if rest[at] == quote {
            return Some(at);
        }
        at += 1;
    }
    Some(rest.len())
}

fn bare(rest: &[u8]) -> Option<usize> {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'&' | b'"' | b'\'' | b',' | b';' | b'<' | b'>' | b')' | b']' | b'}' | b'\\'
        )
    };
    Some(rest.iter().position(ends).unwrap_or(rest.len()))
}

fn bearer(bytes: &[u8], end: usize) -> Option<Hit> {
    let start = end + 1;
    if bytes.get(end) != Some(&b' ') || start >= bytes.len() {
        return None;
    }
    let length = bare(&bytes[start..])?;
    (length >= LONG_VALUE).then_some(Hit {
        start,
        end: start + length,
        shown: Shown::Nothing,
    })
}

/// A whole query in percent-encoding is one word: `X-Amz-Signature%3D…%26`.
fn encoded(bytes: &[u8], start: usize, end: usize) -> Option<Hit> {
    let word = &bytes[start..end];
    let mut from = 0;
    while let Some(sign) = word[from..].iter().position(|&byte| byte == b'%') {
        let sign = from + sign;
        let is_separator =
            |code: &[u8]| code.eq_ignore_ascii_case(b"%3D") || code.eq_ignore_ascii_case(b"%3A");
        if word.len() >= sign + 3 && is_separator(&word[sign..sign + 3]) {
            let name = word[..sign]
                .rsplit(|&byte| byte == b'%')
                .next()
                .unwrap_or_default();
            if extent_of(name).is_some() {
                let start = start + sign + 3;
                let end = word_end(bytes, start);
                let secret = start < end && is_of_a_word(bytes[start]);
                return secret.then_some(Hit {
                    start,
                    end,
                    shown: Shown::Nothing,
                });
            }
        }
        from = sign + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_misses_no_name() {
        for (name, extent) in NAMES {
            assert!(extent_of(name.as_bytes()) == Some(*extent), "{name}");
            assert!(
                name.len() >= SHORTEST && LAST.contains(name.as_bytes().last().unwrap()),
                "{name}"
            );
        }
    }
}
