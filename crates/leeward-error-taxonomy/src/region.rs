use crate::redact;
use std::{borrow::Cow, fmt, str::FromStr};

/// Names an AWS Region, such as `us-east-1`.
///
/// A name becomes part of a host name, so only lower-case letters, digits and inner hyphens are let in, 63 characters at
/// most (a DNS label, RFC 1123 section 2.1). Whether AWS has such a Region is for AWS to say.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Cow<'static, str>);

impl Region {
    /// Names a Region in a constant.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// const HOME: Region = Region::from_static("eu-central-1");
    /// assert_eq!(HOME.as_str(), "eu-central-1");
    /// ```
    ///
    /// # Panics
    ///
    /// If the name is not one that [`Region::new`] takes; in a constant that is a compile error.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_host_label(name), "not the name of an AWS Region");
        Self(Cow::Borrowed(name))
    }

    /// Takes the name of a Region.
    ///
    /// # Errors
    ///
    /// [`InvalidRegion`] if the name could not be part of a host name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidRegion> {
        let name = name.into();
        if is_host_label(&name) {
            Ok(Self(name))
        } else {
            Err(InvalidRegion::new(&name))
        }
    }

    /// The partition that the Region is of, as ARNs write it: `aws`, `aws-cn`, `aws-us-gov` …
    ///
    /// Neither credentials nor the names of resources are good in two of them. Read off the name, as the SDK's own table of
    /// partitions does; what begins like none of them, an emulator's Region say, is of `aws`.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// assert_eq!(Region::from_static("us-gov-west-1").partition(), "aws-us-gov");
    /// assert_eq!(Region::from_static("eu-central-1").partition(), "aws");
    /// ```
    #[must_use]
    pub fn partition(&self) -> &'static str {
        const PREFIXES: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        let found = PREFIXES
            .iter()
            .find(|(prefix, _)| self.0.starts_with(prefix));
        found.map_or("aws", |(_, partition)| partition)
    }

    /// The name, as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Region {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(name: &str) -> Result<Self, InvalidRegion> {
        Self::new(name.to_owned())
    }
}

/// Says that a text cannot be the name of an AWS Region.
///
/// It shows the beginning of the text, without the secrets that a mixed-up setting may have put there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is no AWS Region: write it as in us-east-1, lower-case letters, digits and hyphens"
)]
pub struct InvalidRegion {
    name: String,
}

impl InvalidRegion {
    /// A name that is a little too long can still be told from another.
    const SHOWN: usize = 80;

    fn new(name: &str) -> Self {
        let mut name = redact(name).into_owned();
        if let Some((end, _)) = name.char_indices().nth(Self::SHOWN) {
            name.truncate(end);
            name.push('…');
        }
        Self { name }
    }
}

const fn is_host_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 63 || bytes[0] == b'-' || bytes[bytes.len() - 1] == b'-' {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_aws_uses_and_nothing_that_breaks_a_host_name() {
        for name in [
            "us-east-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "aws-global",
            "local",
        ] {
            assert_eq!(Region::new(name).unwrap().as_str(), name);
        }
        let long = "a".repeat(64);
        for name in [
            "",
            "US-EAST-1",
            "us east",
            "-us",
            "us-",
            "evil.example",
            "a/b",
            long.as_str(),
        ] {
            assert!(name.parse::<Region>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn says_how_a_region_is_written() {
        let refused = "Frankfurt".parse::<Region>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            r#""Frankfurt" is no AWS Region: write it as in us-east-1, lower-case letters, digits and hyphens"#
        );
    }

    #[test]
    fn shows_neither_a_secret_nor_more_than_a_line_of_what_it_refuses() {
        let told = |name: &str| {
            let refused = name.parse::<Region>().unwrap_err();
            format!("{refused} {refused:?} {refused:#?}")
        };
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert!(!told(secret).contains(&secret[..8]), "{}", told(secret));
        let url = told("http://eve:hunter2@proxy:3128");
        assert!(!url.contains("hunter2"), "{url}");
        let long = "é".repeat(100_000);
        let refused = Region::new(long).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("\"{}…\" is no", "é".repeat(80))));
    }
}
