//! Takes secrets out of texts: the one place through which every text of a record or an [`AwsError`](crate::AwsError) goes.
//!
//! A secret is known by the name before it (`name`, and `value` for how far it goes), by the scheme of its header
//! (`scheme`), as the password of a URL (`url`) or by its own form (`form`); the name may also stand in a member of its own
//! before it (`pair`). Percent-encoding hides none of these (`encoded`), nor do entities and escapes (`escaped`). `scan` walks
//! the text once, unless a `glance` has shown that there is nothing to find.

mod decoded;
mod encoded;
mod escaped;
mod form;
mod glance;
mod kept;
mod name;
mod pair;
mod scan;
mod scheme;
#[cfg(test)]
mod tables;
mod url;
mod value;

pub(crate) use kept::Kept;

use crate::OperationName;
use scan::Scan;
use std::borrow::Cow;

pub(crate) const REDACTED: &str = "[redacted]";

/// Takes secrets out of `text` and puts it on one line; borrows it where there is nothing to do.
///
/// Access key ids keep their prefix and their last four characters. Secret keys, session tokens, `Authorization` headers,
/// cookies, signatures, passwords (of proxies too), plaintexts and private keys become `[redacted]`.
///
/// ```
/// use leeward_error_taxonomy::redact;
///
/// let told = "user AKIAIOSFODNN7EXAMPLE, SecretAccessKey=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// assert_eq!(redact(told), "user AKIA****MPLE, SecretAccessKey=[redacted]");
/// ```
///
/// How far a named secret goes is read off the way it is written:
///
/// | written | goes to |
/// |---|---|
/// | in quotes, as JSON, YAML, SQL and `Debug` write it, in strings within strings too | the closing quote |
/// | as the text of an XML element | the closing tag |
/// | as a parameter of a query, percent-encoded up to three times too | the next parameter |
/// | bare | the next blank, or what closes the JSON or XML around it |
/// | in a member or a place of its own, `Key=password,Value=…` or `("password", …)` | as above |
/// | in brackets, as `Debug` writes bytes | the closing bracket |
/// | headers, cookies, plaintexts and passphrases without quotes | the end of the text |
///
/// Entities of XML, escapes of JSON and blanks beyond ASCII are read as what they stand for.
///
/// What it cannot know: a secret with neither a name nor a form, such as a password in the middle of a sentence; one whose
/// name comes after it or stands in words (`the password is …`); what follows a blank in a bare value; what follows a quote
/// that is not escaped within quotes. After a bare `token:`, `secret:` or `signature:` and a blank, a word that sentences
/// go on with, such as `expired`, stays.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    without(text, Kind::Words)
}

/// Takes secrets out of an id, which may look as random as they do.
fn in_id(text: &str) -> Cow<'_, str> {
    if has_the_form_of_an_id(text) {
        return Cow::Borrowed(text);
    }
    without(text, Kind::Id)
}

/// Whether it is a short word, a UUID or one of S3's ids, and so no secret.
fn has_the_form_of_an_id(text: &str) -> bool {
    // A UUID, which most ids are, is too short for a digest and holds no prefix.
    let is_of_a_uuid = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    (text.len() <= 36 && text.bytes().all(is_of_a_uuid))
        || form::is_short_id(text.as_bytes())
        || form::is_id_of_s3(text.as_bytes())
}

fn without(text: &str, kind: Kind) -> Cow<'_, str> {
    if glance::is_plain(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let text = on_one_line(text);
    match clean(&text, kind) {
        None => text,
        Some(clean) => Cow::Owned(clean),
    }
}

/// What a text is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Words,
    /// Opaque, as ids of requests are.
    Id,
}

/// The name of an operation as it may be printed: unknown, where somebody took a secret for a name.
pub(crate) fn operation(name: OperationName) -> OperationName {
    let is_plain =
        |name: &str| glance::is_plain(name.as_bytes()) || clean(name, Kind::Words).is_none();
    if is_plain(name.service()) && is_plain(name.operation()) {
        name
    } else {
        OperationName::UNKNOWN
    }
}

/// Something in a text from `start` to `end`, and what to write in its place.
struct Hit {
    start: usize,
    end: usize,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Nothing,
    /// An access key id: its first and last four characters.
    Ends,
}

impl Hit {
    const fn hidden(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            shown: Shown::Nothing,
        }
    }
}

/// `text` without its secrets, or none if it has none.
fn clean(text: &str, kind: Kind) -> Option<String> {
    let found = Scan::new(text.as_bytes(), kind);
    let escaped = escaped::find(text.as_bytes(), kind);
    if escaped.is_empty() {
        return hide(text, found);
    }
    let mut all: Vec<Hit> = found.chain(escaped).collect();
    all.sort_by_key(|hit| hit.start);
    hide(text, all)
}

fn hide(text: &str, hits: impl IntoIterator<Item = Hit>) -> Option<String> {
    let mut clean = String::new();
    let mut kept = 0;
    for hit in hits {
        // Told after the fact, a value may reach back into what another name has hidden.
        let start = hit.start.max(kept);
        if start >= hit.end {
            continue;
        }
        clean.push_str(&text[kept..start]);
        match hit.shown {
            Shown::Ends if start == hit.start => {
                clean.push_str(&text[start..start + 4]);
                clean.push_str("****");
                clean.push_str(&text[hit.end - 4..hit.end]);
            }
            // What two names hide is one piece.
            _ if start == kept && clean.ends_with(REDACTED) => {}
            _ => clean.push_str(REDACTED),
        }
        kept = hit.end;
    }
    if kept == 0 {
        return None;
    }
    clean.push_str(&text[kept..]);
    Some(clean)
}

/// Line breaks and other control characters become spaces, as a log wants it.
fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_plain = if text.is_ascii() {
        // By pieces without a way out of them, which the compiler makes one comparison of many bytes.
        let has_control = |piece: &[u8]| {
            piece
                .iter()
                .fold(false, |found, byte| found | byte.is_ascii_control())
        };
        !text.as_bytes().chunks(64).any(has_control)
    } else {
        !text.contains(char::is_control)
    };
    if is_plain {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&str> = text
        .split(char::is_control)
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Cow::Owned(lines.join(" "))
}

/// Counts the bytes that were looked at, for the test that holds the scan to a line.
fn looked(bytes: usize) {
    #[cfg(test)]
    tables::STEPS.with(|steps| steps.set(steps.get() + bytes));
    #[cfg(not(test))]
    let _ = bytes;
}
