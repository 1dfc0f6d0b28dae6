use crate::OperationName;
use std::fmt;

/// Names the action that an IAM policy has to allow, such as `kms:GenerateDataKey`.
///
/// Most actions are called like the operation; [`IamAction::of`] knows those of twelve services that are not, from the
/// Service Authorization Reference and the "Permissions" of the API references. Where it depends on what is in the request
/// which action an operation needs, all of them are named.
///
/// ```
/// use leeward_error_taxonomy::{IamAction, OperationName};
///
/// let head = OperationName::new("s3", "HeadObject");
/// assert_eq!(IamAction::of(head).unwrap().to_string(), "s3:GetObject");
/// let copy = OperationName::new("s3", "CopyObject");
/// assert_eq!(IamAction::of(copy).unwrap().to_string(), "s3:PutObject or s3:GetObject");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IamAction<'a> {
    prefix: &'a str,
    name: &'a str,
    /// Of the same prefix.
    others: &'static [&'static str],
}

impl IamAction<'static> {
    /// The action that `operation` needs, unless nobody named it or its service is none of the twelve.
    ///
    /// Services and operations are called as in [`OperationName`].
    #[must_use]
    pub fn of(operation: OperationName) -> Option<Self> {
        let (service, name) = (operation.service(), operation.operation());
        if name == OperationName::UNKNOWN.operation() {
            return None;
        }
        let prefix = match service {
            "cloudwatchlogs" => "logs",
            "costexplorer" => "ce",
            "eventbridge" => "events",
            "s3" => s3_prefix(name),
            "cloudformation" | "cloudwatch" | "dynamodb" | "iam" | "kms" | "lambda"
            | "secretsmanager" | "sts" => service,
            _ => return None,
        };
        let (name, others): (_, &[_]) = match service {
            "dynamodb" => dynamodb(name),
            "iam" => iam(name),
            "kms" if name == "ReEncrypt" => ("ReEncrypt*", &[]),
            "lambda" => (lambda(name), &[]),
            "s3" => s3(name),
            _ => (name, &[]),
        };
        Some(Self {
            prefix,
            name,
            others,
        })
    }
}

impl<'a> IamAction<'a> {
    /// Finds the action in the service's own words; none if they name none. They may name another one than the operation has: reading an
    /// object that is encrypted fails for want of `kms:Decrypt`.
    ///
    /// ```
    /// use leeward_error_taxonomy::IamAction;
    ///
    /// let denied = "User: app is not authorized to perform: kms:Decrypt on resource: key/1 because no identity-based policy \
    ///     allows the kms:Decrypt action";
    /// assert_eq!(IamAction::in_message(denied).unwrap().to_string(), "kms:Decrypt");
    /// assert_eq!(IamAction::in_message("Access Denied"), None);
    /// ```
    #[must_use]
    pub fn in_message(message: &'a str) -> Option<Self> {
        // From the end first, which is nearer.
        let at_the_end = message.strip_suffix(" action").and_then(|message| {
            let (before, action) = message.rsplit_once(' ')?;
            before.ends_with(" the").then(|| Self::parse(action))?
        });
        at_the_end.or_else(|| {
            const SAID: &str = "authorized to perform";
            // Its z is rarer than all else in it.
            let mut said = message.match_indices('z').filter_map(|(at, _)| {
                let from = at.checked_sub("authori".len())?;
                message.get(from..)?.strip_prefix(SAID)
            });
            let rest = said.next()?.trim_start_matches([':', ' ']);
            let is_of_it = |char: char| char.is_ascii_alphanumeric() || ":-*".contains(char);
            let end = rest.find(|char| !is_of_it(char)).unwrap_or(rest.len());
            Self::parse(&rest[..end])
        })
    }

    #[cfg(feature = "sdk")]
    pub(crate) const fn parts(&self) -> [&str; 2] {
        [self.prefix, self.name]
    }

