//! What the answers and codes of Lambda mean.

use aws_smithy_types::base64;
use leeward_error_taxonomy::AwsError;

/// Lambda says it of a function, of a version and of an alias.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// The last 4 KB of the log as Lambda sends them; what is cut in the middle of a character, or no text at all, shows as such.
pub(crate) fn log_tail(encoded: &str) -> Option<String> {
    let bytes = base64::decode(encoded).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_decoded_as_far_as_it_is_text() {
        assert_eq!(log_tail("U1RBUlQK").as_deref(), Some("START\n"));
        let cut = base64::encode([0xa9, b'x']);
        assert_eq!(log_tail(&cut).as_deref(), Some("\u{fffd}x"));
        assert_eq!(log_tail("?"), None);
    }
}
