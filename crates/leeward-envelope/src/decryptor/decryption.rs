use crate::{
    Authenticated, DecryptError, Decryptor, EncryptionContext, MalformedMessage, RangeError,
    audit::{Parts, Record},
    message::{FrameOpener, Reader},
};
use std::fmt;
use zeroize::Zeroize;

/// A message whose header has proved true, and whose body is decrypted as it comes; of [`HeaderReader::open`](crate::HeaderReader::open).
///
/// Does no input or output: each call appends the plaintext of frames that are all there, each verified by its tag, to a
/// buffer of the caller's. What it holds is one frame of ciphertext, and one of plaintext under a signing suite. That the
/// message is whole, only [`finish`](Self::finish) says: until then it may have been cut off behind any frame.
#[must_use]
pub struct Decryption {
    reader: Reader,
    authenticated: Authenticated,
    failed: Option<DecryptError>,
    record: Record,
}

impl Decryption {
    pub(crate) const fn new(reader: Reader, authenticated: Authenticated, record: Record) -> Self {
        Self {
            reader,
            authenticated,
            failed: None,
            record,
        }
    }

    /// The pairs that the message is bound to, as far as the tag of its header proves them.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        self.authenticated.context()
    }

    /// Context and suite, as far as the tag of the header proves them.
    #[must_use]
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// Whether all that was released is proved: false as long as a signature is to come that it stands under.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        !self.reader.awaits_signature()
    }

    /// What `len` bytes take, in bytes that the cipher alone would do meanwhile.
    pub(crate) const fn cost(&self, len: usize) -> usize {
        self.reader.cost(len)
    }

    /// Reads some more of the message, in one go, and appends to `out` the plaintext of the frames that are all there.
    ///
    /// # Errors
    ///
    /// [`DecryptError`]; what this call appended is wiped and taken off again, and every later call fails likewise.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), DecryptError> {
        let at = out.len();
        self.push_at(bytes, out, at).map(drop)
    }

    /// Writes it from `at` on, over what stands there, and answers where it ends; on any error nothing stands there.
    pub(crate) fn push_at(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, DecryptError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let read = self.reader.push_at(bytes, out, at);
        match &read {
            Ok(end) => self.record.passed(end - at, bytes.len()),
            Err(error) => {
                out[at..].zeroize();
                out.truncate(at);
                self.failed = Some(error.clone());
                self.record.fail(error);
            }
        }
        read
    }

    /// Notes that source or sink failed, so that it will be dropped before its end.
    pub(crate) fn broken_off(&mut self) {
        self.record.broken_off();
    }

    /// Fails unless the message has come to its end, signature included.
    ///
    /// # Errors
    ///
    /// [`DecryptError::Malformed`] if the message is cut off, or the error that a [`push`](Self::push) met.
    pub fn finish(mut self) -> Result<Authenticated, DecryptError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let finished = self.reader.finish().map_err(DecryptError::from);
        self.record.end(&finished);
        finished.map(|()| self.authenticated)
    }
}

impl fmt::Debug for Decryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decryption")
            .field("authenticated", &self.authenticated)
            .field("is_verified", &self.is_verified())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// The header of a message that is being read; of [`Decryptor::begin`].
///
/// ```
/// use leeward_envelope::{Decryptor, EncryptionContext, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let encryptor = leeward_envelope::Encryptor::builder(keyring()?).build()?;
/// # let message = encryptor.encrypt(&[5; 10_000], &EncryptionContext::empty()).await?;
/// let decryptor = Decryptor::builder(keyring()?).build()?;
/// let mut header = decryptor.begin(&EncryptionContext::empty());
/// let mut parts = message.chunks(1000);
/// let mut left = &[][..];
/// while !header.is_complete() {
///     let part = parts.next().ok_or("the message ends within its header")?;
///     let read = header.push(part)?;
///     left = &part[read..];
/// }
/// let mut decryption = header.open().await?;
/// let mut plaintext = Vec::new();
/// decryption.push(left, &mut plaintext)?;
/// for part in parts {
///     decryption.push(part, &mut plaintext)?;
/// }
/// decryption.finish()?;
/// assert_eq!(plaintext, [5; 10_000]);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct HeaderReader {
    decryptor: Decryptor,
    expected: EncryptionContext,
    extent: crate::message::HeaderExtent,
    header: Vec<u8>,
    is_complete: bool,
    failed: Option<DecryptError>,
    record: Record,
}

