use crate::regional::InvalidResourceName;
use leeward_error_taxonomy::Region;
use std::{fmt, str::FromStr, sync::Arc};

/// The ARN of any resource of any service: `arn:aws:dynamodb:us-east-1:111122223333:table/orders`.
///
/// As "Amazon Resource Names (ARNs)" in the IAM User Guide has it: six parts, of which Region and account may be empty. What the last
/// part may be is for the service to say. A Region has to be of the partition. The `*` of policies stands for many resources: in a Region
/// or an account it is refused, in the last part it is left for the service to say.
///
/// It is cheap to clone, and prints as it was read. With the feature `serde` it is written as text, and read as it is parsed.
///
/// ```
/// use leeward_client_pool::{Arn, regional::InvalidResourceName};
///
/// let arn: Arn = "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/app/orders:*".parse()?;
/// assert_eq!((arn.partition(), arn.service()), ("aws-cn", "logs"));
/// assert_eq!(arn.region().map(|region| region.as_str()), Some("cn-north-1"));
/// assert_eq!((arn.account(), arn.resource()), (Some("111122223333"), "log-group:/app/orders:*"));
///
/// let bucket: Arn = "arn:aws:s3:::orders-archive".parse()?;
/// assert_eq!((bucket.region(), bucket.account()), (None, None));
/// # Ok::<(), InvalidResourceName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: Arc<str>,
    region: Option<Region>,
}

impl Arn {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov` …
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, as ARNs name it: `dynamodb`, `logs`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The Region, if it names one.
    #[must_use]
    pub const fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The number of the account, or what stands for it, such as `aws` in policies of AWS; `None` if it names none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        Some(self.part(4)).filter(|account| !account.is_empty())
    }

    /// Whatever stands behind the account, colons included; never empty.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn part(&self, index: usize) -> &str {
        self.text.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = InvalidResourceName;

    fn from_str(text: &str) -> Result<Self, InvalidResourceName> {
        let parts =
            Parts::read(text).map_err(|reason| InvalidResourceName::new(text, "an ARN", reason))?;
        Ok(Self {
            region: parts.region,
            text: text.into(),
        })
    }
}

impl TryFrom<&str> for Arn {
    type Error = InvalidResourceName;

    fn try_from(text: &str) -> Result<Self, InvalidResourceName> {
        text.parse()
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidResourceName;

    fn try_from(text: String) -> Result<Self, InvalidResourceName> {
        text.parse()
    }
}

impl AsRef<str> for Arn {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Arn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Arn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The parts of an ARN of any service.
pub(crate) struct Parts<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: Option<Region>,
    /// Empty, twelve digits, or a name such as `aws`.
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Parts<'a> {
    /// Fails with what is wrong with it.
    pub(crate) fn read(text: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [prefix, partition, service, region, account, resource] = parts[..] else {
            return Err("it must have six parts, separated by colons".to_owned());
        };
        if prefix != "arn" || !partition.starts_with("aws") || !is_word(partition) {
            return Err("it must begin with arn: and a partition such as aws".to_owned());
        }
        if !is_word(service) {
            return Err("its third part must be a service such as s3".to_owned());
        }
        let region = match region {
            "" => None,
            name => Some(name.parse::<Region>().map_err(|_| {
                "its fourth part must be a Region such as us-east-1, or nothing".to_owned()
            })?),
        };
        if let Some(region) = &region {
            let expected = region.partition();
            if partition != expected {
                return Err(format!(
                    "{region} is a Region of the partition {expected}, not of {partition}"
                ));
            }
        }
        if !account.is_empty() && !is_account(account) && !is_owner(account) {
            return Err(
                "its fifth part must be the number of an account, twelve digits, or nothing"
                    .to_owned(),
            );
        }
        if resource.is_empty() {
            return Err("its last part must name a resource".to_owned());
        }
        Ok(Self {
            partition,
            service,
            region,
            account,
            resource,
        })
    }
}

/// Whether it is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands for an account of AWS itself: `aws`, `cloudfront`.
fn is_owner(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && is_word(text)
}

fn is_word(text: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_of_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_written_back() {
        for (text, parts) in [
            (
                "arn:aws:s3:::orders/2026/a:b",
                ("aws", "s3", None, None, "orders/2026/a:b"),
            ),
            (
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                ("aws", "iam", None, Some("aws"), "policy/ReadOnlyAccess"),
            ),
            (
                "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:f:$LATEST",
                (
                    "aws-us-gov",
                    "lambda",
                    Some("us-gov-west-1"),
                    Some("111122223333"),
                    "function:f:$LATEST",
                ),
            ),
        ] {
            let arn: Arn = text.parse().unwrap();
            let region = arn.region().map(Region::as_str);
            let taken = (
                arn.partition(),
                arn.service(),
                region,
                arn.account(),
                arn.resource(),
            );
            assert_eq!(taken, parts);
            assert_eq!(
                (arn.to_string(), format!("{arn:?}")),
                (text.to_owned(), format!("{text:?}"))
            );
        }
    }

    #[test]
    fn what_is_wrong_with_an_arn_is_said() {
        for (text, rule) in [
            ("", "six parts"),
            ("arn:aws:s3::orders", "six parts"),
            ("urn:aws:s3:::orders", "begin with arn:"),
            ("arn::s3:::orders", "a partition such as aws"),
            ("arn:azure:s3:::orders", "a partition such as aws"),
            ("arn:aws-CN:s3:::orders", "a partition such as aws"),
            ("arn:aws:::111122223333:x", "a service such as s3"),
            ("arn:aws:S3:::orders", "a service such as s3"),
            (
                "arn:aws:logs:Virginia:111122223333:x",
                "a Region such as us-east-1",
            ),
            (
                "arn:aws:logs:*:111122223333:x",
                "a Region such as us-east-1",
            ),
            (
                "arn:aws:logs:cn-north-1:111122223333:x",
                "of the partition aws-cn, not of aws",
            ),
            ("arn:aws:logs:us-east-1:1234:x", "twelve digits"),
            ("arn:aws:logs:us-east-1:*:x", "twelve digits"),
            ("arn:aws:logs:us-east-1:1111-2222-33:x", "twelve digits"),
            ("arn:aws:logs:us-east-1:111122223333:", "name a resource"),
        ] {
            let refused = text.parse::<Arn>().unwrap_err().to_string();
            assert!(refused.contains(rule), "{text:?}: {refused}");
            assert!(refused.contains("is not an ARN: "), "{refused}");
        }
    }
}
