use leeward_error_taxonomy::Region;
use std::fmt;

/// The ARN of a role, looked at before STS is asked for it.
///
/// `arn:{partition}:iam::{account}:role/{path}{name}`, "IAM identifiers" in the IAM User Guide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoleArn(Box<str>);

/// Says why a text is not the ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not the ARN of a role: {reason}; write it as in arn:aws:iam::111122223333:role/name"
)]
pub struct InvalidRoleArn {
    given: String,
    reason: &'static str,
}

impl InvalidRoleArn {
    /// What is wrong with it, as a sentence without a full stop; without the text itself.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl RoleArn {
    pub(crate) fn new(arn: &str) -> Result<Self, InvalidRoleArn> {
        match flaw(arn) {
            None => Ok(Self(arn.into())),
            Some(reason) => Err(InvalidRoleArn {
                given: leeward_error_taxonomy::redact(&arn.chars().take(200).collect::<String>())
                    .into_owned(),
                reason,
            }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    pub(crate) fn partition(&self) -> Partition {
        let name = self.0.split(':').nth(1).unwrap_or_default();
        Partition::named(name).unwrap_or(Partition::Aws)
    }
}

/// What is wrong with it, if anything is.
fn flaw(arn: &str) -> Option<&'static str> {
    let mut fields = arn.splitn(6, ':');
    let mut field = || fields.next().unwrap_or_default();
    if field() != "arn" {
        return Some("it does not begin with arn:");
    }
    if Partition::named(field()).is_none() {
        return Some("its partition is none of aws, aws-cn, aws-us-gov and their like");
    }
    if field() != "iam" {
        return Some(
            "its service is not iam (an assumed-role ARN of sts names a session, not a role)",
        );
    }
    if !field().is_empty() {
        return Some("an ARN of IAM names no Region");
    }
    let account = field();
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("its account is not of twelve digits");
    }
    let Some(name) = field().strip_prefix("role/") else {
        return Some("it names no role/");
    };
    let is_of_a_name = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'+' | b'=' | b',' | b'.' | b'@' | b'_' | b'-')
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.len() > 64 || !last.bytes().all(is_of_a_name) {
        return Some("the role's name is not of 1 to 64 letters, digits and +=,.@_-");
    }
    // A path is 512 characters with its slashes, from ! through DEL (`CreateRole`, `Path`, IAM API Reference).
    let path = &name[..name.len() - last.len()];
    if !path.bytes().all(|byte| matches!(byte, 0x21..=0x7f)) {
        return Some("its path holds what no path of IAM may");
    }
    if path == "/" {
        return Some("its path has nothing between two slashes");
    }
    if "/".len() + path.len() > 512 {
        return Some("its path is longer than 512 characters");
    }
    None
}

/// Where neither identities nor names reach over: the commercial Regions, those in China, those of the US government …
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Partition {
    Aws,
    China,
    UsGov,
    Iso,
    IsoB,
    IsoE,
    IsoF,
    EuSovereign,
}

impl Partition {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Aws, "aws"),
        (Self::China, "aws-cn"),
        (Self::UsGov, "aws-us-gov"),
        (Self::Iso, "aws-iso"),
        (Self::IsoB, "aws-iso-b"),
        (Self::IsoE, "aws-iso-e"),
        (Self::IsoF, "aws-iso-f"),
        (Self::EuSovereign, "aws-eusc"),
    ];

    fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(partition, _)| *partition)
    }

    pub(crate) fn of(region: &Region) -> Self {
        Self::named(region.partition()).unwrap_or(Self::Aws)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(partition, _)| partition == self);
        f.write_str(name.map_or("aws", |(_, name)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_arn_of_a_role() {
        for (arn, partition) in [
            ("arn:aws:iam::111122223333:role/ledger", Partition::Aws),
            (
                "arn:aws:iam::111122223333:role/aws-service-role/a.b/AWSServiceRole",
                Partition::Aws,
            ),
            (
                "arn:aws-us-gov:iam::111122223333:role/x+=,.@_-",
                Partition::UsGov,
            ),
            ("arn:aws-cn:iam::111122223333:role/x", Partition::China),
            ("arn:aws:iam::111122223333:role/!~\u{7f}/x", Partition::Aws),
        ] {
            assert_eq!(RoleArn::new(arn).unwrap().partition(), partition, "{arn}");
        }
    }

    #[test]
    fn a_path_has_512_characters_at_the_most() {
        let of_path = |len: usize| {
            let path = format!("/{}/", "p".repeat(len - 2));
            RoleArn::new(&format!("arn:aws:iam::111122223333:role{path}x"))
        };
        assert!(of_path(512).is_ok());
        let refused = of_path(513).unwrap_err();
        assert_eq!(refused.reason(), "its path is longer than 512 characters");
    }

    #[test]
    fn says_what_is_wrong_with_another_text() {
        for (arn, word) in [
            ("", "begin"),
            ("ledger", "begin"),
            ("arn:azure:iam::111122223333:role/x", "partition"),
            (
                "arn:aws:sts::111122223333:assumed-role/x/session",
                "session",
            ),
            ("arn:aws:iam:eu-west-1:111122223333:role/x", "Region"),
            ("arn:aws:iam::111122223333:role//x", "two slashes"),
            ("arn:aws:iam::11112222333:role/x", "twelve"),
            ("arn:aws:iam::111122223333:user/x", "role/"),
            ("arn:aws:iam::111122223333:role/", "name"),
            ("arn:aws:iam::111122223333:role/a b", "name"),
            ("arn:aws:iam::111122223333:role/a b/c", "path"),
            ("arn:aws:iam::111122223333:role/ä/c", "path"),
        ] {
            let refused = RoleArn::new(arn).unwrap_err().to_string();
            assert!(refused.contains(word), "{arn}: {refused}");
        }
    }

    #[test]
    fn a_region_says_which_partition_it_is_of() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let region = Region::new(region).unwrap();
            assert_eq!(Partition::of(&region).to_string(), partition);
        }
    }
}