impl HeaderReader {
    pub(crate) const fn new(
        decryptor: Decryptor,
        expected: EncryptionContext,
        record: Record,
    ) -> Self {
        Self {
            decryptor,
            expected,
            extent: crate::message::HeaderExtent::new(),
            header: Vec::new(),
            is_complete: false,
            failed: None,
            record,
        }
    }

    /// Reads some more of the message, and answers how many bytes belong to the header.
    ///
    /// Those left over are the first of the body, for [`Decryption::push`].
    ///
    /// # Errors
    ///
    /// [`DecryptError`] as soon as what is there cannot be the header of a message, or is over a limit; every later call
    /// fails likewise.
    pub fn push(&mut self, bytes: &[u8]) -> Result<usize, DecryptError> {
        let mut read = 0;
        while let Some(missing) = self.missing()? {
            let rest = &bytes[read..];
            let now = missing.min(rest.len());
            if now == 0 {
                break;
            }
            self.header.extend_from_slice(&rest[..now]);
            self.record.passed(0, now);
            read += now;
        }
        Ok(read)
    }

    /// How many bytes of the header are missing at least, or none once it is all there.
    pub(crate) fn missing(&mut self) -> Result<Option<usize>, DecryptError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.is_complete {
            return Ok(None);
        }
        let needed = self.extent.advance(&self.header, self.decryptor.limits());
        let needed = needed.map_err(|error| self.fail(error))?;
        let missing = needed.saturating_sub(self.header.len());
        self.is_complete = missing == 0;
        Ok((!self.is_complete).then_some(missing))
    }

    /// Notes that no more is to come, and answers what that means.
    pub(crate) fn truncated(&mut self) -> DecryptError {
        let (part, len) = ("header", self.header.len());
        self.fail(MalformedMessage::Truncated { part, len }.into())
    }

    /// Notes that the source failed, which may be asked again or not.
    pub(crate) fn broken_off(&mut self, error: std::io::Error) -> std::io::Error {
        self.record.broken_off();
        error
    }

    /// Notes that the range of the source that the header is in was not had.
    pub(crate) fn fail_range(&mut self, error: RangeError) -> RangeError {
        self.record.fail(&error);
        error
    }

    /// Fails for good.
    fn fail(&mut self, error: DecryptError) -> DecryptError {
        self.record.fail(&error);
        self.failed = Some(error.clone());
        error
    }

    /// Opens the header of a message of `len` bytes, for its frames to be read by themselves.
    pub(crate) async fn open_frames(
        mut self,
        len: u64,
    ) -> Result<(FrameOpener, Authenticated, Parts), RangeError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        let (header, expected, record) = (&self.header, &self.expected, &mut self.record);
        let opened = self.decryptor.open_frames(header, expected, len, record);
        match opened.await {
            Ok((frames, authenticated)) => Ok((frames, authenticated, self.record.open())),
            Err(error) => {
                self.record.fail(&error);
                Err(error)
            }
        }
    }

    /// Whether the header is all there, and [`open`](Self::open) may be called.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Has a data key unwrapped, and verifies commitment and header.
    ///
    /// Waits for the keyring, unless a cached data key serves.
    ///
    /// # Errors
    ///
    /// [`DecryptError`], as [`Decryptor::decrypt_with_context`]; [`DecryptError::SignedStream`] if the message is signed and
    /// [`SignedStreams`](crate::SignedStreams) does not say what to do about that.
    pub async fn open(mut self) -> Result<Decryption, DecryptError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let record = &mut self.record;
        let opened = self.decryptor.open(&self.header, &self.expected, record);
        match opened.await {
            Ok((reader, authenticated)) => Ok(Decryption::new(reader, authenticated, self.record)),
            Err(error) => {
                self.record.fail(&error);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for HeaderReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderReader")
            .field("read", &self.header.len())
            .field("is_complete", &self.is_complete)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
