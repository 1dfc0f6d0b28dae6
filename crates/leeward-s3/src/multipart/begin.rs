use super::UploadId;
use crate::{
    BucketName, Checksum, ObjectKey, PutOptions, S3, TransferError, options::with_options,
    service::is_absent_upload,
};
use aws_sdk_s3::operation::{
    abort_multipart_upload::{
        AbortMultipartUploadInput, builders::AbortMultipartUploadInputBuilder,
    },
    create_multipart_upload::{
        CreateMultipartUploadInput, builders::CreateMultipartUploadInputBuilder,
    },
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;

impl S3 {
    /// Begins an upload that outlives its failures: to be [continued](crate::Upload::continuing), by this process or another that knows
    /// bucket, key and id, or aborted by [`abort_upload`](Self::abort_upload).
    ///
    /// It is sent again after a failure, even if it may have been applied: what is then left is an upload without parts, which costs nothing.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if there is none.
    ///
    /// ```no_run
    /// use leeward_s3::{PutOptions, UploadSource};
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let id = s3.begin_upload(&bucket, &key, &PutOptions::new()).await?;
    /// let upload = || s3.upload(&bucket, &key, UploadSource::file("2026.tar")).continuing(id.clone());
    /// if upload().send().await.is_err() {
    ///     upload().send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        options: &PutOptions,
    ) -> Result<UploadId, AwsError> {
        let create = create(bucket, key, options, self.limits().checksum);
        self.create_upload(create).await
    }

    pub(crate) async fn create_upload(
        &self,
        create: CreateMultipartUploadInputBuilder,
    ) -> Result<UploadId, AwsError> {
        let create = Op::new(create, CreateMultipartUploadInputBuilder::send_with).idempotent();
        let id = self.caller().call(create).await?.upload_id;
        let id = id.ok_or(TransferError::Lacking("upload id"))?;
        Ok(UploadId::new(id))
    }

    /// Aborts an upload, and has its parts deleted; one that is not there is aborted already.
    ///
    /// A part that is on its way meanwhile may stay: AWS says to abort again then.
    ///
    /// # Errors
    ///
    /// Every failure but that it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3, id: leeward_s3::UploadId) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// s3.abort_upload(&"orders-archive".parse()?, &"2026.tar".parse()?, &id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn abort_upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        id: &UploadId,
    ) -> Result<(), AwsError> {
        let abort = AbortMultipartUploadInput::builder()
            .bucket(bucket.as_str())
            .key(key.as_str())
            .upload_id(id.as_str());
        let abort = Op::new(abort, AbortMultipartUploadInputBuilder::send_with).idempotent();
        self.caller().find(abort, is_absent_upload).await.map(drop)
    }
}

/// What begins an upload.
pub(crate) fn create(
    bucket: &BucketName,
    key: &ObjectKey,
    options: &PutOptions,
    checksum: Checksum,
) -> CreateMultipartUploadInputBuilder {
    let algorithm = checksum.algorithm();
    let create = CreateMultipartUploadInput::builder()
        .bucket(bucket.as_str())
        .key(key.as_str())
        .set_checksum_algorithm(algorithm.map(|algorithm| algorithm.told()))
        .set_checksum_type(checksum.kind());
    with_options!(create, options)
}
