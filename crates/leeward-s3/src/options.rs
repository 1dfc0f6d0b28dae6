use aws_sdk_s3::types::{ServerSideEncryption, StorageClass};
use std::collections::HashMap;

/// How an object is to be kept; nothing but what the bucket says by default.
///
/// ```
/// use leeward_s3::{Encryption, PutOptions};
///
/// let options = PutOptions::new()
///     .with_content_type("application/json")
///     .with_metadata("origin", "import")
///     .with_encryption(Encryption::kms("alias/orders"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "options are for a put or an upload"]
pub struct PutOptions {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) storage_class: Option<StorageClass>,
    pub(crate) metadata: HashMap<String, String>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) condition: Option<Condition>,
}

/// By what S3 encrypts an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Encryption {
    /// By keys of S3 (SSE-S3).
    S3,
    /// By a KMS key (SSE-KMS).
    #[non_exhaustive]
    Kms {
        /// The id, ARN or alias of the key; the key `aws/s3` of the account if there is none.
        key_id: Option<String>,
        /// Whether S3 asks KMS once for many objects of the bucket; as the bucket says if that is not said.
        bucket_key: Option<bool>,
    },
    /// By a KMS key, twice (DSSE-KMS).
    #[non_exhaustive]
    KmsTwice {
        /// The id, ARN or alias of the key; the key `aws/s3` of the account if there is none.
        key_id: Option<String>,
    },
    /// In a way that this version does not know, by its name.
    #[non_exhaustive]
    Other {
        /// What S3 calls it.
        name: String,
    },
}

impl Encryption {
    /// By this KMS key: its id, ARN or alias.
    #[must_use]
    pub fn kms(key_id: impl Into<String>) -> Self {
        Self::Kms {
            key_id: Some(key_id.into()),
            bucket_key: None,
        }
    }

    /// By this KMS key, twice: its id, ARN or alias.
    #[must_use]
    pub fn kms_twice(key_id: impl Into<String>) -> Self {
        Self::KmsTwice {
            key_id: Some(key_id.into()),
        }
    }

    pub(crate) fn read(
        algorithm: &ServerSideEncryption,
        key_id: Option<&str>,
        bucket_key: Option<bool>,
    ) -> Self {
        let key_id = key_id.map(str::to_owned);
        match algorithm {
            ServerSideEncryption::Aes256 => Self::S3,
            ServerSideEncryption::AwsKms => Self::Kms { key_id, bucket_key },
            ServerSideEncryption::AwsKmsDsse => Self::KmsTwice { key_id },
            other => Self::Other {
                name: other.as_str().to_owned(),
            },
        }
    }

    pub(crate) fn algorithm(&self) -> ServerSideEncryption {
        match self {
            Self::S3 => ServerSideEncryption::Aes256,
            Self::Kms { .. } => ServerSideEncryption::AwsKms,
            Self::KmsTwice { .. } => ServerSideEncryption::AwsKmsDsse,
            Self::Other { name } => ServerSideEncryption::from(name.as_str()),
        }
    }

    pub(crate) fn key_id(&self) -> Option<String> {
        match self {
            Self::Kms { key_id, .. } | Self::KmsTwice { key_id } => key_id.clone(),
            Self::S3 | Self::Other { .. } => None,
        }
    }

    pub(crate) fn bucket_key(&self) -> Option<bool> {
        match self {
            Self::Kms { bucket_key, .. } => *bucket_key,
            _ => None,
        }
    }
}

/// What has to hold of the object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Absent,
    Etag(String),
}

impl Condition {
    pub(crate) fn if_none_match(condition: Option<&Self>) -> Option<String> {
        matches!(condition, Some(Self::Absent)).then(|| "*".to_owned())
    }

    pub(crate) fn if_match(condition: Option<&Self>) -> Option<String> {
        match condition {
            Some(Self::Etag(etag)) => Some(etag.clone()),
            _ => None,
        }
    }
}

impl PutOptions {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether anything of it replaces what the original of a copy says of itself.
    pub(crate) fn says_what_it_is(&self) -> bool {
        !self.metadata.is_empty() || self.content_type.is_some() || self.cache_control.is_some()
    }

    /// Sets the media type. Default: `application/octet-stream`, which the SDK says of what is put in one go, and `binary/octet-stream`,
    /// which S3 takes of what is uploaded by parts.
    pub fn with_content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Sets the header `Cache-Control` of downloads. Default: none.
    pub fn with_cache_control(mut self, directives: impl Into<String>) -> Self {
        self.cache_control = Some(directives.into());
        self
    }

    /// Sets the storage class. Default: `STANDARD`.
    pub fn with_storage_class(mut self, class: StorageClass) -> Self {
        self.storage_class = Some(class);
        self
    }

    /// Adds a pair of metadata, which anybody who may read the object sees. Default: none.
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// Has S3 encrypt it so. Default: as the bucket says.
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// Writes only if there is no object of this key. Default: what is there is replaced.
    ///
    /// It fails with the code `PreconditionFailed` if there is one. It is not sent again once it may have been applied.
    pub fn only_if_absent(mut self) -> Self {
        self.condition = Some(Condition::Absent);
        self
    }

    /// Writes only if the object that is there has this ETag; otherwise as [`only_if_absent`](Self::only_if_absent), with the code
    /// `NoSuchKey` if there is none. S3 wants the permission `s3:GetObject` too.
    ///
    /// ```no_run
    /// use leeward_s3::PutOptions;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.json".parse()?);
    /// let read = s3.describe_object(&bucket, &key).await?;
    /// let unless_replaced = PutOptions::new().only_if_etag(read.etag);
    /// s3.put(&bucket, &key, "{}", &unless_replaced).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn only_if_etag(mut self, etag: impl Into<String>) -> Self {
        self.condition = Some(Condition::Etag(etag.into()));
        self
    }
}

/// Sets the options on a builder of the SDK: one list for the two operations that take them.
macro_rules! with_options {
    ($request:expr, $options:expr) => {{
        let options: &$crate::PutOptions = $options;
        let encryption = options.encryption.as_ref();
        $request
            .set_content_type(options.content_type.clone())
            .set_cache_control(options.cache_control.clone())
            .set_storage_class(options.storage_class.clone())
            .set_metadata(Some(options.metadata.clone()).filter(|metadata| !metadata.is_empty()))
            .set_server_side_encryption(encryption.map($crate::Encryption::algorithm))
            .set_ssekms_key_id(encryption.and_then($crate::Encryption::key_id))
            .set_bucket_key_enabled(encryption.and_then($crate::Encryption::bucket_key))
    }};
}

pub(crate) use with_options;
