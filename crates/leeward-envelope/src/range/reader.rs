use super::{RangeError, ReadAt};
use crate::{
    Authenticated, Decryptor, EncryptionContext, MalformedMessage,
    audit::{Parts, Record},
    message::FrameOpener,
    pace::{self, TURN},
};
use std::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};
use zeroize::{Zeroize, Zeroizing};

/// How much of a source is fetched at once, unless a frame is longer: few calls, and not much memory.
const FETCH: u64 = 4 << 20;

/// A message whose parts are read by themselves.
///
/// Each frame that is read is verified, and that it stands where it does in this message: frames that were changed, swapped,
/// or put there from another message are refused. What no part can prove is the rest. Until the final frame has been read,
/// by [`prove_len`](Self::prove_len) or as a part of a range, the message may have been cut off or
/// be damaged elsewhere, and its length is only what that of the source makes of it.
///
/// Shared by reference among as many tasks as want to read. An [`Audit`](crate::Audit) is told of the opening, and of each
/// read by itself, with the [`CorrelationId`](crate::CorrelationId) of whoever reads.
///
/// ```
/// use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let none = EncryptionContext::empty();
/// # let message = Encryptor::builder(keyring()?).build()?.encrypt(&[5; 100_000], &none).await?;
/// let decryptor = Decryptor::builder(keyring()?).build()?;
/// let reader = decryptor.open_ranges(message, &none).await?;
/// let part = reader.read_range(50_000..50_010).await?;
/// assert_eq!(part, [5; 10]);
/// assert_eq!(reader.proven_len(), None);
/// assert_eq!(reader.prove_len().await?, 100_000);
/// # Ok(())
/// # }
/// ```
pub struct RangeReader<R> {
    source: R,
    frames: FrameOpener,
    authenticated: Authenticated,
    is_len_proven: AtomicBool,
    parts: Parts,
}

impl Decryptor {
    /// Opens a message that is bound to every pair of `expected`, to read parts of it.
    ///
    /// Reads its header, and waits for the keyring, unless a cached data key serves. The source must hold the message and
    /// nothing else, and stay as it is.
    ///
    /// # Errors
    ///
    /// [`RangeError::Signed`] under a suite that signs, whatever
    /// [`with_signed_streams`](crate::DecryptorBuilder::with_signed_streams) says, and [`RangeError::Unframed`] if there
    /// are no frames; both before any call to the keyring. Otherwise as [`decrypt_with_context`](Self::decrypt_with_context).
    pub async fn open_ranges<R: ReadAt>(
        &self,
        source: R,
        expected: &EncryptionContext,
    ) -> Result<RangeReader<R>, RangeError> {
        let len = source.source_len().await.map_err(RangeError::Source)?;
        let mut header = self.begin(expected);
        let (mut at, mut ahead) = (0, 1024);
        while !header.is_complete() {
            let range = at..len.min(at + ahead);
            if range.is_empty() {
                return Err(header.truncated().into());
            }
            let bytes = fetch(&source, range).await;
            let bytes = bytes.map_err(|error| header.fail_range(error))?;
            at += header.push(&bytes)? as u64;
            // Most headers are in the first piece, and a long one takes few.
            ahead = 16 << 10;
        }
        let (frames, authenticated, parts) = header.open_frames(len).await?;
        Ok(RangeReader {
            source,
            frames,
            authenticated,
            is_len_proven: AtomicBool::new(false),
            parts,
        })
    }
}

impl<R> RangeReader<R> {
    /// Context and suite, which the header proves.
    #[must_use]
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// How many bytes of plaintext there are, once the final frame has been read.
    #[must_use]
    pub fn proven_len(&self) -> Option<u64> {
        let is_proven = self.is_len_proven.load(Ordering::Relaxed);
        is_proven.then(|| self.claimed_len())
    }

    /// How many bytes of plaintext there are, if the source is neither cut off nor longer than the message.
    #[must_use]
    pub const fn claimed_len(&self) -> u64 {
        self.frames.layout().plaintext_len()
    }
}

impl<R: ReadAt> RangeReader<R> {
    /// Reads the final frame, which proves how many bytes of plaintext there are; not that all of them are undamaged.
    ///
    /// # Errors
    ///
    /// [`RangeError::Decrypt`] if the source does not end with the final frame of this message.
    pub async fn prove_len(&self) -> Result<u64, RangeError> {
        if self.proven_len().is_none() {
            let mut record = self.parts.begin();
            let opened = self.open_last(&mut record).await;
            record.end(&opened);
            opened?;
        }
        Ok(self.claimed_len())
    }

