use crate::{
    BucketName, Encryption, ObjectBody, ObjectKey, S3, TransferError,
    body::Piece,
    checksum::{Kept, ObjectChecksum, Verifier},
    service::{is_absent_object, named},
};
use aws_sdk_s3::{
    operation::{
        get_object::GetObjectOutput,
        head_object::{HeadObjectInput, HeadObjectOutput, builders::HeadObjectInputBuilder},
    },
    types::ChecksumMode,
};
use bytes::Bytes;
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use std::{collections::BTreeMap, time::SystemTime};

/// What S3 tells of an object.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectDetails {
    /// How many bytes it has.
    pub size: u64,
    /// What changes when its content does.
    pub etag: String,
    /// Which version it is, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// When it was written.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub last_modified: Option<SystemTime>,
    /// Its media type.
    pub content_type: Option<String>,
    /// Its storage class; `STANDARD` if there is none.
    pub storage_class: Option<String>,
    /// By what S3 has encrypted it.
    pub encryption: Option<Encryption>,
    /// The checksum that S3 keeps of it.
    pub checksum: Option<ObjectChecksum>,
    /// The metadata that its writer gave it.
    pub metadata: BTreeMap<String, String>,
}

/// An object that is read: what there is to know, and its body.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenObject {
    /// What S3 tells of it.
    pub details: ObjectDetails,
    /// What is in it, as it comes.
    pub body: ObjectBody,
}

/// Both answers have the same fields.
macro_rules! read {
    ($answer:expr) => {{
        let answer = $answer;
        let kept = Kept {
            crc32: answer.checksum_crc32(),
            crc32_c: answer.checksum_crc32_c(),
            crc64_nvme: answer.checksum_crc64_nvme(),
            others: [
                ("SHA256", answer.checksum_sha256()),
                ("SHA1", answer.checksum_sha1()),
                ("SHA512", answer.checksum_sha512()),
                ("MD5", answer.checksum_md5()),
                ("XXHASH64", answer.checksum_xxhash64()),
                ("XXHASH3", answer.checksum_xxhash3()),
                ("XXHASH128", answer.checksum_xxhash128()),
            ],
        };
        let checksum = kept.checksum();
        let verifier = checksum.as_ref().and_then(Verifier::of);
        let modified = answer.last_modified().copied();
        let size = answer
            .content_length()
            .and_then(|size| size.try_into().ok());
        let details = ObjectDetails {
            size: size.ok_or(TransferError::Lacking("length"))?,
            etag: answer
                .e_tag()
                .ok_or(TransferError::Lacking("ETag"))?
                .to_owned(),
            version_id: answer.version_id().map(str::to_owned),
            last_modified: modified.and_then(|time| time.try_into().ok()),
            content_type: answer.content_type().map(str::to_owned),
            storage_class: answer
                .storage_class()
                .map(|class| class.as_str().to_owned()),
            encryption: answer.server_side_encryption().map(|algorithm| {
                Encryption::read(
                    algorithm,
                    answer.ssekms_key_id(),
                    answer.bucket_key_enabled(),
                )
            }),
            checksum,
            metadata: answer
                .metadata()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        };
        Ok((details, verifier))
    }};
}

pub(crate) fn of_head(
    answer: &HeadObjectOutput,
) -> Result<(ObjectDetails, Option<Verifier>), AwsError> {
    read!(answer)
}

pub(crate) fn of_get(
    answer: &GetObjectOutput,
) -> Result<(ObjectDetails, Option<Verifier>), AwsError> {
    read!(answer)
}

#[cfg(test)]
impl ObjectDetails {
    /// An object of which nothing else is known.
    pub(crate) fn sized(size: u64, etag: &str) -> Self {
        Self {
            size,
            etag: etag.to_owned(),
            version_id: None,
            last_modified: None,
            content_type: None,
            storage_class: None,
            encryption: None,
            checksum: None,
            metadata: BTreeMap::new(),
        }
    }
}