    /// The same action, as it stands in `message`.
    pub(crate) fn within<'b>(&self, message: &'b str) -> Option<IamAction<'b>> {
        let action = self.to_string();
        let at = message.find(&action)?;
        IamAction::parse(&message[at..at + action.len()])
    }

    fn parse(text: &'a str) -> Option<Self> {
        let (prefix, name) = text.split_once(':')?;
        // The longest of either that the Service Authorization Reference lists are 37 and 63 characters long.
        let is_of = |text: &str, most, signs: &[u8]| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || signs.contains(&byte);
            (1..=most).contains(&text.len()) && text.bytes().all(fits)
        };
        // One wildcard, as in `kms:ReEncrypt*`; more stand where an access key id was.
        let is_action = is_of(prefix, 40, b"-") && is_of(name, 72, b"*") && !name.contains("**");
        is_action.then_some(Self {
            prefix,
            name,
            others: &[],
        })
    }
}

impl fmt::Display for IamAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.prefix;
        write!(f, "{prefix}:{}", self.name)?;
        let Some((last, between)) = self.others.split_last() else {
            return Ok(());
        };
        for name in between {
            write!(f, ", {prefix}:{name}")?;
        }
        write!(f, " or {prefix}:{last}")
    }
}

/// The actions that an operation needs, by what is in the request: one and, maybe, others.
type Names = (&'static str, &'static [&'static str]);

fn dynamodb(operation: &'static str) -> Names {
    match operation {
        "BatchExecuteStatement" | "ExecuteStatement" | "ExecuteTransaction" => (
            "PartiQLSelect",
            &["PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"],
        ),
        "TransactGetItems" => ("GetItem", &[]),
        "TransactWriteItems" => (
            "PutItem",
            &["UpdateItem", "DeleteItem", "ConditionCheckItem"],
        ),
        other => (other, &[]),
    }
}

fn iam(operation: &'static str) -> Names {
    match operation {
        // It reads the template and makes the role; nothing in the reference bears its own name.
        "AcquireRole" => (
            "GetRoleTemplateVersion",
            &["CreateRole", "AttachRolePolicy", "PutRolePolicy"],
        ),
        other => (other, &[]),
    }
}

fn lambda(operation: &'static str) -> &'static str {
    match operation {
        "GetLayerVersionByArn" => "GetLayerVersion",
        "Invoke" | "InvokeWithResponseStream" => "InvokeFunction",
        other => other,
    }
}

/// Directory buckets and Object Lambda have prefixes of their own.
fn s3_prefix(operation: &str) -> &'static str {
    match operation {
        "CreateSession" | "ListDirectoryBuckets" | "RenameObject" => "s3express",
        "WriteGetObjectResponse" => "s3-object-lambda",
        _ => "s3",
    }
}

fn s3(operation: &'static str) -> Names {
    let name = match operation {
        "CopyObject" | "UploadPartCopy" => return ("PutObject", &["GetObject"]),
        "CompleteMultipartUpload" | "CreateMultipartUpload" | "UploadPart" => "PutObject",
        "CreateBucketMetadataConfiguration" => "CreateBucketMetadataTableConfiguration",
        "DeleteBucketAnalyticsConfiguration" | "PutBucketAnalyticsConfiguration" => {
            "PutAnalyticsConfiguration"
        }
        "DeleteBucketCors" | "PutBucketCors" => "PutBucketCORS",
        "DeleteBucketEncryption" | "PutBucketEncryption" => "PutEncryptionConfiguration",
        "DeleteBucketIntelligentTieringConfiguration"
        | "PutBucketIntelligentTieringConfiguration" => "PutIntelligentTieringConfiguration",
        "DeleteBucketInventoryConfiguration" | "PutBucketInventoryConfiguration" => {
            "PutInventoryConfiguration"
        }
        "DeleteBucketLifecycle" | "PutBucketLifecycleConfiguration" => "PutLifecycleConfiguration",
        "DeleteBucketMetadataConfiguration" => "DeleteBucketMetadataTableConfiguration",
        "DeleteBucketMetricsConfiguration" | "PutBucketMetricsConfiguration" => {
            "PutMetricsConfiguration"
        }
        "DeleteBucketOwnershipControls" => "PutBucketOwnershipControls",
        "DeleteBucketReplication" | "PutBucketReplication" => "PutReplicationConfiguration",
        "DeleteBucketTagging" => "PutBucketTagging",
        "DeleteObjects" => "DeleteObject",
        "DeletePublicAccessBlock" | "PutPublicAccessBlock" => "PutBucketPublicAccessBlock",
        "GetBucketAccelerateConfiguration" => "GetAccelerateConfiguration",
        "GetBucketAnalyticsConfiguration" | "ListBucketAnalyticsConfigurations" => {
            "GetAnalyticsConfiguration"
        }
        "GetBucketCors" => "GetBucketCORS",
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "GetBucketIntelligentTieringConfiguration"
        | "ListBucketIntelligentTieringConfigurations" => "GetIntelligentTieringConfiguration",
        "GetBucketInventoryConfiguration" | "ListBucketInventoryConfigurations" => {
            "GetInventoryConfiguration"
        }
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        "GetBucketMetadataConfiguration" => "GetBucketMetadataTableConfiguration",
        "GetBucketMetricsConfiguration" | "ListBucketMetricsConfigurations" => {
            "GetMetricsConfiguration"
        }
        "GetBucketNotificationConfiguration" => "GetBucketNotification",
        "GetBucketReplication" => "GetReplicationConfiguration",
        "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "HeadObject" | "SelectObjectContent" => "GetObject",
        "ListBuckets" => "ListAllMyBuckets",
        "ListDirectoryBuckets" => "ListAllMyDirectoryBuckets",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "ListObjectVersions" => "ListBucketVersions",
        "ListParts" => "ListMultipartUploadParts",
        "PutBucketAccelerateConfiguration" => "PutAccelerateConfiguration",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        "PutObjectLockConfiguration" => "PutBucketObjectLockConfiguration",
        "RenameObject" => "CreateSession",
        other => other,
    };
    (name, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_a_policy_calls_otherwise() {
        for (service, operation, expected) in [
            ("kms", "GenerateDataKey", "kms:GenerateDataKey"),
            ("kms", "ReEncrypt", "kms:ReEncrypt*"),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("lambda", "GetFunction", "lambda:GetFunction"),
            ("s3", "HeadBucket", "s3:ListBucket"),
            ("s3", "UploadPart", "s3:PutObject"),
            ("cloudwatchlogs", "PutLogEvents", "logs:PutLogEvents"),
            ("cloudwatch", "PutMetricData", "cloudwatch:PutMetricData"),
            ("costexplorer", "GetCostAndUsage", "ce:GetCostAndUsage"),
            ("eventbridge", "PutEvents", "events:PutEvents"),
            ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
            ("iam", "GetRole", "iam:GetRole"),
            ("s3", "CreateSession", "s3express:CreateSession"),
            (
                "dynamodb",
                "TransactWriteItems",
                "dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem or dynamodb:ConditionCheckItem",
            ),
        ] {
            let action = IamAction::of(OperationName::new(service, operation));
            assert_eq!(action.unwrap().to_string(), expected);
        }
        for unknown in [
            OperationName::UNKNOWN,
            OperationName::new("sqs", "SendMessage"),
        ] {
            assert_eq!(IamAction::of(unknown), None);
        }
    }

    #[test]
    fn reads_the_action_off_the_message() {
        let found = |message| IamAction::in_message(message).map(|action| action.to_string());
        let told = "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:Decrypt on resource: arn";
        assert_eq!(found(told).as_deref(), Some("kms:Decrypt"));
        assert_eq!(
            found("not authorized to perform: s3:GetObject").as_deref(),
            Some("s3:GetObject")
        );
        let told = format!("{told} because no identity-based policy allows the kms:Encrypt action");
        assert_eq!(
            IamAction::in_message(&told).unwrap().to_string(),
            "kms:Encrypt"
        );
        for message in [
            "Access Denied",
            "not authorized to perform: it",
            "not authorized to perform: a:b:c",
        ] {
            assert_eq!(found(message), None, "{message}");
        }
    }
}
