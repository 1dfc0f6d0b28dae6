//! What an ETag says of content, where it is an MD5: S3 API Reference, `Object`, `ETag`. Of objects under KMS keys it is not.

use md5::{Digest, Md5};

/// The ETag of an object, or of a part, that was written in one go.
pub(crate) fn etag_of_bytes(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(&Md5::digest(bytes)))
}

/// The ETag of an object that was put together of parts with these; `None` if one of them is no MD5.
pub(crate) fn etag_of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let (mut all, mut count) = (Md5::new(), 0);
    for part in parts {
        all.update(unhex(part.trim_matches('"'))?);
        count += 1;
    }
    Some(format!("\"{}-{count}\"", hex(&all.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let is_md5 = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_md5
        .then(|| u128::from_str_radix(text, 16).ok())?
        .map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_those_that_s3_makes() {
        // Computed with Python's hashlib.
        let parts = [&b"abc"[..], b"defg"].map(etag_of_bytes);
        assert_eq!(parts[0], "\"900150983cd24fb0d6963f7d28e17f72\"");
        let whole = etag_of_parts(parts.iter().map(String::as_str));
        assert_eq!(
            whole.as_deref(),
            Some("\"2c965f10c4ffa837ae1b9f66d61f950e-2\"")
        );
        assert_eq!(
            etag_of_parts(["\"900150983cd24fb0d6963f7d28e17f72-1\""]),
            None
        );
        assert_eq!(etag_of_parts(["+0150983cd24fb0d6963f7d28e17f72aa"]), None);
    }
}
