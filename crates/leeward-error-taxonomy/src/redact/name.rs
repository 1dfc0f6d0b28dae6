//! Secrets that their name gives away: `name=value`, `"name": "value"`, `<name>value<`, `name%3Dvalue`.

use super::{Hit, looked, value};
use value::{Begin, Written};

/// How much of what follows a name is secret.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// All of the value, however short.
    Value,
    /// The value, if it is quoted or long enough to be no word of a sentence.
    LongValue,
    /// The rest of the line, or of the quotes: schemes and several parts.
    Line,
}

/// Ends of names, in lower case without `-`, `_` and `.`, the longer before those that they end with.
const NAMES: &[(&str, Extent)] = &[
    ("authorization", Extent::Line),
    ("cookie", Extent::Line),
    ("passphrase", Extent::Line),
    ("plaintext", Extent::Line),
    ("privatekey", Extent::Line),
    ("secretstring", Extent::Line),
    ("secretbinary", Extent::Line),
    ("accesstoken", Extent::Value),
    ("apikey", Extent::Value),
    ("authorizationtoken", Extent::Value),
    ("authtoken", Extent::Value),
    ("base32stringseed", Extent::Value),
    ("clientassertion", Extent::Value),
    ("clientsecret", Extent::Value),
    ("idtoken", Extent::Value),
    ("passcode", Extent::Value),
    ("passwd", Extent::Value),
    ("password", Extent::Value),
    ("pwd", Extent::Value),
    ("qrcodepng", Extent::Value),
    ("refreshtoken", Extent::Value),
    ("samlassertion", Extent::Value),
    ("samlresponse", Extent::Value),
    ("secretaccesskey", Extent::Value),
    ("secretkey", Extent::Value),
    ("securitytoken", Extent::Value),
    ("serversideencryptioncustomerkey", Extent::Value),
    ("sessiontoken", Extent::Value),
    ("signingkey", Extent::Value),
    ("ssecustomerkey", Extent::Value),
    ("tokencode", Extent::Value),
    ("webidentitytoken", Extent::Value),
    ("xamzsignature", Extent::Value),
    ("secret", Extent::LongValue),
    ("signature", Extent::LongValue),
    ("token", Extent::LongValue),
];

const SHORTEST: usize = 3;
/// The letters that a name may end with.
const LAST: &[u8] = b"degnty";
/// The longest name has 31 letters, and signs between them.
const LONGEST: usize = 48;
const LONG_VALUE: usize = 16;
/// An ARN has so many bytes at most before the type of its resource.
const ARN: usize = 80;

/// The secret that follows the word from `start` to `end`, if the word, read as `name`, is the name of one; it may be empty.
pub(super) fn value_after(bytes: &[u8], start: usize, end: usize, name: &[u8]) -> Option<Hit> {
    // Before the look into the table: most words of a sentence are followed by none of these.
    if !matches!(
        bytes.get(end)?,
        b'"' | b'\'' | b'`' | b'\\' | b':' | b'=' | b'>' | b' ' | b']' | b'('
    ) {
        return None;
    }
    if !ends_as_one(name) {
        return None;
    }
    let extent = extent_of(name)?;
    let begin = value::begin(bytes, start, end)?;
    let start = begin.at;
    let may_be_prose = extent == Extent::LongValue && matches!(begin.written, Written::Bare);
    if extent == Extent::LongValue && (!begin.is_separated || is_in_an_arn(bytes, start)) {
        return None;
    }
    let end = if extent == Extent::Line && begin.is_bare() {
        bytes.len()
    } else {
        value::end(bytes, &begin)
    };
    let shortest = if may_be_prose { LONG_VALUE } else { 0 };
    (end >= start + shortest).then_some(Hit::hidden(start, end))
}

/// Whether `word` can be a name, by its length and its last letter: most words, those of an ARN for one, cannot.
pub(super) fn may_be(word: &[u8]) -> bool {
    let is_last = |byte: &u8| LAST.contains(&byte.to_ascii_lowercase());
    word.len() >= SHORTEST && word.last().is_some_and(is_last)
}

/// Whether the last two letters of `word` are those of a name; signs within it do not count.
fn ends_as_one(word: &[u8]) -> bool {
    let mut letters = word
        .iter()
        .rev()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase);
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) => LAST_TWO.contains(&[before, last]),
        _ => false,
    }
}

/// The letters that a name may end with, two by two.
const LAST_TWO: [[u8; 2]; 14] = [
    *b"on", *b"ie", *b"se", *b"xt", *b"ey", *b"ng", *b"ry", *b"en", *b"ed", *b"et", *b"de", *b"wd",
    *b"rd", *b"re",
];

/// Whether `word` is the name of a secret.
pub(super) fn is_one(word: &[u8]) -> bool {
    extent_of(word).is_some_and(|extent| extent != Extent::LongValue)
}

fn extent_of(word: &[u8]) -> Option<Extent> {
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
    if !may_be(name) {
        return None;
    }
    // Its last letter tells nearly every other name apart.
    let found = NAMES.iter().find(|(ending, _)| {
        ending.as_bytes().last() == name.last() && name.ends_with(ending.as_bytes())
    });
    found.map(|(_, extent)| *extent)
}

/// `arn:aws:secretsmanager:…:secret:a-name-and-no-secret`.
fn is_in_an_arn(bytes: &[u8], at: usize) -> bool {
    let near = &bytes[at.saturating_sub(ARN)..at];
    looked(near.len());
    let from = near.iter().rposition(|&byte| byte == b' ').unwrap_or(0);
    near.ends_with(b":") && near[from..].windows(7).any(|part| part == b"arn:aws")
}

impl Begin {
    const fn is_bare(&self) -> bool {
        matches!(self.written, Written::Bare | Written::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_misses_no_name() {
        for (name, extent) in NAMES {
            assert!(extent_of(name.as_bytes()) == Some(*extent), "{name}");
            assert!(may_be(name.as_bytes()), "{name}");
            assert!(ends_as_one(name.as_bytes()), "{name}");
            assert!(ends_as_one(format!("{name}_").as_bytes()), "{name}");
        }
    }
}
