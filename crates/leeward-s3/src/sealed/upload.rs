use crate::{BucketName, ObjectKey, S3, TransferError, Upload, UploadSource, source::Reader};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use leeward_envelope::{EncryptError, EncryptingStream, EncryptionContext, Encryptor};
use leeward_error_taxonomy::AwsError;
use std::io;

/// So much plaintext is read at a time.
const CHUNK: usize = 256 << 10;

impl S3 {
    /// Uploads bytes, a file or a stream, encrypted on the way and bound to `context`: as [`upload`](Self::upload), in the same bounded
    /// memory.
    ///
    /// The message is begun here: this waits for the keyring. Its progress counts the bytes of the message, which is a little longer. Encrypted
    /// again it is another message: [`continuing`](Upload::continuing) such an upload sends all of its parts again. Of what fails nothing is
    /// there, and no message without its end is.
    ///
    /// # Errors
    ///
    /// [`TransferError::Seal`] if the message cannot be begun, [`TransferError::File`] if a file cannot be opened; when it is sent, as of
    /// [`send`](Upload::send), and [`TransferError::Seal`].
    ///
    /// ```no_run
    /// use leeward_envelope::{EncryptionContext, Encryptor};
    /// use leeward_s3::UploadSource;
    ///
    /// # async fn run(s3: leeward_s3::S3, encryptor: Encryptor) -> Result<(), Box<dyn std::error::Error>> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let context = EncryptionContext::new([("object", "2026.tar")])?;
    /// let source = UploadSource::file("/var/backups/2026.tar");
    /// s3.upload_sealed(&bucket, &key, source, &encryptor, &context).await?.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_sealed(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        source: impl Into<UploadSource>,
        encryptor: &Encryptor,
        context: &EncryptionContext,
    ) -> Result<Upload, AwsError> {
        let reader = source.into().open().await?;
        let message = encryptor.begin(context, reader.len).await;
        let message = message.map_err(TransferError::Seal)?;
        let len = message.message_len();
        let plaintext = Box::pin(stream::try_unfold(reader, chunk));
        let message = EncryptingStream::new(message, plaintext).map_err(told);
        Ok(self.upload(bucket, key, UploadSource::told(message, len)))
    }
}

async fn chunk(mut reader: Reader) -> Result<Option<(Bytes, Reader)>, AwsError> {
    let chunk = reader.part(CHUNK).await?;
    Ok((!chunk.is_empty()).then_some((chunk, reader)))
}

/// What the stream failed with: the source, or the message.
fn told(error: io::Error) -> AwsError {
    let error = match error.downcast::<AwsError>() {
        Ok(error) => return error,
        Err(error) => error,
    };
    match error.downcast::<EncryptError>() {
        Ok(error) => TransferError::Seal(error).into(),
        Err(error) => TransferError::Source(error.into()).into(),
    }
}
