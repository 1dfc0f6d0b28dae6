//! Takes secrets out of texts: the one place through which every text of a record or an [`AwsError`](crate::AwsError) goes.
//!
//! A secret is known by the name before it (`name` below) or by its own form (`form`). What has neither, such as a
//! password in the middle of a sentence, nobody can know.

mod form;
mod name;

use crate::IamAction;
use std::borrow::Cow;

pub(crate) const REDACTED: &str = "[redacted]";

/// Takes secrets out of `text` and puts it on one line; borrows it where there is nothing to do.
///
/// Access key ids keep their prefix and their last four characters. Secret keys, session tokens, `Authorization` headers,
/// signatures, passwords of proxies, plaintexts and private keys become `[redacted]`.
///
/// ```
/// use leeward_error_taxonomy::redact;
///
/// let told = "user AKIAIOSFODNN7EXAMPLE, SecretAccessKey=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// assert_eq!(redact(told), "user AKIA****MPLE, SecretAccessKey=[redacted]");
/// ```
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    without(text, Kind::Words)
}

/// Takes secrets out of an id, which may look as random as they do.
pub(crate) fn in_id(text: &str) -> Cow<'_, str> {
    // A UUID, which most ids are, is too short for a digest and holds no prefix.
    let is_of_a_uuid = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    if text.len() <= 36 && text.bytes().all(is_of_a_uuid) {
        return Cow::Borrowed(text);
    }
    without(text, Kind::Id)
}

fn without(text: &str, kind: Kind) -> Cow<'_, str> {
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

/// Whether the words of an action read off a message hold nothing that looks like a secret.
pub(crate) fn is_plain(action: &IamAction<'_>) -> bool {
    action
        .parts()
        .iter()
        .all(|part| clean(part, Kind::Words).is_none())
}

/// Something in `text` from `start` to `end`, and what to write in its place.
struct Hit {
    start: usize,
    end: usize,
    shown: Shown,
}

enum Shown {
    Nothing,
    /// An access key id: its first and last four characters.
    Ends,
}

/// `text` without its secrets, or none if it has none.
fn clean(text: &str, kind: Kind) -> Option<String> {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < bytes.len() {
        if !is_of_a_word(bytes[at]) {
            at = match url_password(bytes, at) {
                Some(end) => {
                    push(&mut clean, &text[kept..at + 3], REDACTED);
                    kept = end;
                    end
                }
                None => at + 1,
            };
            continue;
        }
        let end = word_end(bytes, at);
        if !is_worth_a_look(bytes, at, end) {
            at = end;
            continue;
        }
        let hit = name::value_after(text, at, end).or_else(|| form::find(text, at, end, kind));
        let Some(hit) = hit else {
            at = end;
            continue;
        };
        clean.push_str(&text[kept..hit.start]);
        match hit.shown {
            Shown::Nothing => clean.push_str(REDACTED),
            Shown::Ends => {
                push(&mut clean, &text[hit.start..hit.start + 4], "****");
                clean.push_str(&text[hit.end - 4..hit.end]);
            }
        }
        (kept, at) = (hit.end, hit.end);
    }
    if kept == 0 {
        return None;
    }
    clean.push_str(&text[kept..]);
    Some(clean)
}

/// Whether the word from `start` to `end` can be a secret or stand before one; most are too short and stand before a space.
fn is_worth_a_look(bytes: &[u8], start: usize, end: usize) -> bool {
    if end - start >= form::SHORTEST || matches!(bytes[start], b'-' | b'B' | b'b') {
        return true;
    }
    let follows = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let is_named = match follows(end) {
        b' ' => matches!(
            follows(end + 1),
            b':' | b'=' | b'>' | b'"' | b'\'' | b' ' | b'\\'
        ),
        b':' | b'=' | b'>' | b'"' | b'\'' | b'\\' | b']' => name::may_be(&bytes[start..end]),
        _ => false,
    };
    is_named || bytes[start..end].contains(&b'%')
}

fn push(clean: &mut String, before: &str, instead: &str) {
    clean.push_str(before);
    clean.push_str(instead);
}

/// What names, base64, JSON web tokens and percent-encoding are written with.
const fn is_of_a_word(byte: u8) -> bool {
    OF_A_WORD[byte as usize]
}

const OF_A_WORD: [bool; 256] = {
    let mut of_a_word = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        of_a_word[byte] = matches!(
            byte as u8,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'_' | b'-' | b'.' | b'%'
        );
        byte += 1;
    }
    of_a_word
};

fn word_end(bytes: &[u8], start: usize) -> usize {
    let word = bytes[start..].iter().position(|&byte| !is_of_a_word(byte));
    word.map_or(bytes.len(), |length| start + length)
}

