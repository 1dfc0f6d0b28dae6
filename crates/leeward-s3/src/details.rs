use crate::{BucketName, Encryption, S3};
use aws_sdk_s3::{
    operation::{
        get_bucket_encryption::{
            GetBucketEncryptionInput, builders::GetBucketEncryptionInputBuilder,
        },
        get_bucket_policy_status::{
            GetBucketPolicyStatusInput, builders::GetBucketPolicyStatusInputBuilder,
        },
        get_bucket_versioning::{
            GetBucketVersioningInput, builders::GetBucketVersioningInputBuilder,
        },
        get_public_access_block::{
            GetPublicAccessBlockInput, builders::GetPublicAccessBlockInputBuilder,
        },
        head_bucket::{HeadBucketInput, builders::HeadBucketInputBuilder},
    },
    types::{BucketVersioningStatus, PublicAccessBlockConfiguration, ServerSideEncryptionRule},
};
use futures_util::future::try_join5;
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;

/// What there is to know of a bucket at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BucketDetails {
    /// Its name.
    pub name: String,
    /// The Region that it is in.
    pub region: String,
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// By what S3 encrypts what is put there, if that is configured.
    pub encryption: Option<Encryption>,
    /// What it refuses the public, if that is configured; the account may refuse more.
    pub public_access_block: Option<PublicAccessBlock>,
    /// Whether its policy lets the public in; `None` if it has no policy.
    pub is_policy_public: Option<bool>,
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Versioning {
    /// It never did.
    Off,
    /// It does.
    Enabled,
    /// It did, and keeps what there was.
    Suspended,
    /// S3 says something that this version does not know.
    Unknown,
}

/// What a bucket refuses the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PublicAccessBlock {
    /// New public ACLs.
    pub block_public_acls: bool,
    /// The effect of public ACLs.
    pub ignore_public_acls: bool,
    /// New public policies.
    pub block_public_policy: bool,
    /// Access by a public policy to all but its own account and AWS services.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Whether it refuses all four.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.block_public_acls
            && self.ignore_public_acls
            && self.block_public_policy
            && self.restrict_public_buckets
    }

    fn read(configuration: &PublicAccessBlockConfiguration) -> Self {
        let said = |said: Option<bool>| said.unwrap_or_default();
        Self {
            block_public_acls: said(configuration.block_public_acls),
            ignore_public_acls: said(configuration.ignore_public_acls),
            block_public_policy: said(configuration.block_public_policy),
            restrict_public_buckets: said(configuration.restrict_public_buckets),
        }
    }
}

impl S3 {
    /// Tells what there is to know of a bucket in this Region, by five calls at once.
    ///
    /// # Errors
    ///
    /// The first failure of the five: `NotFound` or `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let bucket = s3.describe_bucket(&"orders-archive".parse()?).await?;
    /// println!("{} keeps versions: {:?}", bucket.region, bucket.versioning);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_bucket(&self, bucket: &BucketName) -> Result<BucketDetails, AwsError> {
        let head = HeadBucketInput::builder().bucket(bucket.as_str());
        let head = Op::new(head, HeadBucketInputBuilder::send_with);
        let (found, versioning, encryption, public_access_block, is_policy_public) = try_join5(
            self.caller().call(head),
            self.versioning(bucket),
            self.encryption(bucket),
            self.public_access_block(bucket),
            self.is_policy_public(bucket),
        )
        .await?;
        let region = found.bucket_region;
        Ok(BucketDetails {
            name: bucket.as_str().to_owned(),
            region: region.unwrap_or_else(|| self.caller().region().to_string()),
            versioning,
            encryption,
            public_access_block,
            is_policy_public,
        })
    }

    /// Says whether a bucket keeps versions.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// println!("{:?}", s3.versioning(&"orders-archive".parse()?).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, AwsError> {
        let ask = GetBucketVersioningInput::builder().bucket(bucket.as_str());
        let ask = Op::new(ask, GetBucketVersioningInputBuilder::send_with);
        Ok(match self.caller().call(ask).await?.status {
            None => Versioning::Off,
            Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
            Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
            Some(_) => Versioning::Unknown,
        })
    }

    /// Says by what S3 encrypts what is put into a bucket; `None` if that is not configured.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// println!("{:?}", s3.encryption(&"orders-archive".parse()?).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn encryption(&self, bucket: &BucketName) -> Result<Option<Encryption>, AwsError> {
        let ask = GetBucketEncryptionInput::builder().bucket(bucket.as_str());
        let ask = Op::new(ask, GetBucketEncryptionInputBuilder::send_with);
        let none = |error: &AwsError| {
            error.code() == Some("ServerSideEncryptionConfigurationNotFoundError")
        };
        let found = self.caller().find(ask, none).await?;
        let configuration = found.and_then(|found| found.server_side_encryption_configuration);
        let rules = configuration.map(|configuration| configuration.rules);
        Ok(rules.iter().flatten().find_map(by_default))
    }

    /// Says what a bucket refuses the public; `None` if that is not configured.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let block = s3.public_access_block(&"orders-archive".parse()?).await?;
    /// assert!(block.is_some_and(|block| block.is_complete()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn public_access_block(
        &self,
        bucket: &BucketName,
    ) -> Result<Option<PublicAccessBlock>, AwsError> {
        let ask = GetPublicAccessBlockInput::builder().bucket(bucket.as_str());
        let ask = Op::new(ask, GetPublicAccessBlockInputBuilder::send_with);
        let none = |error: &AwsError| error.code() == Some("NoSuchPublicAccessBlockConfiguration");
        let found = self.caller().find(ask, none).await?;
        let configuration = found.and_then(|found| found.public_access_block_configuration);
        Ok(configuration.as_ref().map(PublicAccessBlock::read))
    }

    /// Says whether the policy of a bucket lets the public in; `None` if it has none.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// assert_ne!(s3.is_policy_public(&"orders-archive".parse()?).await?, Some(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn is_policy_public(&self, bucket: &BucketName) -> Result<Option<bool>, AwsError> {
        let ask = GetBucketPolicyStatusInput::builder().bucket(bucket.as_str());
        let ask = Op::new(ask, GetBucketPolicyStatusInputBuilder::send_with);
        let none = |error: &AwsError| error.code() == Some("NoSuchBucketPolicy");
        let found = self.caller().find(ask, none).await?;
        Ok(found.and_then(|found| found.policy_status?.is_public))
    }
}

fn by_default(rule: &ServerSideEncryptionRule) -> Option<Encryption> {
    let by_default = rule.apply_server_side_encryption_by_default()?;
    let key_id = by_default.kms_master_key_id();
    let bucket_key = rule.bucket_key_enabled();
    Some(Encryption::read(
        by_default.sse_algorithm(),
        key_id,
        bucket_key,
    ))
}
