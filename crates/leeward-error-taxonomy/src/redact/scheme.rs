//! Credentials after the scheme of an `Authorization` header, wherever the name of the header stands.

use super::{Hit, looked, value};

/// How far before a scheme the name of the header may stand.
const NEAR: usize = 80;
const HEADER: &[u8] = b"authorization";
/// What is said of a scheme rather than with it.
const PROSE: &[&[u8]] = &[
    b"access",
    b"and",
    b"auth",
    b"authentication",
    b"authorization",
    b"credentials",
    b"header",
    b"headers",
    b"is",
    b"or",
    b"scheme",
    b"token",
    b"tokens",
    b"was",
];
/// The schemes that begin with a B, `Basic` and `Bearer`, are no longer.
pub(super) const LONGEST_WITH_B: usize = 6;
/// No credentials are shorter, where nothing else gives them away.
const SHORTEST: usize = 8;
/// No word of a sentence after `Bearer` is as long.
const LONG: usize = 16;

/// What follows the word from `start` to `end`, if the word is a scheme and this its credentials.
pub(super) fn credentials_after(bytes: &[u8], start: usize, end: usize) -> Option<Hit> {
    let word = &bytes[start..end];
    let is = |scheme: &[u8]| word.eq_ignore_ascii_case(scheme);
    let is_aws = word.len() > 5 && word[..5].eq_ignore_ascii_case(b"AWS4-");
    if !is_aws && !is(b"Basic") && !is(b"Bearer") {
        return None;
    }
    let blanks = bytes[end..]
        .iter()
        .take_while(|&&byte| byte == b' ')
        .count();
    looked(blanks);
    let from = end + blanks;
    if blanks == 0 || from == bytes.len() {
        return None;
    }
    if is_aws {
        if !bytes[from..].starts_with(b"Credential=") && !is_near_the_header(bytes, start) {
            return None;
        }
        let end = value::line_end(bytes, start, from);
        return (from < end).then_some(Hit::hidden(from, end));
    }
    let from = from + usize::from(matches!(bytes[from], b'"' | b'\''));
    let end = value::bare_end(bytes, from);
    let credentials = &bytes[from..end];
    let is_prose = PROSE
        .iter()
        .any(|word| credentials.eq_ignore_ascii_case(word));
    let is_secret = !credentials.is_empty()
        && !is_prose
        && (is_near_the_header(bytes, start)
            || (credentials.len() >= SHORTEST && is_encoded(credentials))
            || (is(b"Bearer") && credentials.len() >= LONG));
    is_secret.then_some(Hit::hidden(from, end))
}

fn is_near_the_header(bytes: &[u8], start: usize) -> bool {
    let near = &bytes[start.saturating_sub(NEAR)..start];
    looked(near.len());
    near.windows(HEADER.len())
        .any(|word| word.eq_ignore_ascii_case(HEADER))
}

/// Whether it is written as nobody writes a word: in base64, or as `user:password`.
fn is_encoded(credentials: &[u8]) -> bool {
    let is_odd = |byte: &u8| byte.is_ascii_digit() || b"=+/_:".contains(byte);
    let turns = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    credentials.iter().any(is_odd) || credentials.windows(2).any(turns)
}
