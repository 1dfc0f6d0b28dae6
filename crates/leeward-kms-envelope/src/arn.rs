use leeward_error_taxonomy::{Region, Rejected};
use std::{fmt, str::FromStr};

/// The ARN of a KMS key: `arn:aws:kms:us-east-1:111122223333:key/mrk-1234…`.
///
/// A key whose id begins with `mrk-` is a multi-Region key: its replicas share id and key material, and differ in the
/// Region of their ARN (KMS Developer Guide, "Multi-Region keys in AWS KMS"). An alias is no key: it may point elsewhere
/// tomorrow, so what it wrapped could not be told from what it wraps.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyArn {
    partition: String,
    region: Region,
    account: String,
    id: String,
}

impl KeyArn {
    /// The Region that the ARN names.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// Whether the key may have replicas in other Regions.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.id.starts_with("mrk-")
    }

    /// Whether both name one key, or replicas of one multi-Region key.
    #[must_use]
    pub fn is_replica_of(&self, other: &Self) -> bool {
        self == other
            || (self.is_multi_region()
                && (&self.partition, &self.account, &self.id)
                    == (&other.partition, &other.account, &other.id))
    }

    /// The ARN of the replica in `region`.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if it is a single-Region key of another Region: KMS has no copy of it elsewhere.
    pub fn in_region(&self, region: &Region) -> Result<Self, Rejected> {
        if !self.is_multi_region() && self.region != *region {
            return Err(Rejected::unavailable(format!(
                "{self} is a single-Region key and cannot be used in {region}"
            )));
        }
        Ok(Self {
            region: region.clone(),
            ..self.clone()
        })
    }
}

impl FromStr for KeyArn {
    type Err = InvalidKeyArn;

    fn from_str(text: &str) -> Result<Self, InvalidKeyArn> {
        let invalid = |reason| InvalidKeyArn {
            text: text.chars().take(200).collect(),
            reason,
        };
        let parts: Vec<&str> = text.split(':').collect();
        let [prefix, partition, service, region, account, resource] = parts[..] else {
            return Err(invalid("it must have six parts, separated by colons"));
        };
        if prefix != "arn" || !partition.starts_with("aws") {
            return Err(invalid(
                "it must begin with arn: and a partition such as aws",
            ));
        }
        if service != "kms" {
            return Err(invalid("it must name a key of the service kms"));
        }
        let Ok(region) = region.parse() else {
            return Err(invalid(
                "its fourth part must be a Region such as us-east-1",
            ));
        };
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(
                "its fifth part must be the number of an account, twelve digits",
            ));
        }
        if resource.starts_with("alias/") {
            return Err(invalid(
                "it names an alias: give the ARN of the key, which kms:DescribeKey tells",
            ));
        }
        let id = resource.strip_prefix("key/").unwrap_or_default();
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if matches!(id, "" | "mrk-") || !id.bytes().all(known) {
            return Err(invalid(
                "its last part must be key/ and the id of the key: letters, digits and hyphens",
            ));
        }
        Ok(Self {
            partition: partition.to_owned(),
            region,
            account: account.to_owned(),
            id: id.to_owned(),
        })
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            region,
            account,
            id,
        } = self;
        write!(f, "arn:{partition}:kms:{region}:{account}:key/{id}")
    }
}

impl fmt::Debug for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Says why a text is not the ARN of a KMS key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the ARN of a KMS key: {reason}")]
pub struct InvalidKeyArn {
    text: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

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
        refuses("arn:aws:kms:us-east-1:111122223333:key/a:b", "six parts");
        refuses(
            "urn:aws:kms:us-east-1:111122223333:key/a",
            "begin with arn:",
        );
        refuses("arn::kms:us-east-1:111122223333:key/a", "partition");
        refuses("arn:aws:s3:us-east-1:111122223333:key/a", "service kms");
        refuses("arn:aws:kms:Virginia:111122223333:key/a", "Region");
        refuses("arn:bws:kms:us-east-1:111122223333:key/a", "partition");
        refuses("arn:aws:kms:us-east-1::key/a", "account");
        refuses("arn:aws:kms:us-east-1:12:key/a", "twelve digits");
        refuses("arn:aws:kms:us-east-1:111122223333:alias/app", "alias");
        refuses("arn:aws:kms:us-east-1:111122223333:key/", "id of the key");
        refuses(
            "arn:aws:kms:us-east-1:111122223333:key/a/b",
            "id of the key",
        );
        for id in ["mrk-", "mrk- x", "a b", "a\n"] {
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
        let west = arn(&SINGLE.replace("us-east-1", "us-west-2"));
        assert!(!west.is_replica_of(&single));
    }
}
