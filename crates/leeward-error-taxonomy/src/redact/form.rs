//! Secrets that their own form gives away, whatever stands around them.

use super::{Hit, Kind, REDACTED, Shown, looked};

/// Prefixes of access key ids: long-lived, of a session, of a bearer token, and the documentation's.
const KEY_IDS: [&[u8; 4]; 5] = [b"AKIA", b"ASIA", b"ABIA", b"ACCA", b"AKID"];
/// An access key id is 16 characters or longer (IAM API reference, AccessKey).
const SHORTEST_KEY_ID: usize = 16;
/// No secret that is known by its form is shorter.
pub(super) const SHORTEST: usize = SHORTEST_KEY_ID;
/// `-----BEGIN` ends with it.
pub(super) const LAST_OF_PEM: u8 = b'N';
/// `RSA PRIVATE KEY` and other labels of PEM (RFC 7468) are no longer.
const LONGEST_LABEL: usize = 64;
/// A secret access key: 30 bytes in base64.
const SECRET_KEY: usize = 40;
/// A SHA-256 in hexadecimal, as SigV4 signs with.
const SIGNATURE: usize = 64;
/// What session tokens begin with: base64 of `!\norigin`, of older forms, and the frame of a JSON web token.
const TOKENS: [&[u8]; 4] = [b"IQoJb3JpZ2lu", b"FwoGZXIvYXdz", b"AQoDYXdz", b"eyJ"];
/// The second id of S3 has 76 characters; session tokens have hundreds.
const LONGEST_ID: usize = 128;
const SHORTEST_TOKEN: usize = 20;

/// The first secret within the word from `start` to `end`.
pub(super) fn find(bytes: &[u8], start: usize, end: usize, kind: Kind) -> Option<Hit> {
    if bytes[start..end].ends_with(b"-----BEGIN") {
        return pem(bytes, end);
    }
    if end - start < SHORTEST {
        return None;
    }
    let found = [
        prefixed(bytes, start, end),
        random(bytes, start, end, kind),
        digest(bytes, start, end),
    ];
    found.into_iter().flatten().min_by_key(|hit| hit.start)
}

/// Whether `text` is a word of letters and digits that is too short for a secret key, and none of an access key.
pub(super) fn is_short_id(text: &[u8]) -> bool {
    text.len() < SECRET_KEY
        && text.iter().all(u8::is_ascii_alphanumeric)
        && prefixed(text, 0, text.len()).is_none()
}

/// Whether `text` is one run of base64 of such a length as S3's second ids have (64, 76 and more), and no secret.
///
/// What [`find`] would say of it, without its looks at names, schemes and digests, which the form leaves no room for.
pub(super) fn is_id_of_s3(text: &[u8]) -> bool {
    let id = text.strip_suffix(b"=").unwrap_or(text);
    let id = id.strip_suffix(b"=").unwrap_or(id);
    let all = |is: fn(u8) -> bool| id.iter().fold(true, |so_far, &byte| so_far & is(byte));
    // A digest is letters and digits alone.
    (SECRET_KEY + 1..=LONGEST_ID).contains(&id.len())
        && all(is_base64)
        && !all(|byte| byte.is_ascii_alphanumeric())
        && prefixed(id, 0, id.len()).is_none()
        && digest(id, 0, id.len()).is_none()
}

/// `-----BEGIN … PRIVATE KEY-----`: what follows, to the end of its last line or of the text.
fn pem(bytes: &[u8], end: usize) -> Option<Hit> {
    let find = |text: &[u8], wanted: &[u8]| {
        let found = text.windows(wanted.len()).position(|part| part == wanted);
        looked(found.unwrap_or(text.len()));
        found
    };
    let label = &bytes[end..bytes.len().min(end + LONGEST_LABEL)];
    let length = find(label, b"-----")?;
    find(&label[..length], b"PRIVATE KEY")?;
    let start = end + length + 5;
    if bytes[start..].starts_with(REDACTED.as_bytes()) {
        return None;
    }
    let close = find(&bytes[start..], b"-----END").map(|at| start + at + 8);
    let end = close.and_then(|close| Some(close + find(&bytes[close..], b"-----")? + 5));
    let end = end.unwrap_or(bytes.len());
    (start < end).then_some(Hit::hidden(start, end))
}