    /// The plaintext of a range, from its first byte to the one before its end.
    ///
    /// A range that goes beyond the end of the plaintext gives what there is, if anything, once the final frame has proved
    /// that this is the end.
    ///
    /// # Errors
    ///
    /// [`RangeError::Source`] if the source fails, [`RangeError::Decrypt`] if one of the frames is not what its writer wrote.
    pub async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>, RangeError> {
        let len = self.claimed_len();
        let needs_proof = range.end > len && self.proven_len().is_none();
        let wanted = range.start..range.end.min(len);
        if wanted.is_empty() && !needs_proof {
            return Ok(Vec::new());
        }
        let mut record = self.parts.begin();
        let read = self.read(wanted, needs_proof, &mut record).await;
        record.end(&read);
        read
    }

    async fn read(
        &self,
        range: Range<u64>,
        needs_proof: bool,
        record: &mut Record,
    ) -> Result<Vec<u8>, RangeError> {
        if needs_proof {
            self.open_last(record).await?;
        }
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let layout = *self.frames.layout();
        let (first, last) = (layout.frame_of(range.start), layout.frame_of(range.end - 1));
        let mut plaintext = Zeroizing::new(Vec::new());
        let (mut next, mut spent) = (first, 0);
        while next <= last {
            let fetched = self.batch(next, last);
            let (start, until) = (layout.bytes(next).start, layout.bytes(fetched).end);
            let bytes = fetch(&self.source, start..until).await?;
            record.passed(0, bytes.len());
            for frame in next..=fetched {
                let place = layout.bytes(frame);
                let place = (place.start - start) as usize..(place.end - start) as usize;
                self.open(frame, &bytes[place.clone()], &mut plaintext)?;
                spent += place.len();
                if spent >= TURN {
                    spent = 0;
                    pace::let_others_run().await;
                }
            }
            next = fetched.saturating_add(1);
        }
        let start = layout.plaintext_start(first);
        let len = plaintext.len();
        let wanted = (range.start - start) as usize..((range.end - start) as usize).min(len);
        plaintext.copy_within(wanted.clone(), 0);
        plaintext[wanted.len()..].zeroize();
        plaintext.truncate(wanted.len());
        record.passed(plaintext.len(), 0);
        Ok(std::mem::take(&mut *plaintext))
    }

    /// The last of the frames, up to `last`, that are fetched together with `first`.
    fn batch(&self, first: u32, last: u32) -> u32 {
        let frame = self.frames.layout().bytes(first);
        let count = FETCH / (frame.end - frame.start);
        let more = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
        first.saturating_add(more).min(last)
    }

    /// Verifies the final frame, for what it proves.
    async fn open_last(&self, record: &mut Record) -> Result<(), RangeError> {
        let layout = self.frames.layout();
        let bytes = fetch(&self.source, layout.bytes(layout.last())).await?;
        record.passed(0, bytes.len());
        self.open(layout.last(), &bytes, &mut Zeroizing::default())
    }

    fn open(
        &self,
        frame: u32,
        bytes: &[u8],
        plaintext: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), RangeError> {
        crate::message::make_room(plaintext, bytes.len(), usize::MAX);
        self.frames.open(frame, bytes, plaintext)?;
        if frame == self.frames.layout().last() {
            self.is_len_proven.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// All of a range, or an error.
async fn fetch<R: ReadAt>(source: &R, range: Range<u64>) -> Result<Vec<u8>, RangeError> {
    let asked = range.end - range.start;
    let mut bytes = source
        .read_at(range.clone())
        .await
        .map_err(RangeError::Source)?;
    if (bytes.len() as u64) < asked {
        let len = range.start.saturating_add(bytes.len() as u64);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        return Err(MalformedMessage::Truncated { part: "range", len }.into());
    }
    bytes.truncate(asked as usize);
    Ok(bytes)
}

impl<R> fmt::Debug for RangeReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeReader")
            .field("authenticated", &self.authenticated)
            .field("claimed_len", &self.claimed_len())
            .field("proven_len", &self.proven_len())
            .finish_non_exhaustive()
    }
}