impl S3 {
    /// Says whether there is an object of this key. It may be that the bucket is not there: S3 does not tell that apart here.
    ///
    /// # Errors
    ///
    /// Every failure but that the object is not there. Without `s3:ListBucket` S3 denies what is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026/11/22.json".parse()?);
    /// if !s3.object_exists(&bucket, &key).await? {
    ///     println!("nothing of that day");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn object_exists(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<bool, AwsError> {
        Ok(self.find_object(bucket, key).await?.is_some())
    }

    /// Tells of an object; `None` if it is not there, as [`object_exists`](Self::object_exists) says.
    ///
    /// # Errors
    ///
    /// As [`object_exists`](Self::object_exists).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let found = s3.find_object(&"orders-archive".parse()?, &"2026/11/22.json".parse()?).await?;
    /// println!("{:?} bytes", found.map(|object| object.size));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<Option<ObjectDetails>, AwsError> {
        let head = head(bucket, key, None);
        let head = Op::new(head, HeadObjectInputBuilder::send_with);
        let found = self.caller().find(head, is_absent_object).await?;
        let found = found.as_ref().map(of_head).transpose()?;
        Ok(found.map(|(details, _)| details))
    }

    /// Tells of an object.
    ///
    /// # Errors
    ///
    /// With the code `NotFound` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let object = s3.describe_object(&"orders-archive".parse()?, &"2026/11/22.json".parse()?).await?;
    /// println!("{} bytes, {}", object.size, object.etag);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<ObjectDetails, AwsError> {
        let (details, _) = self.look_at(bucket, key, None).await?;
        Ok(details)
    }

    pub(crate) async fn look_at(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<(ObjectDetails, Option<Verifier>), AwsError> {
        let found = self.head(bucket, key, version).await?;
        of_head(&found).map_err(|error| self.caller().told(named("HeadObject"), error))
    }

    pub(crate) async fn head(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<HeadObjectOutput, AwsError> {
        let head = head(bucket, key, version);
        let head = Op::new(head, HeadObjectInputBuilder::send_with);
        self.caller().call(head).await
    }

    /// Opens an object, to be read from its beginning to its end as one stream.
    ///
    /// When the connection breaks the stream goes on from there, with the same object only (`If-Match`). At its end it is compared
    /// with the checksum that S3 keeps, where that is one of the whole object. For what is large and to be had fast see
    /// [`download`](Self::download).
    ///
    /// # Errors
    ///
    /// With the code `NoSuchKey` or `NoSuchBucket` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let mut object = s3.open(&"orders-archive".parse()?, &"2026/11/22.json".parse()?).await?;
    /// while let Some(bytes) = object.body.next().await {
    ///     println!("{} of {} bytes", bytes?.len(), object.details.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(&self, bucket: &BucketName, key: &ObjectKey) -> Result<OpenObject, AwsError> {
        let piece = Piece::new(self, bucket, key, None);
        let answer = piece.ask().await?;
        let (details, verifier) = of_get(&answer).map_err(|error| piece.failed(error))?;
        let piece = piece.of_etag(&details.etag);
        let body = ObjectBody::begun(piece, answer.body, 0..details.size, verifier);
        Ok(OpenObject { details, body })
    }

    /// Reads a small object whole.
    ///
    /// # Errors
    ///
    /// [`TransferError::TooLarge`] if it has more than `max` bytes, of which none is read then; otherwise as [`open`](Self::open)
    /// and as its [body](ObjectBody).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let bytes = s3.read(&"orders-archive".parse()?, &"2026/11/22.json".parse()?, 1 << 20).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        max: usize,
    ) -> Result<Bytes, AwsError> {
        let OpenObject { details, body } = self.open(bucket, key).await?;
        let (size, max) = (details.size, max as u64);
        if size > max {
            return Err(TransferError::TooLarge { size, max }.into());
        }
        body.collect().await
    }
}

fn head(bucket: &BucketName, key: &ObjectKey, version: Option<&str>) -> HeadObjectInputBuilder {
    HeadObjectInput::builder()
        .bucket(bucket.as_str())
        .key(key.as_str())
        .set_version_id(version.map(str::to_owned))
        .checksum_mode(ChecksumMode::Enabled)
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use aws_sdk_s3::primitives::DateTime;
    use serde_json::json;

    #[test]
    fn what_is_known_of_an_object_is_written_as_a_record() {
        let answer = HeadObjectOutput::builder()
            .content_length(3)
            .e_tag("\"7\"")
            .last_modified(DateTime::from_secs(1_795_336_200))
            .metadata("origin", "import");
        let expected = json!({
            "size": 3,
            "etag": "\"7\"",
            "version_id": null,
            "last_modified": "2026-11-22T08:30:00Z",
            "content_type": null,
            "storage_class": null,
            "encryption": null,
            "checksum": null,
            "metadata": {"origin": "import"},
        });
        let (details, _) = of_head(&answer.build()).unwrap();
        assert_eq!(serde_json::to_value(details).unwrap(), expected);
    }
}
