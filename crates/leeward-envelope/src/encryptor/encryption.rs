use crate::{
    EncryptError,
    audit::Record,
    message::{FrameError, PIECE_COST, Sealer, make_room},
};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A message that is being written, as its plaintext comes; of [`Encryptor::begin`](crate::Encryptor::begin).
///
/// Does no input or output: each call appends what it has of the message to a buffer of the caller's. Holds one frame of
/// plaintext at most, wiped on drop. A message without [`finish`](Self::finish) has no end, and no reader accepts it.
///
/// ```
/// use leeward_envelope::{EncryptionContext, Encryptor, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let encryptor = Encryptor::builder(RawAesKeyring::new("my-app", "2026-11", &[7; 32])?).build()?;
/// let mut encryption = encryptor.begin(&EncryptionContext::empty(), None).await?;
/// let (mut message, mut buffer) = (Vec::new(), Vec::new());
/// for part in ["attack ", "at ", "dawn"] {
///     encryption.push(part.as_bytes(), &mut buffer)?;
///     message.append(&mut buffer); // or send it
/// }
/// encryption.finish(&mut buffer)?;
/// message.append(&mut buffer);
/// # let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// # let decryptor = leeward_envelope::Decryptor::builder(keyring).build()?;
/// # assert_eq!(decryptor.decrypt(&message).await?.plaintext(), b"attack at dawn");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Encryption {
    sealer: Sealer,
    message_len: Option<u64>,
    plaintext_len: Option<u64>,
    taken: u64,
    /// A frame that is the last one unless more follows.
    pending: Zeroizing<Vec<u8>>,
    failed: Option<EncryptError>,
    record: Record,
}

impl Encryption {
    pub(crate) fn new(sealer: Sealer, plaintext_len: Option<u64>, record: Record) -> Self {
        Self {
            message_len: plaintext_len.and_then(|len| sealer.message_len(len)),
            sealer,
            plaintext_len,
            taken: 0,
            pending: Zeroizing::default(),
            failed: None,
            record,
        }
    }

    /// How many bytes the whole message will have, if it was begun with the length of its plaintext.
    #[must_use]
    pub const fn message_len(&self) -> Option<u64> {
        self.message_len
    }

    /// How many bytes of plaintext a frame holds, and this at most.
    #[must_use]
    pub const fn frame_length(&self) -> usize {
        self.sealer.frame_length().get() as usize
    }

    /// What `len` bytes take, in bytes that the cipher alone would do meanwhile.
    pub(crate) const fn cost(&self, len: usize) -> usize {
        let frames = len / self.frame_length();
        self.sealer
            .cost(len.saturating_add(frames.saturating_mul(PIECE_COST)))
    }

    /// Encrypts some more plaintext, in one go, and appends to `out` the frames that are full.
    ///
    /// # Errors
    ///
    /// [`EncryptError`]; `out` is as it was before, and every later call fails likewise.
    pub fn push(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncryptError> {
        let at = out.len();
        self.push_at(plaintext, out, at).map(drop)
    }

    /// Writes them from `at` on, over what stands there, and answers where they end; on any error nothing stands there.
    pub(crate) fn push_at(
        &mut self,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, EncryptError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let written = self.write(plaintext, out, at);
        match &written {
            Ok(end) => self.record.passed(plaintext.len(), end - at),
            Err(error) => {
                out.truncate(at);
                self.pending.zeroize();
                self.failed = Some(error.clone());
                self.record.fail(error);
            }
        }
        written
    }

    /// Appends to `out` what is left: the last frame, and the signature if the suite has one.
    ///
    /// # Errors
    ///
    /// [`EncryptError::OtherLength`] if there was less plaintext than announced; otherwise as [`push`](Self::push).
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), EncryptError> {
        let start = out.len();
        self.push(&[], out)?;
        let pushed = out.len();
        let finished = match self.plaintext_len {
            Some(stated) if stated != self.taken => Err(EncryptError::OtherLength {
                stated,
                found: self.taken,
            }),
            _ => {
                let finished = self.sealer.finish(&self.pending, out);
                finished.map_err(|_| EncryptError::Cipher)
            }
        };
        if finished.is_err() {
            out.truncate(start);
        } else {
            self.record.passed(0, out.len() - pushed);
        }
        self.record.end(&finished);
        finished
    }

    /// Notes that source or sink failed, so that it will be dropped before its end.
    pub(crate) fn broken_off(&mut self) {
        self.record.broken_off();
    }

    fn write(
        &mut self,
        plaintext: &[u8],
        out: &mut Vec<u8>,
        at: usize,
    ) -> Result<usize, EncryptError> {
        let frame_length = self.frame_length();
        self.taken = self.taken.saturating_add(plaintext.len() as u64);
        if let Some(stated) = self.plaintext_len.filter(|stated| self.taken > *stated) {
            let found = self.taken;
            return Err(EncryptError::OtherLength { stated, found });
        }
        let mut at = self.sealer.header_at(out, at);
        let mut rest = plaintext;
        // A frame that is full waits until there is more: it may be the last.
        while rest.len() > frame_length - self.pending.len() {
            let (now, later) = rest.split_at(frame_length - self.pending.len());
            let sealed = if self.pending.is_empty() {
                self.sealer.frame_at(now, out, at)
            } else {
                make_room(&mut self.pending, now.len(), frame_length);
                self.pending.extend_from_slice(now);
                let sealed = self.sealer.frame_at(&self.pending, out, at);
                // Written over by the next one, and wiped in the end.
                self.pending.clear();
                sealed
            };
            at = sealed.map_err(|error| match error {
                FrameError::Cipher => EncryptError::Cipher,
                FrameError::TooMany => EncryptError::TooLong {
                    len: self.taken,
                    frame_length: self.sealer.frame_length(),
                },
            })?;
            rest = later;
        }
        make_room(&mut self.pending, rest.len(), frame_length);
        self.pending.extend_from_slice(rest);
        Ok(at)
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption")
            .field("taken", &self.taken)
            .field("plaintext_len", &self.plaintext_len)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
