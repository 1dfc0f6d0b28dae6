use crate::{BucketName, ObjectKey, S3, service::named};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use leeward_error_taxonomy::AwsError;
use std::time::Duration;

impl S3 {
    /// Makes a URL by which anybody may read an object for so long, a second to a week.
    ///
    /// No call is made, so nobody looks whether the object is there or may be read: that is seen when the URL is used. It is good no
    /// longer than the credentials that sign it. Whoever has it may read: do not log it.
    ///
    /// # Errors
    ///
    /// [`TransferError::Setting`](crate::TransferError::Setting) if the time is shorter than a second or longer than a week; and if there
    /// are no credentials.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026/11/22.json".parse()?);
    /// let request = s3.presign_read(&bucket, &key, Duration::from_secs(900)).await?;
    /// let url = request.uri();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn presign_read(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        expires_in: Duration,
    ) -> Result<PresignedRequest, AwsError> {
        let failed = |error| self.caller().told(named("GetObject"), error);
        let expiry = expiry(expires_in).map_err(failed)?;
        let get = self.caller().client().get_object();
        let get = get.bucket(bucket.as_str()).key(key.as_str());
        let signed = get.presigned(expiry).await;
        signed.map_err(|error| failed(error.into()))
    }

    /// Makes a URL by which anybody may write an object for so long, a second to a week, with the headers of the request.
    ///
    /// Otherwise as [`presign_read`](Self::presign_read).
    ///
    /// # Errors
    ///
    /// As of [`presign_read`](Self::presign_read).
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "inbox/report.pdf".parse()?);
    /// let request = s3.presign_write(&bucket, &key, Duration::from_secs(900)).await?;
    /// assert_eq!(request.method(), "PUT");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn presign_write(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        expires_in: Duration,
    ) -> Result<PresignedRequest, AwsError> {
        let failed = |error| self.caller().told(named("PutObject"), error);
        let expiry = expiry(expires_in).map_err(failed)?;
        let put = self.caller().client().put_object();
        let put = put.bucket(bucket.as_str()).key(key.as_str());
        let signed = put.presigned(expiry).await;
        signed.map_err(|error| failed(error.into()))
    }
}

fn expiry(expires_in: Duration) -> Result<PresigningConfig, AwsError> {
    let seconds = expires_in.as_secs();
    let config = PresigningConfig::expires_in(expires_in).ok();
    // A URL says whole seconds: of less it would say none.
    config.filter(|_| seconds > 0).ok_or_else(|| {
        AwsError::new(crate::TransferError::Setting {
            setting: "the time of a presigned URL, in seconds,",
            found: seconds,
            rule: "a second to a week",
        })
    })
}
