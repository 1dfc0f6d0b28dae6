//! Every operation of the SDK crates names actions that IAM knows: its own name, or an exception of this list.

use crate::sources;
use leeward_error_taxonomy::{IamAction, OperationName};
use std::collections::BTreeSet;

const REFERENCE: &str = include_str!("../../models/actions.txt");

/// What IAM calls otherwise than the operation.
const EXCEPTIONS: [(&str, &str); 71] = [
    (
        "dynamodb.BatchExecuteStatement",
        "dynamodb:PartiQLSelect, dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate or dynamodb:PartiQLDelete",
    ),
    (
        "dynamodb.ExecuteStatement",
        "dynamodb:PartiQLSelect, dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate or dynamodb:PartiQLDelete",
    ),
    (
        "dynamodb.ExecuteTransaction",
        "dynamodb:PartiQLSelect, dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate or dynamodb:PartiQLDelete",
    ),
    ("dynamodb.TransactGetItems", "dynamodb:GetItem"),
    (
        "dynamodb.TransactWriteItems",
        "dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem or dynamodb:ConditionCheckItem",
    ),
    (
        "iam.AcquireRole",
        "iam:GetRoleTemplateVersion, iam:CreateRole, iam:AttachRolePolicy or iam:PutRolePolicy",
    ),
    ("kms.ReEncrypt", "kms:ReEncrypt*"),
    ("lambda.GetLayerVersionByArn", "lambda:GetLayerVersion"),
    ("lambda.Invoke", "lambda:InvokeFunction"),
    ("lambda.InvokeWithResponseStream", "lambda:InvokeFunction"),
    ("s3.CompleteMultipartUpload", "s3:PutObject"),
    ("s3.CopyObject", "s3:PutObject or s3:GetObject"),
    (
        "s3.CreateBucketMetadataConfiguration",
        "s3:CreateBucketMetadataTableConfiguration",
    ),
    ("s3.CreateMultipartUpload", "s3:PutObject"),
    ("s3.CreateSession", "s3express:CreateSession"),
    (
        "s3.DeleteBucketAnalyticsConfiguration",
        "s3:PutAnalyticsConfiguration",
    ),
    ("s3.DeleteBucketCors", "s3:PutBucketCORS"),
    ("s3.DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    (
        "s3.DeleteBucketIntelligentTieringConfiguration",
        "s3:PutIntelligentTieringConfiguration",
    ),
    (
        "s3.DeleteBucketInventoryConfiguration",
        "s3:PutInventoryConfiguration",
    ),
    ("s3.DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    (
        "s3.DeleteBucketMetadataConfiguration",
        "s3:DeleteBucketMetadataTableConfiguration",
    ),
    (
        "s3.DeleteBucketMetricsConfiguration",
        "s3:PutMetricsConfiguration",
    ),
    (
        "s3.DeleteBucketOwnershipControls",
        "s3:PutBucketOwnershipControls",
    ),
    (
        "s3.DeleteBucketReplication",
        "s3:PutReplicationConfiguration",
    ),
    ("s3.DeleteBucketTagging", "s3:PutBucketTagging"),
    ("s3.DeleteObjects", "s3:DeleteObject"),
    (
        "s3.DeletePublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
    ),
    (
        "s3.GetBucketAccelerateConfiguration",
        "s3:GetAccelerateConfiguration",
    ),
    (
        "s3.GetBucketAnalyticsConfiguration",
        "s3:GetAnalyticsConfiguration",
    ),
    ("s3.GetBucketCors", "s3:GetBucketCORS"),
    ("s3.GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    (
        "s3.GetBucketIntelligentTieringConfiguration",
        "s3:GetIntelligentTieringConfiguration",
    ),
    (
        "s3.GetBucketInventoryConfiguration",
        "s3:GetInventoryConfiguration",
    ),
    (
        "s3.GetBucketLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    (
        "s3.GetBucketMetadataConfiguration",
        "s3:GetBucketMetadataTableConfiguration",
    ),
    (
        "s3.GetBucketMetricsConfiguration",
        "s3:GetMetricsConfiguration",
    ),
    (
        "s3.GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    ("s3.GetBucketReplication", "s3:GetReplicationConfiguration"),
    (
        "s3.GetObjectLockConfiguration",
        "s3:GetBucketObjectLockConfiguration",
    ),
    ("s3.GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3.HeadBucket", "s3:ListBucket"),
    ("s3.HeadObject", "s3:GetObject"),
    (
        "s3.ListBucketAnalyticsConfigurations",
        "s3:GetAnalyticsConfiguration",
    ),
    (
        "s3.ListBucketIntelligentTieringConfigurations",
        "s3:GetIntelligentTieringConfiguration",
    ),
    (
        "s3.ListBucketInventoryConfigurations",
        "s3:GetInventoryConfiguration",
    ),
    (
        "s3.ListBucketMetricsConfigurations",
        "s3:GetMetricsConfiguration",
    ),
    ("s3.ListBuckets", "s3:ListAllMyBuckets"),
    (
        "s3.ListDirectoryBuckets",
        "s3express:ListAllMyDirectoryBuckets",
    ),
    ("s3.ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("s3.ListObjectVersions", "s3:ListBucketVersions"),
    ("s3.ListObjects", "s3:ListBucket"),
    ("s3.ListObjectsV2", "s3:ListBucket"),
    ("s3.ListParts", "s3:ListMultipartUploadParts"),
    (
        "s3.PutBucketAccelerateConfiguration",
        "s3:PutAccelerateConfiguration",
    ),
    (
        "s3.PutBucketAnalyticsConfiguration",
        "s3:PutAnalyticsConfiguration",
    ),
    ("s3.PutBucketCors", "s3:PutBucketCORS"),
    ("s3.PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    (
        "s3.PutBucketIntelligentTieringConfiguration",
        "s3:PutIntelligentTieringConfiguration",
    ),
    (
        "s3.PutBucketInventoryConfiguration",
        "s3:PutInventoryConfiguration",
    ),
    (
        "s3.PutBucketLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    (
        "s3.PutBucketMetricsConfiguration",
        "s3:PutMetricsConfiguration",
    ),
    (
        "s3.PutBucketNotificationConfiguration",
        "s3:PutBucketNotification",
    ),
    ("s3.PutBucketReplication", "s3:PutReplicationConfiguration"),
    (
        "s3.PutObjectLockConfiguration",
        "s3:PutBucketObjectLockConfiguration",
    ),
    ("s3.PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3.RenameObject", "s3express:CreateSession"),
    ("s3.SelectObjectContent", "s3:GetObject"),
    ("s3.UploadPart", "s3:PutObject"),
    ("s3.UploadPartCopy", "s3:PutObject or s3:GetObject"),
    (
        "s3.WriteGetObjectResponse",
        "s3-object-lambda:WriteGetObjectResponse",
    ),
];

/// Not in the reference at hand, but the API reference of the operation names its action.
const NAMED_BY_THE_API: &[&str] = &[
    "cloudwatch.CreateResourceMetricsConfiguration",
    "cloudwatch.DeleteResourceMetricsConfiguration",
    "cloudwatch.GetResourceMetricsConfiguration",
    "cloudwatch.UpdateResourceMetricsConfiguration",
    "kms.Decapsulate",
    "kms.Encapsulate",
];
/// Not in the reference at hand, nor told by the API reference: the operation's own name is taken until they say otherwise.
const NAMED_BY_NOBODY: &[&str] = &[
    "cloudwatch.AssociateDatasetKmsKey",
    "cloudwatch.DescribeAlarmContributors",
    "cloudwatch.DisassociateDatasetKmsKey",
    "cloudwatch.UpdateOTelEnrichment",
    "cloudwatchlogs.GetLogObject",
    "iam.UpdateDelegationRequest",
];

fn prefix(service: &str) -> &str {
    match service {
        "cloudwatchlogs" => "logs",
        "costexplorer" => "ce",
        "eventbridge" => "events",
        other => other,
    }
}

fn is_listed(action: &str) -> bool {
    let mut listed = REFERENCE.lines();
    match action.strip_suffix('*') {
        Some(start) => listed.any(|line| line.starts_with(start)),
        None => listed.any(|line| line == action),
    }
}

#[test]
fn every_operation_names_an_action_that_iam_knows() {
    let (mut found, mut unlisted) = (BTreeSet::new(), BTreeSet::new());
    let mut walked = 0;
    for (service, folder) in sources::of_sdk_crates() {
        for operation in sources::operations_in(&folder) {
            walked += 1;
            let own = format!("{}:{operation}", prefix(&service));
            let name = OperationName::new(service.clone().leak(), operation.leak());
            let action = IamAction::of(name).unwrap().to_string();
            let mut actions = action.split(", ").flat_map(|some| some.split(" or "));
            if !actions.all(is_listed) {
                unlisted.insert(name.to_string());
            }
            if action != own {
                found.insert((name.to_string(), action));
            }
        }
    }
    assert!(walked > 800, "only {walked}: the SDK has another form");
    let agreed = EXCEPTIONS.map(|(name, action)| (name.to_owned(), action.to_owned()));
    assert_eq!(found, BTreeSet::from(agreed));
    let agreed = [NAMED_BY_THE_API, NAMED_BY_NOBODY].concat();
    let agreed = agreed.into_iter().map(str::to_owned).collect();
    assert_eq!(unlisted, agreed, "look it up in the reference");
}
