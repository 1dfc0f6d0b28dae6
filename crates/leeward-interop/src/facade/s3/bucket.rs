use super::{
    super::site::{EAST, Site},
    bucket,
};
use crate::ministack::{Case, Lacking, Trouble, same};
use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    types::{
        BucketVersioningStatus, PublicAccessBlockConfiguration, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
        VersioningConfiguration,
    },
};
use leeward_s3::{BucketPresence, Encryption, Versioning};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new(
            "S3 tells a bucket that is there from one that is not",
            |site| Box::pin(there_or_not(site)),
        ),
        Case::new("S3 tells of a bucket what is not configured", |site| {
            Box::pin(bare(site))
        }),
        Case::new("S3 tells of a bucket what is configured", |site| {
            Box::pin(configured(site))
        }),
        Case::gap("S3 describes a bucket, its policy included", |site| {
            Box::pin(described(site))
        }),
    ]
}

async fn there_or_not(site: &Site) -> Result<(), Trouble> {
    let (s3, name) = bucket(site, "there-or-not").await?;
    same("it is there", s3.bucket_exists(&name).await?, true)?;
    let nobodys = "nobodys-bucket".parse()?;
    same("it is not", s3.bucket_exists(&nobodys).await?, false)?;
    match s3.find_bucket(&name).await? {
        BucketPresence::Here { region } => same("found in", region, EAST)?,
        other => return Err(format!("found as {other:?}").into()),
    }
    match s3.find_bucket(&nobodys).await? {
        BucketPresence::Absent => {}
        other => return Err(format!("nobody's is found as {other:?}").into()),
    }
    same("its Region", s3.bucket_region(&name).await?, Some(EAST))?;
    same("no Region", s3.bucket_region(&nobodys).await?, None)
}

async fn bare(site: &Site) -> Result<(), Trouble> {
    let (s3, name) = bucket(site, "bare-bucket").await?;
    same("versioning", s3.versioning(&name).await?, Versioning::Off)?;
    let encryption = s3.encryption(&name).await?;
    same("by default", encryption, Some(Encryption::S3))?;
    let block = s3.public_access_block(&name).await?;
    same("public access block", block, None)
}

async fn described(site: &Site) -> Result<(), Trouble> {
    let (s3, name) = bucket(site, "described-bucket").await?;
    let client: aws_sdk_s3::Client = site.sdk().await?;
    let status = client.get_bucket_policy_status().bucket(name.as_str());
    if status
        .send()
        .await
        .is_err_and(|error| error.code().is_none())
    {
        return Err(Lacking("it answers GetBucketPolicyStatus by a list of objects").into());
    }
    let details = s3.describe_bucket(&name).await?;
    same("name", &*details.name, "described-bucket")?;
    same("policy", details.is_policy_public, None)
}

async fn configured(site: &Site) -> Result<(), Trouble> {
    let (s3, name) = bucket(site, "configured-bucket").await?;
    let client: aws_sdk_s3::Client = site.sdk().await?;
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    client
        .put_bucket_versioning()
        .bucket(name.as_str())
        .versioning_configuration(versioning.build())
        .send()
        .await?;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true);
    client
        .put_public_access_block()
        .bucket(name.as_str())
        .public_access_block_configuration(block.build())
        .send()
        .await?;
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id("alias/orders")
        .build()?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .build();
    let encryption = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()?;
    client
        .put_bucket_encryption()
        .bucket(name.as_str())
        .server_side_encryption_configuration(encryption)
        .send()
        .await?;
    same(
        "versioning",
        s3.versioning(&name).await?,
        Versioning::Enabled,
    )?;
    let block = s3.public_access_block(&name).await?;
    let block = block.map(|block| block.is_complete());
    same("public access block", block, Some(true))?;
    match s3.encryption(&name).await? {
        Some(Encryption::Kms { key_id, .. }) => {
            same("key", key_id.as_deref(), Some("alias/orders"))
        }
        other => Err(format!("encryption: {other:?}").into()),
    }
}