/// The end of the user and password of a URL whose `://` stands at `at`, which a proxy's URL may have.
fn url_password(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at..].strip_prefix(b"://")?;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>');
    let whole = rest.iter().position(ends).unwrap_or(rest.len());
    // The last one, since a password may hold any of `@`, `/` and `?` where nobody has encoded it.
    let sign = rest[..whole].iter().rposition(|&byte| byte == b'@')?;
    let path = rest[..sign].iter().position(|&byte| byte == b'/');
    let has_user = rest[..path.unwrap_or(sign)].contains(&b':') || path.is_none();
    has_user.then_some(at + 3 + sign)
}

/// Line breaks and other control characters become spaces, as a log wants it.
fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_plain = if text.is_ascii() {
        !text.bytes().any(|byte| byte.is_ascii_control())
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn what_aws_says_stays_as_it_is() {
        for text in [
            "",
            "Rate exceeded",
            "The security token included in the request is expired",
            "User: arn:aws:sts::111122223333:assumed-role/AdminRole/session is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:Decrypt action",
            "InvalidNextToken: The token is not valid",
            "ExpiredToken: The provided token has expired.",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)",
            "ItemCollectionSizeLimitExceededException: Item collection size limit exceeded",
            "Secrets Manager can't find the specified secret.",
            "Stack [MyStack-ProdLambdaExecutionRole-1ABC2DEF3GHI] does not exist",
            "tcp connect error: Connection refused (os error 111)",
            "error trying to connect: https://kms.us-east-1.amazonaws.com/?a=b@c",
            "Ключ недоступен — ждите",
        ] {
            check(text, text);
            assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn an_access_key_id_keeps_its_ends() {
        check("key AKIAIOSFODNN7EXAMPLE is", "key AKIA****MPLE is");
        check(
            "Credential=ASIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request",
            "Credential=ASIA****MPLE/20260101/us-east-1/s3/aws4_request",
        );
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for (text, expected) in [
            (
                "aws_secret_access_key = abc def",
                "aws_secret_access_key = [redacted] def",
            ),
            (
                r#"{"SessionToken":"a b\"c","x":1}"#,
                r#"{"SessionToken":"[redacted]","x":1}"#,
            ),
            (
                r#"{\"SecretAccessKey\":\"abc\"}"#,
                r#"{\"SecretAccessKey\":\"[redacted]\"}"#,
            ),
            (
                "<SecretAccessKey>abc</SecretAccessKey>",
                "<SecretAccessKey>[redacted]</SecretAccessKey>",
            ),
            (
                "?X-Amz-Signature=0af&X-Amz-Date=1",
                "?X-Amz-Signature=[redacted]&X-Amz-Date=1",
            ),
            (
                "X-Amz-Security-Token%3Dabc%26x",
                "X-Amz-Security-Token%3D[redacted]",
            ),
            ("password%3Dhunter2 x", "password%3D[redacted] x"),
            (
                "Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=b",
                "Authorization: [redacted]",
            ),
            (
                r#"{"authorization": "Bearer a.b", "x": 1}"#,
                r#"{"authorization": "[redacted]", "x": 1}"#,
            ),
            (
                "password: hunter2, user: eve",
                "password: [redacted], user: eve",
            ),
            (
                "Plaintext: Blob { inner: [1, 2] }, KeyId",
                "Plaintext: [redacted]",
            ),
            (
                "SecretString: Some(\"a b\")",
                "SecretString: Some(\"[redacted]\")",
            ),
            (
                "{ SecretAccessKey: Some(\"hunter2\"), at: 7 }",
                "{ SecretAccessKey: Some(\"[redacted]\"), at: 7 }",
            ),
            ("password: [\"hunter2\"]", "password: [\"[redacted]\"]"),
            ("Bearer abcdef0123456789abcdef", "Bearer [redacted]"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn secrets_are_known_by_their_form() {
        check(
            &format!("the key {SECRET}, they say"),
            "the key [redacted], they say",
        );
        check(&format!("({SECRET})"), "([redacted])");
        let token = format!("IQoJb3JpZ2luX2Vj{}", "abcDEF/012+".repeat(30));
        check(&format!("token {token}=="), "token [redacted]==");
        check(&format!("hash {}", "0af9".repeat(16)), "hash [redacted]");
        check(
            "jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_1",
            "jwt [redacted]",
        );
        check(
            "via http://eve:hunter2@proxy.example:3128/ failed",
            "via http://[redacted]@proxy.example:3128/ failed",
        );
        check(
            "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nrest",
            "-----BEGIN PRIVATE [redacted] rest",
        );
    }

    #[test]
    fn a_text_goes_on_one_line() {
        check(
            "no credentials:\n  Environment: not set\r\n  Profile: none\0",
            "no credentials: Environment: not set Profile: none",
        );
    }
}
