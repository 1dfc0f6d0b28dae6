use super::{InvalidResourceName, Regional, arn::Arn};
use leeward_error_taxonomy::{Obstacle, Region, Rejected};
use std::{fmt, str::FromStr};

/// The ARN of a KMS key: `arn:aws:kms:us-east-1:111122223333:key/mrk-1234…`.
///
/// A key whose id begins with `mrk-` is a multi-Region key: its replicas share id and key material, and differ in the
/// Region of their ARN (KMS Developer Guide, "Multi-Region keys in AWS KMS"). An alias is no key: it may point elsewhere
/// tomorrow, so what it wrapped could not be told from what it wraps; see [`KeyId`](super::KeyId).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyArn(Arn);

impl KeyArn {
    /// The Region that the ARN names.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }

    /// Whether the key may have replicas in other Regions.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.0.resource().starts_with("key/mrk-")
    }

    /// Whether both name one key, or replicas of one multi-Region key.
    #[must_use]
    pub fn is_replica_of(&self, other: &Self) -> bool {
        self == other || (self.is_multi_region() && self.0.is_like(&other.0))
    }

    /// The ARN of the replica in `region`, whether or not the key was replicated there.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if it is a single-Region key of another Region, or if the Region is of another partition: KMS
    /// has no copy of it there.
    pub fn in_region(&self, region: &Region) -> Result<Self, Rejected> {
        if !self.is_multi_region() && self.region() != region {
            let reason = format!("{self} is a single-Region key and cannot be used in {region}");
            return Err(Rejected::unavailable_for(Obstacle::Elsewhere, reason));
        }
        self.0.in_region(region).map(Self)
    }

    const WHAT: &str = "the ARN of a KMS key";
}

impl FromStr for KeyArn {
    type Err = InvalidResourceName;

    fn from_str(text: &str) -> Result<Self, InvalidResourceName> {
        let invalid = |reason: String| InvalidResourceName::new(text, Self::WHAT, reason);
        let arn = Arn::read(text, "kms").map_err(invalid)?;
        if arn.resource().starts_with("alias/") {
            return Err(invalid(
                "it names an alias: give the ARN of the key, which kms:DescribeKey tells"
                    .to_owned(),
            ));
        }
        let id = arn.resource().strip_prefix("key/").unwrap_or_default();
        if !is_key_id(id) {
            return Err(invalid(
                "its last part must be key/ and the id of the key: letters, digits and hyphens"
                    .to_owned(),
            ));
        }
        Ok(Self(arn))
    }
}

/// Letters, digits and hyphens, and more than the mark of a multi-Region key.
pub(super) fn is_key_id(id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !matches!(id, "" | "mrk-") && id.bytes().all(known)
}

impl Regional for KeyArn {
    fn name_in(&self, region: &Region) -> Result<String, Rejected> {
        self.in_region(region).map(|arn| arn.to_string())
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    const MULTI: &str =
        "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    const SINGLE: &str =
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn arn(text: &str) -> KeyArn {
        text.parse().unwrap()
    }

    #[test]
    fn a_key_arn_is_read_and_written_back() {
        for text in [
            MULTI,
            SINGLE,
            "arn:aws-cn:kms:cn-north-1:000000000000:key/a",
            "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1",
            "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/mrk-1",
        ] {
            assert_eq!(arn(text).to_string(), text);
        }
    }

    #[track_caller]
    fn refuses(text: &str, reason: &str) {
        let refused = text.parse::<KeyArn>().unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
    }

    #[test]
    fn what_is_wrong_with_an_arn_is_said() {
        refuses("", "six parts");
        refuses("1234abcd-12ab-34cd-56ef-1234567890ab", "six parts");
        refuses(
            "urn:aws:kms:us-east-1:111122223333:key/a",
            "begin with arn:",
        );
        refuses("arn::kms:us-east-1:111122223333:key/a", "partition");
        refuses("arn:aws:s3:us-east-1:111122223333:key/a", "service kms");
        refuses("arn:aws:kms:Virginia:111122223333:key/a", "Region");
        refuses("arn:bws:kms:us-east-1:111122223333:key/a", "partition");
        refuses("arn:aws:kms:us-east-1::key/a", "account");
        for (partition, region, of) in [
            ("aws-cn", "us-east-1", "aws"),
            ("awsome", "us-east-1", "aws"),
            ("aws", "cn-north-1", "aws-cn"),
            ("aws-us-gov", "cn-north-1", "aws-cn"),
            ("aws", "us-gov-west-1", "aws-us-gov"),
        ] {
            let reason = format!("{region} is a Region of the partition {of}, not of {partition}");
            let key = format!("arn:{partition}:kms:{region}:111122223333:key/a");
            refuses(&key, &reason);
        }
        refuses("arn:aws:kms:us-east-1:12:key/a", "twelve digits");
        refuses("arn:aws:kms:us-east-1:111122223333:alias/app", "alias");
        refuses("arn:aws:kms:us-east-1:111122223333:key/", "id of the key");
        for id in ["a/b", "a:b", "mrk-", "mrk- x", "a b", "a\n"] {
            refuses(
                &format!("arn:aws:kms:us-east-1:111122223333:key/{id}"),
                "id of the key",
            );
        }
        refuses(&"x".repeat(10_000), "six parts");
    }

    #[test]
    fn a_multi_region_key_is_the_same_key_everywhere() {
        let west = Region::from_static("us-west-2");
        let replica = arn(MULTI).in_region(&west).unwrap();
        assert_eq!(replica.to_string(), MULTI.replace("us-east-1", "us-west-2"));
        assert!(replica.is_replica_of(&arn(MULTI)));
        let foreign = arn(&MULTI.replace("111122223333", "444455556666"));
        assert!(!foreign.is_replica_of(&arn(MULTI)));
    }

    #[test]
    fn a_single_region_key_never_leaves_its_region() {
        let single = arn(SINGLE);
        assert_eq!(single.in_region(single.region()).unwrap(), single);
        let refused = single
            .in_region(&Region::from_static("us-west-2"))
            .unwrap_err();
        assert!(refused.is_free_to_fail_over());
        assert_eq!(refused.obstacle(), Some(Obstacle::Elsewhere));
        let west = arn(&SINGLE.replace("us-east-1", "us-west-2"));
        assert!(!west.is_replica_of(&single));
    }

    #[test]
    fn no_key_is_copied_into_another_partition() {
        let beijing = Region::from_static("cn-north-1");
        let refused = arn(MULTI).in_region(&beijing).unwrap_err();
        assert!(refused.is_free_to_fail_over());
        assert_eq!(refused.obstacle(), Some(Obstacle::Elsewhere));
        let reason = refused.source().unwrap().to_string();
        let expected = format!(
            "{MULTI} is of the partition aws, and cn-north-1 of aws-cn, in which there is no copy of it"
        );
        assert_eq!(reason, expected);
        let ours = arn("arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1");
        let ningxia = ours
            .in_region(&Region::from_static("cn-northwest-1"))
            .unwrap();
        assert_eq!(
            ningxia.to_string(),
            "arn:aws-cn:kms:cn-northwest-1:111122223333:key/mrk-1"
        );
    }
}
