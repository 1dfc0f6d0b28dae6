//! What the answers and codes of Lambda mean.

use aws_smithy_types::{
    base64,
    date_time::{DateTime, Format},
};
use leeward_error_taxonomy::AwsError;
use std::time::SystemTime;

/// Lambda says it of a function, of a version and of an alias.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// The last 4 KB of the log as Lambda sends them; what is cut in the middle of a character, or no text at all, shows as such.
pub(crate) fn log_tail(encoded: &str) -> Option<String> {
    let bytes = base64::decode(encoded).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The time that Lambda writes as `2026-11-22T08:30:00.123+0000`, which is RFC 3339 but for a colon.
pub(crate) fn time(text: &str) -> Option<SystemTime> {
    let text = text
        .strip_suffix("+0000")
        .map_or_else(|| text.to_owned(), |at| format!("{at}Z"));
    let at = DateTime::from_str(&text, Format::DateTimeWithOffset).ok()?;
    at.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_log_is_decoded_as_far_as_it_is_text() {
        assert_eq!(log_tail("U1RBUlQK").as_deref(), Some("START\n"));
        let cut = base64::encode([0xa9, b'x']);
        assert_eq!(log_tail(&cut).as_deref(), Some("\u{fffd}x"));
        assert_eq!(log_tail("?"), None);
    }

    #[test]
    fn a_time_is_read_with_a_colon_in_its_offset_and_without() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_336_200_123);
        for text in [
            "2026-11-22T08:30:00.123+0000",
            "2026-11-22T08:30:00.123Z",
            "2026-11-22T10:30:00.123+02:00",
        ] {
            assert_eq!(time(text), Some(at), "{text}");
        }
        for text in ["", "yesterday", "2026-11-22", "+0000"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
