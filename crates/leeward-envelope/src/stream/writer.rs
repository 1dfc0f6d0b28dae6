use super::{CHUNK, cipher::Cipher, conversion::Conversion};
use crate::{Authenticated, Decryption, Encryption, pace::Turns};
use std::{
    fmt,
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::AsyncWrite;

/// Takes plaintext, and writes the message that it becomes to a sink.
///
/// The message has no end until `shutdown` (`finish`, if the sink blocks) has written it: what a writer leaves that is
/// dropped before is cut off, and no reader accepts it. `flush` writes the frames that are full.
///
/// ```
/// use leeward_envelope::{EncryptingWriter, EncryptionContext};
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || leeward_envelope::RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let encryptor = leeward_envelope::Encryptor::builder(keyring()?).build()?;
/// let encryption = encryptor.begin(&EncryptionContext::empty(), None).await?;
/// let mut writer = EncryptingWriter::new(encryption, Vec::new());
/// writer.write_all(b"attack at dawn").await?;
/// writer.shutdown().await?;
/// let message = writer.into_inner();
/// # let decryptor = leeward_envelope::Decryptor::builder(keyring()?).build()?;
/// # assert_eq!(decryptor.decrypt(&message).await?.plaintext(), b"attack at dawn");
/// # Ok(())
/// # }
/// ```
pub type EncryptingWriter<W> = CipherWriter<Encryption, W>;

/// Takes a message behind its header, and writes its plaintext to a sink: of each frame once it is verified.
///
/// Only `shutdown` (`finish`, if the sink blocks) tells that the message was whole; if it was not, the sink is not shut
/// down, so that whoever is behind it does not take a part for all.
pub type DecryptingWriter<W> = CipherWriter<Decryption, W>;

/// Takes input, and writes what becomes of it to a sink; as [`EncryptingWriter`] or [`DecryptingWriter`].
///
/// Writes as its sink does, blocking or not. Holds what became of 64 KiB, and one frame; wiped on drop. Errors of the message
/// are kept within the [`io::Error`] that tells them, and stay: nothing more is written after one, nor after an error of the
/// sink, other than that it was interrupted or would block. Goes on at the next poll wherever one was left, and lets other
/// tasks run after every MiB.
pub struct CipherWriter<C: Cipher, W> {
    inner: W,
    conversion: Conversion<C>,
    turns: Turns,
}

impl<C: Cipher, W> CipherWriter<C, W> {
    /// Writes to `inner`; of a message that is decrypted, what follows its header is to be given.
    pub fn new(cipher: C, inner: W) -> Self {
        Self {
            inner,
            conversion: Conversion::new(cipher),
            turns: Turns::default(),
        }
    }

    /// The sink.
    #[must_use]
    pub const fn sink(&self) -> &W {
        &self.inner
    }

    /// The sink, without what it has not taken yet.
    #[must_use]
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// Takes what goes in one go of `input`.
    fn take(&mut self, input: &[u8]) -> io::Result<usize> {
        let now = &input[..input.len().min(CHUNK)];
        self.turns.spend(self.conversion.cost(now.len()));
        self.conversion.push(now)?;
        Ok(now.len())
    }

    /// Takes what the sink answered.
    fn put(&mut self, written: io::Result<usize>) -> io::Result<()> {
        let written = match written {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            other => other,
        };
        match written {
            Ok(len) => {
                self.conversion.consume(len);
                Ok(())
            }
            Err(error) => {
                self.conversion.note(&error);
                Err(error)
            }
        }
    }
}

impl<W> DecryptingWriter<W> {
    /// What the header says, which is proved; none after an error.
    #[must_use]
    pub fn authenticated(&self) -> Option<&Authenticated> {
        let open = self.conversion.cipher().map(Decryption::authenticated);
        open.or_else(|| self.conversion.proof())
    }
}

impl<C: Cipher, W: Write> CipherWriter<C, W> {
    fn drain(&mut self) -> io::Result<()> {
        while !self.conversion.output().is_empty() {
            match self.inner.write(self.conversion.output()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => self.put(written)?,
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.conversion.finish()?;
        self.drain()?;
        self.inner.flush()
    }
}

impl<W: Write> EncryptingWriter<W> {
    /// Writes the end of the message, and flushes the sink.
    ///
    /// # Errors
    ///
    /// [`EncryptError`](crate::EncryptError) in an [`io::Error`], or what the sink answered; there is no whole message then.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        Ok(self.inner)
    }
}

impl<W: Write> DecryptingWriter<W> {
    /// Writes the rest of the plaintext, if the message is whole, and flushes the sink.
    ///
    /// # Errors
    ///
    /// [`DecryptError`](crate::DecryptError) in an [`io::Error`], or what the sink answered.
    pub fn finish(mut self) -> io::Result<(W, Authenticated)> {
        self.end()?;
        Ok((self.inner, self.conversion.into_proof()?))
    }
}

impl<C: Cipher, W: Write> Write for CipherWriter<C, W> {
    fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        self.drain()?;
        self.take(input)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.conversion.is_finished()?;
        self.drain()?;
        self.inner.flush()
    }
}

impl<C: Cipher, W: AsyncWrite + Unpin> CipherWriter<C, W> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.conversion.output().is_empty() {
            let inner = Pin::new(&mut self.inner);
            let written = ready!(inner.poll_write(cx, self.conversion.output()));
            self.put(written)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<C: Cipher, W: AsyncWrite + Unpin> AsyncWrite for CipherWriter<C, W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        input: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        ready!(this.turns.poll(cx));
        Poll::Ready(this.take(input))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.conversion.is_finished()?;
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.conversion.finish()?;
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

impl<C: Cipher, W> fmt::Debug for CipherWriter<C, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherWriter")
            .field("conversion", &self.conversion)
            .finish_non_exhaustive()
    }
}
