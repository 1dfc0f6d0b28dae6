//! Secrets that their own form gives away, whatever stands around them.

use super::{Hit, Kind, Shown};

/// Prefixes of access key ids: long-lived, of a session, of a bearer token, and the documentation's.
const KEY_IDS: [&[u8; 4]; 5] = [b"AKIA", b"ASIA", b"ABIA", b"ACCA", b"AKID"];
/// An access key id is 16 characters or longer (IAM API reference, AccessKey).
const SHORTEST_KEY_ID: usize = 16;
/// No secret that is known by its form is shorter.
pub(super) const SHORTEST: usize = SHORTEST_KEY_ID;
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
pub(super) fn find(text: &str, start: usize, end: usize, kind: Kind) -> Option<Hit> {
    let bytes = text.as_bytes();
    if bytes[start..end].starts_with(b"-----BEGIN") {
        return pem(text, end);
    }
    if end - start < SHORTEST {
        return None;
    }
    let found = [prefixed(bytes, start, end), random(bytes, start, end, kind)];
    found.into_iter().flatten().min_by_key(|hit| hit.start)
}

/// `-----BEGIN … PRIVATE KEY-----`: to the end of its last line, or of the text.
fn pem(text: &str, end: usize) -> Option<Hit> {
    let rest = &text[end..];
    let at = rest.find("KEY-----")?;
    let closed = rest[at + 8..].find("KEY-----");
    Some(Hit {
        start: end + at,
        end: closed.map_or(text.len(), |closed| end + at + 8 + closed + 8),
        shown: Shown::Nothing,
    })
}

/// A token or an access key id, whichever comes first: both are known by how they begin.
fn prefixed(bytes: &[u8], start: usize, end: usize) -> Option<Hit> {
    let word = &bytes[start..end];
    word.windows(2)
        .enumerate()
        // The first two letters of the prefixes tell nearly everything else apart.
        .find_map(|(at, two)| match two {
            b"AK" | b"AS" | b"AB" | b"AC" => key_id(word, at),
            b"AQ" | b"IQ" | b"Fw" | b"ey" => token(word, at),
            _ => None,
        })
        .map(|hit| Hit {
            start: start + hit.start,
            end: start + hit.end,
            ..hit
        })
}

fn token(word: &[u8], at: usize) -> Option<Hit> {
    let rest = &word[at..];
    let is_token = TOKENS.iter().any(|prefix| rest.starts_with(prefix));
    (is_token && rest.len() >= SHORTEST_TOKEN).then_some(Hit {
        start: at,
        end: word.len(),
        shown: Shown::Nothing,
    })
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
                return Some(Hit {
                    start,
                    end,
                    shown: Shown::Nothing,
                });
            }
        }
        from = end + 1;
    }
    None
}

fn is_random_for_an_id(run: &[u8]) -> bool {
    match run.len() {
        SECRET_KEY => true,
        SIGNATURE => run.iter().all(u8::is_ascii_hexdigit),
        length => length > LONGEST_ID,
    }
}

const fn is_base64(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'%')
}

/// Whether `run` changes between upper case, lower case, digits and signs as often as chance does.
///
/// Among 64 evenly drawn characters 65 of 100 neighbours differ in class; in names written in camel case about a third do.
fn is_random(run: &[u8]) -> bool {
    if run.iter().all(u8::is_ascii_hexdigit) {
        return run.len() == SIGNATURE;
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
