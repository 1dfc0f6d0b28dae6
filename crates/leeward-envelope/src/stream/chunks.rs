use super::{CHUNK, cipher::Cipher, conversion::Conversion};
use crate::{Authenticated, Decryption, Decryptor, Encryption, EncryptionContext, pace::Turns};
use bytes::Bytes;
use futures_core::Stream;
use std::{
    error::Error,
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// Takes a stream of plaintext, and gives the message that it becomes, in chunks.
///
/// ```
/// use futures_util::{TryStreamExt, stream};
/// use leeward_envelope::{DecryptingStream, EncryptingStream, EncryptionContext};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || leeward_envelope::RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let encryptor = leeward_envelope::Encryptor::builder(keyring()?).build()?;
/// # let decryptor = leeward_envelope::Decryptor::builder(keyring()?).build()?;
/// let none = EncryptionContext::empty();
/// let parts = stream::iter([Ok::<_, std::io::Error>("attack "), Ok("at dawn")]);
/// let message = EncryptingStream::new(encryptor.begin(&none, None).await?, parts);
/// let plaintext = DecryptingStream::open(&decryptor, message, &none).await?;
/// let plaintext: Vec<_> = plaintext.try_collect().await?;
/// assert_eq!(plaintext.concat(), b"attack at dawn");
/// # Ok(())
/// # }
/// ```
pub type EncryptingStream<S> = CipherStream<Encryption, S>;

/// Takes a stream of a message, and gives its plaintext, in chunks: of each frame once it is verified, so that whoever
/// reads may have seen a part when an error comes, and knows only from a clean end that it was all.
pub type DecryptingStream<S> = CipherStream<Decryption, S>;

/// Takes chunks, and gives what becomes of them; as [`EncryptingStream`] or [`DecryptingStream`].
///
/// Works on 64 KiB at a time, however large the chunks are that come, and holds one frame. Errors of the message are kept
/// within the [`io::Error`] that tells them, and are the last item, as are errors of the stream that it takes. Lets other
/// tasks run after every MiB.
pub struct CipherStream<C: Cipher, S> {
    inner: S,
    conversion: Conversion<C>,
    left: Bytes,
    is_over: bool,
    turns: Turns,
}

impl<C: Cipher, S> CipherStream<C, S> {
    /// Converts what `inner` gives; of a message that is decrypted, what follows its header.
    pub fn new(cipher: C, inner: S) -> Self {
        Self::behind(cipher, Bytes::new(), inner)
    }

    fn behind(cipher: C, left: Bytes, inner: S) -> Self {
        Self {
            inner,
            conversion: Conversion::new(cipher),
            left,
            is_over: false,
            turns: Turns::default(),
        }
    }
}

impl<S> DecryptingStream<S> {
    /// Reads the header of a message that is bound to every pair of `expected`, and has it opened.
    ///
    /// # Errors
    ///
    /// [`DecryptError`](crate::DecryptError) in an [`io::Error`], or what `inner` gave.
    pub async fn open<B, E>(
        decryptor: &Decryptor,
        mut inner: S,
        expected: &EncryptionContext,
    ) -> io::Result<Self>
    where
        S: Stream<Item = Result<B, E>> + Unpin,
        B: Into<Bytes>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut header = decryptor.begin(expected);
        let mut left = Bytes::new();
        while header.missing()?.is_some() {
            let next = poll_fn(|cx| Pin::new(&mut inner).poll_next(cx)).await;
            match next {
                Some(chunk) => {
                    left = chunk
                        .map_err(|error| header.broken_off(told(error)))?
                        .into();
                    let read = header.push(&left)?;
                    drop(left.split_to(read));
                }
                None => return Err(header.truncated().into()),
            }
        }
        Ok(Self::behind(header.open().await?, left, inner))
    }

    /// What the header says, which is proved; none after an error.
    #[must_use]
    pub fn authenticated(&self) -> Option<&Authenticated> {
        let open = self.conversion.cipher().map(Decryption::authenticated);
        open.or_else(|| self.conversion.proof())
    }
}

impl<C, S, B, E> Stream for CipherStream<C, S>
where
    C: Cipher,
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Into<Bytes>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while !this.is_over && this.conversion.output().is_empty() {
            ready!(this.turns.poll(cx));
            if this.left.is_empty() {
                match ready!(Pin::new(&mut this.inner).poll_next(cx)) {
                    Some(Ok(chunk)) => this.left = chunk.into(),
                    Some(Err(error)) => return Poll::Ready(this.fail(told(error))),
                    None => {
                        if let Err(error) = this.conversion.finish() {
                            return Poll::Ready(this.fail(error));
                        }
                        this.is_over = true;
                    }
                }
            } else {
                let now = this.left.split_to(this.left.len().min(CHUNK));
                this.turns.spend(this.conversion.cost(now.len()));
                if let Err(error) = this.conversion.push(&now) {
                    return Poll::Ready(this.fail(error));
                }
            }
        }
        let output = this.conversion.take();
        Poll::Ready((!output.is_empty()).then(|| Ok(output.into())))
    }
}

impl<C: Cipher, S> CipherStream<C, S> {
    fn fail(&mut self, error: io::Error) -> Option<io::Result<Bytes>> {
        self.conversion.break_off(error.kind());
        self.is_over = true;
        self.left = Bytes::new();
        Some(Err(error))
    }
}

/// The error of a stream: if it is one of I/O, the very same.
fn told(error: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
    match error.into().downcast() {
        Ok(error) => *error,
        Err(error) => io::Error::other(error),
    }
}

impl<C: Cipher, S> fmt::Debug for CipherStream<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherStream")
            .field("conversion", &self.conversion)
            .finish_non_exhaustive()
    }
}
