//! Objects that are encrypted here, so that S3 never sees what is in them: messages of the AWS Encryption SDK.

mod download;
mod upload;

pub use download::SealedStream;

use crate::{BucketName, ObjectKey, PutOptions, S3, TransferError, Uploaded};
use leeward_envelope::{Decrypted, Decryptor, EncryptionContext, Encryptor};
use leeward_error_taxonomy::AwsError;

impl S3 {
    /// Encrypts bytes here, bound to `context`, and writes the message: S3 never sees what is in it. What is large goes by
    /// [`upload_sealed`](Self::upload_sealed).
    ///
    /// The object is a message of the AWS Encryption SDK, which its other implementations read as well. The context stands in it in the clear; put
    /// the key of the object into it so that nobody can pass off one object as another.
    ///
    /// # Errors
    ///
    /// [`TransferError::Seal`], before anything is sent; otherwise as of [`put`](Self::put).
    ///
    /// ```no_run
    /// use leeward_envelope::{EncryptionContext, Encryptor};
    /// use leeward_s3::PutOptions;
    ///
    /// # async fn run(s3: leeward_s3::S3, encryptor: Encryptor) -> Result<(), Box<dyn std::error::Error>> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026/11/22.json".parse()?);
    /// let context = EncryptionContext::new([("object", "2026/11/22.json")])?;
    /// s3.put_sealed(&bucket, &key, b"[]", &encryptor, &context, &PutOptions::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn put_sealed(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        plaintext: &[u8],
        encryptor: &Encryptor,
        context: &EncryptionContext,
        options: &PutOptions,
    ) -> Result<Uploaded, AwsError> {
        let sealed = encryptor.encrypt(plaintext, context).await;
        let message = sealed.map_err(TransferError::Seal)?;
        self.put(bucket, key, message, options).await
    }

    /// Reads an object that was written by [`put_sealed`](Self::put_sealed) or [`upload_sealed`](Self::upload_sealed), and decrypts it here,
    /// if it is bound to all of `context`. What is large goes by [`open_sealed`](crate::Download::open_sealed).
    ///
    /// # Errors
    ///
    /// [`TransferError::Open`] if it does not open, without any of its plaintext; otherwise as of [`read`](Self::read), whose
    /// `max` counts the bytes of the message, which is a little longer.
    ///
    /// ```no_run
    /// use leeward_envelope::{Decryptor, EncryptionContext};
    ///
    /// # async fn run(s3: leeward_s3::S3, decryptor: Decryptor) -> Result<(), Box<dyn std::error::Error>> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026/11/22.json".parse()?);
    /// let context = EncryptionContext::new([("object", "2026/11/22.json")])?;
    /// let decrypted = s3.read_sealed(&bucket, &key, 1 << 20, &decryptor, &context).await?;
    /// assert_eq!(decrypted.plaintext(), b"[]");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_sealed(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        max: usize,
        decryptor: &Decryptor,
        context: &EncryptionContext,
    ) -> Result<Decrypted, AwsError> {
        let message = self.read(bucket, key, max).await?;
        let opened = decryptor.decrypt_with_context(&message, context).await;
        Ok(opened.map_err(TransferError::Open)?)
    }
}
