//! The textual form of keys (RFC 7468), as far as two labels go.

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

/// Why a text is not the PEM of the label that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotPem {
    /// There is no `-----BEGIN` line.
    NoBegin,
    /// The first block is of another label.
    Label(String),
    /// The block has no `-----END` line of its label.
    NoEnd,
    /// What stands between the lines is not base64.
    NotBase64,
}

/// The DER of the first block in `text`, which must be a `label`.
///
/// Both the text without its line breaks and the DER are wiped on drop.
pub(super) fn decode(text: &str, label: &str) -> Result<Zeroizing<Vec<u8>>, NotPem> {
    const BEGIN: &str = "-----BEGIN ";
    let (_, rest) = text.split_once(BEGIN).ok_or(NotPem::NoBegin)?;
    let (found, rest) = rest.split_once("-----").ok_or(NotPem::NoBegin)?;
    if found != label {
        // Whoever gives the wrong file may give any: only what can be a label is shown.
        let shown = found
            .chars()
            .take(40)
            .filter(|char| char.is_ascii_graphic() || *char == ' ');
        return Err(NotPem::Label(shown.collect()));
    }
    let end = format!("-----END {label}-----");
    let (block, _) = rest.split_once(&end).ok_or(NotPem::NoEnd)?;
    // As large as it may get, so that no copy is left behind by growing.
    let mut base64 = Zeroizing::new(String::with_capacity(block.len()));
    base64.extend(block.chars().filter(|char| !char.is_ascii_whitespace()));
    let mut der = Zeroizing::new(Vec::with_capacity(base64.len()));
    BASE64_STANDARD
        .decode_vec(base64.as_bytes(), &mut der)
        .map_err(|_| NotPem::NotBase64)?;
    Ok(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[u8], NotPem>) {
        let found = decode(text, "PUBLIC KEY");
        assert_eq!(
            found.as_deref().map(Vec::as_slice),
            expected.as_ref().copied()
        );
    }

    #[test]
    fn reads_what_tools_write() {
        let der: &[u8] = b"any thirteen";
        check(
            "-----BEGIN PUBLIC KEY-----\nYW55IHRoaXJ0ZWVu\n-----END PUBLIC KEY-----\n",
            Ok(der),
        );
        check(
            "# ours\r\n-----BEGIN PUBLIC KEY-----\r\nYW55IHRo\r\naXJ0ZWVu\r\n-----END PUBLIC KEY-----",
            Ok(der),
        );
    }

    #[test]
    fn says_what_is_wrong() {
        check("", Err(NotPem::NoBegin));
        check("YW55IHRoaXJ0ZWVu", Err(NotPem::NoBegin));
        check("-----BEGIN PUBLIC KEY", Err(NotPem::NoBegin));
        check(
            "-----BEGIN RSA PRIVATE KEY-----\n",
            Err(NotPem::Label("RSA PRIVATE KEY".to_owned())),
        );
        let long = format!("-----BEGIN {}\n-----", "x".repeat(100));
        check(&long, Err(NotPem::Label("x".repeat(40))));
        check("-----BEGIN PUBLIC KEY-----\nYW55", Err(NotPem::NoEnd));
        check(
            "-----BEGIN PUBLIC KEY-----\nYW5?\n-----END PUBLIC KEY-----",
            Err(NotPem::NotBase64),
        );
    }
}
