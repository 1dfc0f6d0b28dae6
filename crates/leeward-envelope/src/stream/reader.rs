use super::{CHUNK, cipher::Cipher, conversion::Conversion};
use crate::{Authenticated, Decryption, Decryptor, Encryption, EncryptionContext, pace::Turns};
use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
use zeroize::Zeroizing;

/// Reads plaintext from a source, and gives the message that it becomes.
///
/// ```
/// use leeward_envelope::{DecryptingReader, EncryptingReader, EncryptionContext};
/// use std::io::Read;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || leeward_envelope::RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let encryptor = leeward_envelope::Encryptor::builder(keyring()?).build()?;
/// # let decryptor = leeward_envelope::Decryptor::builder(keyring()?).build()?;
/// let none = EncryptionContext::empty();
/// // The keyring is waited for here; what follows may block, or be awaited, as the source is.
/// let encryption = encryptor.begin(&none, None).await?;
/// let mut message = Vec::new();
/// EncryptingReader::new(encryption, &b"attack at dawn"[..]).read_to_end(&mut message)?;
///
/// let mut source = &message[..];
/// let mut header = decryptor.begin(&none);
/// header.read_from(&mut source)?;
/// let mut plaintext = String::new();
/// DecryptingReader::new(header.open().await?, source).read_to_string(&mut plaintext)?;
/// assert_eq!(plaintext, "attack at dawn");
/// # Ok(())
/// # }
/// ```
pub type EncryptingReader<R> = CipherReader<Encryption, R>;

/// Reads a message from a source, and gives its plaintext: of each frame once it is verified, so that whoever reads may
/// have seen a part when an error comes, and knows only from a clean end that it was all.
///
/// The source must end where the message does.
pub type DecryptingReader<R> = CipherReader<Decryption, R>;

/// Reads from a source, and gives what becomes of it; as [`EncryptingReader`] or [`DecryptingReader`].
///
/// Reads as its source does, blocking or not. Holds 64 KiB of input, what became of it, and one frame; wiped on drop.
/// Errors of the message are kept within the [`io::Error`] that tells them, and stay: nothing more comes after one, nor after
/// an error of the source, other than that it was interrupted or would block. Goes on at the next poll wherever one was
/// left, and lets other tasks run after every MiB.
pub struct CipherReader<C: Cipher, R> {
    inner: R,
    conversion: Conversion<C>,
    input: Zeroizing<Vec<u8>>,
    turns: Turns,
}

impl<C: Cipher, R> CipherReader<C, R> {
    /// Converts what `inner` has; of a message that is decrypted, what follows its header.
    pub fn new(cipher: C, inner: R) -> Self {
        Self {
            inner,
            conversion: Conversion::new(cipher),
            input: Zeroizing::new(vec![0; CHUNK]),
            turns: Turns::default(),
        }
    }

    /// The source.
    #[must_use]
    pub const fn source(&self) -> &R {
        &self.inner
    }

    /// The source, and nothing of what was read from it.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.inner
    }

    fn needs_input(&self) -> io::Result<bool> {
        // What is there was there before any error.
        Ok(self.conversion.output().is_empty() && !self.conversion.is_finished()?)
    }

    /// Takes what the source answered, the end of it included.
    fn take(&mut self, read: io::Result<usize>) -> io::Result<()> {
        match read {
            Ok(0) => self.conversion.finish(),
            Ok(len) => {
                self.turns.spend(self.conversion.cost(len));
                self.conversion.push(&self.input[..len.min(CHUNK)])
            }
            Err(error) => {
                self.conversion.note(&error);
                Err(error)
            }
        }
    }
}

impl<R: AsyncRead + Unpin> DecryptingReader<R> {
    /// Reads the header of a message that is bound to every pair of `expected`, and has it opened.
    ///
    /// # Errors
    ///
    /// [`DecryptError`](crate::DecryptError) in an [`io::Error`], or what `inner` answered.
    pub async fn open(
        decryptor: &Decryptor,
        mut inner: R,
        expected: &EncryptionContext,
    ) -> io::Result<Self> {
        let mut header = decryptor.begin(expected);
        header.read_from_async(&mut inner).await?;
        Ok(Self::new(header.open().await?, inner))
    }
}

impl<R> DecryptingReader<R> {
    /// What the header says, which is proved; none after an error.
    #[must_use]
    pub fn authenticated(&self) -> Option<&Authenticated> {
        let open = self.conversion.cipher().map(Decryption::authenticated);
        open.or_else(|| self.conversion.proof())
    }
}

impl<C: Cipher, R: io::Read> io::BufRead for CipherReader<C, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.needs_input()? {
            match self.inner.read(&mut self.input) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => self.take(read)?,
            }
        }
        Ok(self.conversion.output())
    }

    fn consume(&mut self, len: usize) {
        self.conversion.consume(len);
    }
}

impl<C: Cipher, R: io::Read> io::Read for CipherReader<C, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut output = io::BufRead::fill_buf(self)?;
        let read = output.read(buffer)?;
        self.conversion.consume(read);
        Ok(read)
    }
}

impl<C: Cipher, R: AsyncRead + Unpin> AsyncBufRead for CipherReader<C, R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.needs_input()? {
            ready!(this.turns.poll(cx));
            let mut input = ReadBuf::new(&mut this.input);
            let polled = ready!(Pin::new(&mut this.inner).poll_read(cx, &mut input));
            let read = polled.map(|()| input.filled().len());
            this.take(read)?;
        }
        Poll::Ready(Ok(this.conversion.output()))
    }

    fn consume(self: Pin<&mut Self>, len: usize) {
        self.get_mut().conversion.consume(len);
    }
}

impl<C: Cipher, R: AsyncRead + Unpin> AsyncRead for CipherReader<C, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let output = ready!(self.as_mut().poll_fill_buf(cx))?;
        let len = output.len().min(buffer.remaining());
        buffer.put_slice(&output[..len]);
        AsyncBufRead::consume(self, len);
        Poll::Ready(Ok(()))
    }
}

impl<C: Cipher, R> fmt::Debug for CipherReader<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherReader")
            .field("conversion", &self.conversion)
            .finish_non_exhaustive()
    }
}
