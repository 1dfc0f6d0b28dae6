use leeward_client_pool::{Name, NameRule};
use std::net::Ipv4Addr;

/// The name of a general purpose bucket.
pub type BucketName = Name<Bucket>;

/// The key of an object: its whole name within its bucket.
pub type ObjectKey = Name<Object>;

/// What may be the name of a general purpose bucket: S3 User Guide, "General purpose bucket naming rules".
///
/// Directory and table buckets, access points and ARNs are not named so. Nor are buckets of us-east-1 from before March 2018 with
/// capital letters or underscores.
#[derive(Debug)]
pub enum Bucket {}

impl NameRule for Bucket {
    const WHAT: &'static str = "the name of a bucket";

    fn check(text: &str) -> Result<(), String> {
        const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
        const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let rule = if !(3..=63).contains(&text.len()) {
            "it has 3 to 63 characters".to_owned()
        } else if !text
            .bytes()
            .all(|byte| inner(byte) || byte == b'-' || byte == b'.')
        {
            "it has lower-case letters, digits, hyphens and dots only".to_owned()
        } else if !text.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !text.ends_with(|c: char| c.is_ascii_alphanumeric())
        {
            "it begins and ends with a letter or a digit".to_owned()
        } else if text.contains("..") {
            "it has no two dots in a row".to_owned()
        } else if text.parse::<Ipv4Addr>().is_ok() {
            "it does not look like an IP address".to_owned()
        } else if let Some(prefix) = PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
            format!("it does not begin with {prefix}")
        } else if let Some(suffix) = SUFFIXES.iter().find(|suffix| text.ends_with(**suffix)) {
            format!("it does not end with {suffix}")
        } else {
            return Ok(());
        };
        Err(rule)
    }
}

/// What may be the key of an object: S3 User Guide, "Naming Amazon S3 objects".
#[derive(Debug)]
pub enum Object {}

impl NameRule for Object {
    const WHAT: &'static str = "the key of an object";

    fn check(text: &str) -> Result<(), String> {
        match text.len() {
            1..=1_024 => Ok(()),
            _ => Err("it has 1 to 1024 bytes of UTF-8".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_would_refuse_is_refused_with_the_rule() {
        for name in [
            "orders",
            "a.b-c",
            "123",
            "192.168.5.4.5",
            "a".repeat(63).as_str(),
        ] {
            assert!(name.parse::<BucketName>().is_ok(), "{name}");
        }
        for (name, rule) in [
            ("ab", "3 to 63"),
            ("Orders", "lower-case"),
            ("a_b", "lower-case"),
            ("-ab", "begins and ends"),
            ("ab.", "begins and ends"),
            ("a..b", "two dots"),
            ("192.168.5.4", "IP address"),
            ("xn--bucket", "begin with xn--"),
            ("bucket-s3alias", "end with -s3alias"),
            ("arn:aws:s3:::orders", "lower-case"),
        ] {
            let error = name.parse::<BucketName>().unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
        assert!("ü".repeat(512).parse::<ObjectKey>().is_ok());
        assert!("ü".repeat(513).parse::<ObjectKey>().is_err());
        assert!("".parse::<ObjectKey>().is_err());
    }
}