/// A token or an access key id, whichever comes first: both are known by how they begin.
fn prefixed(bytes: &[u8], start: usize, end: usize) -> Option<Hit> {
    let word = &bytes[start..end];
    // Most words hold none of them, which is told of many bytes at once, for there is no way out of this loop.
    let begins = |(&one, &two): (&u8, &u8)| {
        (one == b'A') & matches!(two, b'K' | b'S' | b'B' | b'C' | b'Q')
            | (one == b'I') & (two == b'Q')
            | (one == b'F') & (two == b'w')
            | (one == b'y') & (two == b'J')
    };
    let pairs = word.iter().zip(word.get(1..)?);
    if !pairs.fold(false, |found, pair| found | begins(pair)) {
        return None;
    }
    let is_escaped = bytes[..start].ends_with(b"\\");
    word.windows(2)
        .enumerate()
        .find_map(|(at, two)| match two {
            b"AK" | b"AS" | b"AB" | b"AC" => key_id(word, at),
            b"AQ" | b"IQ" | b"Fw" | b"ey" => token(word, at, is_escaped),
            _ => None,
        })
        .map(|hit| Hit {
            start: start + hit.start,
            end: start + hit.end,
            ..hit
        })
}

fn token(word: &[u8], at: usize, is_escaped: bool) -> Option<Hit> {
    let rest = &word[at..];
    let prefix = TOKENS.iter().find(|prefix| rest.starts_with(prefix))?;
    // Three letters may stand in the middle of a name; not so at its start, be it after the `\n` of a line break.
    let begins = match word[..at] {
        [] => true,
        [_] if is_escaped => true,
        [.., before] => prefix.len() > 3 || !before.is_ascii_alphanumeric(),
    };
    (begins && rest.len() >= SHORTEST_TOKEN).then_some(Hit::hidden(at, word.len()))
}

fn key_id(word: &[u8], at: usize) -> Option<Hit> {
    let rest = &word[at..];
    if !KEY_IDS.iter().any(|prefix| rest.starts_with(*prefix)) {
        return None;
    }
    let is_of_an_id = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let length = rest.iter().take_while(|byte| is_of_an_id(byte)).count();
    (length >= SHORTEST_KEY_ID).then_some(Hit {
        start: at,
        end: at + length,
        shown: Shown::Ends,
    })
}

/// A run of base64 that no one writes by hand.
fn random(bytes: &[u8], start: usize, end: usize, kind: Kind) -> Option<Hit> {
    let has = |is: fn(&u8) -> bool| {
        let word = bytes[start..end].iter();
        word.fold(false, |found, byte| found | is(byte))
    };
    // What chance draws is of both cases; paths and names are of one.
    if end - start < SECRET_KEY || !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return None;
    }
    let mut from = start;
    while end - from.min(end) >= SECRET_KEY {
        let run = bytes[from..end].iter().take_while(|byte| is_base64(**byte));
        let end = from + run.count();
        // What is neither may still have a slash before it, which belongs to a path.
        let past = from + usize::from(bytes[from] == b'/');
        for start in [from, past] {
            let run = &bytes[start..end];
            let may_be = match kind {
                Kind::Words => run.len() >= SECRET_KEY,
                Kind::Id => is_random_for_an_id(run),
            };
            if may_be && is_random(run) {
                return Some(Hit::hidden(start, end));
            }
        }
        from = end + 1;
    }
    None
}

/// A signature or another SHA-256 in hexadecimal, whatever path or parameter it stands in.
fn digest(bytes: &[u8], start: usize, end: usize) -> Option<Hit> {
    if end - start < SIGNATURE {
        return None;
    }
    let mut from = start;
    while from + SIGNATURE <= end {
        let rest = &bytes[from..end];
        let run = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric());
        let length = run.count();
        if length == SIGNATURE && rest[..length].iter().all(u8::is_ascii_hexdigit) {
            return Some(Hit::hidden(from, from + length));
        }
        from += length + 1;
    }
    None
}

fn is_random_for_an_id(run: &[u8]) -> bool {
    run.len() == SECRET_KEY || run.len() > LONGEST_ID
}

const fn is_base64(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/')
}

/// Whether `run` changes between upper case, lower case, digits and signs as often as chance does.
///
/// Among 64 evenly drawn characters 65 of 100 neighbours differ in class; in names written in camel case about a third do.
fn is_random(run: &[u8]) -> bool {
    if run.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return false;
    }
    let changes = run
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]));
    let changes = changes.count();
    let has_more = has(|byte| !byte.is_ascii_alphabetic());
    changes * 5 >= run.len() * 2 || (run.len() == SECRET_KEY && (has_more || changes >= 13))
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}
