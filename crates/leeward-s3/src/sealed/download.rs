use crate::{Download, DownloadStream, ObjectDetails, TransferError};
use bytes::Bytes;
use futures_core::Stream;
use leeward_envelope::{
    Authenticated, DecryptError, DecryptingStream, Decryptor, EncryptionContext,
};
use leeward_error_taxonomy::AwsError;
use std::{
    fmt, future, io,
    pin::Pin,
    task::{Context, Poll},
};

/// The plaintext of a sealed object, in its order: a [`Stream`] of bytes.
///
/// Each piece is verified before it is given; that it was all is known from a clean end only, so act on nothing that cannot be undone before.
/// What a signed message gives before its signature is read, if anything, says
/// [`with_signed_streams`](leeward_envelope::DecryptorBuilder::with_signed_streams). In memory are a frame of the message and the parts of the
/// [`DownloadStream`] beneath. Its errors are [`TransferError::Open`] and those of that stream. Dropping it closes all connections.
#[must_use = "nothing is read before it is polled"]
pub struct SealedStream {
    details: ObjectDetails,
    plaintext: DecryptingStream<DownloadStream>,
}

impl Download {
    /// Begins to download an object that was written by [`put_sealed`](crate::S3::put_sealed) or
    /// [`upload_sealed`](crate::S3::upload_sealed), and decrypts it as it comes, if it is bound to all of `context`.
    ///
    /// This reads the header of the message, and waits for the keyring. The progress counts the bytes of the message.
    ///
    /// # Errors
    ///
    /// [`TransferError::Open`] if the message does not open; otherwise as [`stream`](Self::stream) and its stream.
    ///
    /// ```no_run
    /// use leeward_envelope::{Decryptor, EncryptionContext};
    ///
    /// # async fn run(s3: leeward_s3::S3, decryptor: Decryptor) -> Result<(), Box<dyn std::error::Error>> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let context = EncryptionContext::new([("object", "2026.tar")])?;
    /// let mut plaintext = s3.download(&bucket, &key).open_sealed(&decryptor, &context).await?;
    /// while let Some(bytes) = plaintext.next().await {
    ///     println!("{} bytes", bytes?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_sealed(
        self,
        decryptor: &Decryptor,
        context: &EncryptionContext,
    ) -> Result<SealedStream, AwsError> {
        let message = self.stream().await?;
        let details = message.details().clone();
        let plaintext = DecryptingStream::open(decryptor, message, context).await;
        Ok(SealedStream {
            details,
            plaintext: plaintext.map_err(told)?,
        })
    }
}

impl SealedStream {
    /// What S3 tells of the object, which is the message.
    #[must_use]
    pub const fn details(&self) -> &ObjectDetails {
        &self.details
    }

    /// The context that the message is bound to, and its suite, which are proved; none after an error.
    #[must_use]
    pub fn authenticated(&self) -> Option<&Authenticated> {
        self.plaintext.authenticated()
    }

    /// The next bytes; `None` at the end, when all is verified.
    ///
    /// ```no_run
    /// # async fn run(mut plaintext: leeward_s3::SealedStream) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// while let Some(bytes) = plaintext.next().await {
    ///     println!("{} bytes", bytes?.len());
    /// }
    /// println!("{:?}", plaintext.authenticated());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Bytes, AwsError>> {
        future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for SealedStream {
    type Item = Result<Bytes, AwsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let plaintext = Pin::new(&mut self.plaintext).poll_next(cx);
        plaintext.map(|next| next.map(|bytes| bytes.map_err(told)))
    }
}

impl fmt::Debug for SealedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStream")
            .field("details", &self.details)
            .finish_non_exhaustive()
    }
}

/// What the stream failed with: the download, or the message.
fn told(error: io::Error) -> AwsError {
    let error = match error.downcast::<AwsError>() {
        Ok(error) => return error,
        Err(error) => error,
    };
    match error.downcast::<DecryptError>() {
        Ok(error) => TransferError::Open(error).into(),
        Err(error) => AwsError::from_erased(error),
    }
}
