//! Secrets that their name gives away: `name=value`, `"name": "value"`, `<name>value<`, `name%3Dvalue`.

use super::{Hit, looked, pair, scan::is_of_a_word, value};
use value::{Begin, Written};

/// How much of what follows a name is secret.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// All of the value, however short.
    Value,
    /// The value, unless it is a word of a sentence about what is named.
    ValueNotProse,
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
    ("invalidtoken", Extent::ValueNotProse),
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
    ("secret", Extent::ValueNotProse),
    ("signature", Extent::ValueNotProse),
    ("token", Extent::ValueNotProse),
];

const SHORTEST: usize = 3;
/// The letters that a name may end with.
const LAST: &[u8] = b"degnty";
/// The longest name has 31 letters, and signs between them.
const LONGEST: usize = 48;
/// No word of a sentence is as long.
const LONG_VALUE: usize = 16;
/// Error codes that end as names do begin so: what follows is their message.
const CODES: &[&[u8]] = &[
    b"bad",
    b"expired",
    b"incomplete",
    b"invalid",
    b"malformed",
    b"missing",
    b"unknown",
    b"unrecognized",
    b"unsupported",
];
/// What is said of a token, a secret or a signature after a colon.
const PROSE: &[&[u8]] = &[
    b"a",
    b"already",
    b"an",
    b"are",
    b"cannot",
    b"could",
    b"does",
    b"error",
    b"exceeded",
    b"expired",
    b"failed",
    b"found",
    b"has",
    b"header",
    b"in",
    b"incorrect",
    b"invalid",
    b"is",
    b"it",
    b"malformed",
    b"mismatch",
    b"missing",
    b"must",
    b"no",
    b"none",
    b"not",
    b"null",
    b"of",
    b"provided",
    b"required",
    b"should",
    b"that",
    b"the",
    b"this",
    b"to",
    b"unable",
    b"unknown",
    b"unsupported",
    b"was",
    b"when",
    b"wrong",
    b"you",
    b"your",
];
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
    let extent = extent_of(name).or_else(|| extent_of(pair::name_before(bytes, start, name)?))?;
    let begin = value::begin(bytes, start, end)?;
    let start = begin.at;
    let is_bare_value = extent == Extent::ValueNotProse && matches!(begin.written, Written::Bare);
    if extent == Extent::ValueNotProse && (!begin.is_separated || is_in_an_arn(bytes, start)) {
        return None;
    }
    let end = if extent == Extent::Line && begin.is_bare() {
        bytes.len()
    } else {
        value::end(bytes, &begin)
    };
    let is_prose = is_bare_value
        && !begin.is_assigned
        && end < start + LONG_VALUE
        && (is_code(name) || is_one_of(PROSE, &bytes[start..end]));
    (!is_prose && start <= end).then_some(Hit::hidden(start, end))
}

/// Whether `name` is rather that of an error, as in `ExpiredToken: The provided token has expired`.
fn is_code(name: &[u8]) -> bool {
    CODES.iter().any(|code| {
        let begin = name.get(..code.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(code))
    })
}

fn is_one_of(words: &[&[u8]], word: &[u8]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether `word` can be a name, by its length and its last letter: most words, those of an ARN for one, cannot.
pub(super) fn may_be(word: &[u8]) -> bool {
    let is_last = |byte: &u8| LAST.contains(&byte.to_ascii_lowercase());
    word.len() >= SHORTEST && word.last().is_some_and(is_last)
}

/// Whether `text` may end with the name of a secret, or with a word that may stand between that and the value.
pub(super) fn may_end_with_one(text: &[u8]) -> bool {
    match text {
        // Signs within a name do not count.
        &[.., one, two, three] if is_of_a_word(three) => {
            let last = [one | 0x20, two | 0x20, three | 0x20];
            are_last(last) || last.iter().any(|byte| !byte.is_ascii_alphanumeric())
        }
        _ => false,
    }
}

/// Whether a secret may follow `word`, by its name alone.
pub(super) fn may_stand_before_one(word: &[u8]) -> bool {
    let ends_with = |end: &[u8]| {
        let from = word.len().checked_sub(end.len());
        from.is_some_and(|from| word[from..].eq_ignore_ascii_case(end))
    };
    ends_with(b"header") || ends_with(b"value") || extent_of(word).is_some()
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
const LAST_TWO: [[u8; 2]; 15] = [
    *b"on", *b"ie", *b"se", *b"xt", *b"ey", *b"ng", *b"ry", *b"en", *b"ed", *b"et", *b"de", *b"wd",
    *b"rd", *b"re", // And `value`, whose name stands before it.
    *b"ue",
];

/// The letters that a name may end with, three by three, and those of `header` and `value`.
const fn are_last(letters: [u8; 3]) -> bool {
    matches!(
        &letters,
        b"ion"
            | b"kie"
            | b"ase"
            | b"ext"
            | b"key"
            | b"ing"
            | b"ary"
            | b"ken"
            | b"eed"
            | b"ret"
            | b"ode"
            | b"png"
            | b"swd"
            | b"pwd"
            | b"ord"
            | b"nse"
            | b"ure"
            | b"lue"
            | b"der"
    )
}

/// Whether `word` is the name of a secret.
pub(super) fn is_one(word: &[u8]) -> bool {
    extent_of(word).is_some_and(|extent| extent != Extent::ValueNotProse)
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
            assert!(may_end_with_one(name.as_bytes()), "{name}");
            assert!(may_end_with_one(format!("{name}_").as_bytes()), "{name}");
        }
    }
}
