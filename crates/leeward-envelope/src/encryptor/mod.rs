use crate::{
    AlgorithmSuite, Audit, AuditOperation, CacheStats, CommitmentPolicy, EncryptError,
    EncryptionContext, Keyring, Partition, Purge,
    audit::Record,
    data_key::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
    materials_manager::EncryptionMaterialsManager,
    message::{FrameError, Sealer, WholeSealer, frame_count},
    pace,
    parallelism::Parallelism,
};
use std::{
    collections::BTreeSet,
    num::{NonZeroU16, NonZeroU32},
    sync::Arc,
};

mod builder;
mod encryption;

pub use builder::EncryptorBuilder;
pub use encryption::Encryption;

/// Encrypts messages, whole or as they come, under data keys of a keyring.
///
/// Messages are written in frames, under suite 0x0478 (AES-256-GCM, HKDF-SHA-512, key commitment, no signature) unless
/// another is chosen. A clone shares keyring, cached data keys and counters.
///
/// ```
/// use leeward_envelope::{CachePolicy, EncryptionContext, Encryptor, RawAesKeyring};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// let encryptor = Encryptor::builder(keyring)
///     .with_cache(CachePolicy::new(Duration::from_secs(300)))
///     .build()?;
///
/// let context = EncryptionContext::new([("tenant", "acme")])?;
/// let message = encryptor.encrypt(b"attack at dawn", &context).await?;
/// assert_eq!(message[..3], [0x02, 0x04, 0x78]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Encryptor {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    materials: EncryptionMaterialsManager,
    suite: AlgorithmSuite,
    frame_length: NonZeroU32,
    max_encrypted_data_keys: Option<NonZeroU16>,
    required: Arc<BTreeSet<String>>,
    parallelism: Parallelism,
    audit: Option<Audit>,
}

impl Encryptor {
    /// Starts one that takes its data keys from `keyring`.
    pub fn builder(keyring: impl Keyring) -> EncryptorBuilder {
        EncryptorBuilder {
            materials: EncryptionMaterialsManager::new(Arc::new(keyring)),
            suite: None,
            policy: CommitmentPolicy::default(),
            required: BTreeSet::new(),
            frame_length: const { NonZeroU32::new(4096).expect("not zero") },
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            parallelism: None,
            audit: None,
            refused: None,
        }
    }

    /// Encrypts `plaintext` and binds it to `context`, which stands in the message in the clear.
    ///
    /// Waits for the keyring, unless a cached data key serves. The cipher runs on the caller's thread, at gigabytes a
    /// second, and lets other tasks run after every MiB or frame, whichever is larger; each frame counts for a KiB more than
    /// is in it, and under a suite that signs for nine times as much. From 2 MiB on,
    /// or from one if it is signed, [other threads help](EncryptorBuilder::with_parallelism), and a turn is up to 8 MiB for each.
    ///
    /// # Errors
    ///
    /// [`EncryptError::Context`] if the context has a reserved key, [`EncryptError::MissingContextKey`] if it lacks a required
    /// one, [`EncryptError::Keyring`] if there is no data key.
    pub async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, EncryptError> {
        let mut message = Vec::new();
        self.encrypt_into(plaintext, context, &mut message).await?;
        Ok(message)
    }

    /// Encrypts `plaintext` as [`encrypt`](Self::encrypt) does, and appends the message to `out`.
    ///
    /// On any error, and when the future is dropped before its end, `out` is as it was before.
    ///
    /// # Errors
    ///
    /// As [`encrypt`](Self::encrypt).
    pub async fn encrypt_into(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<(), EncryptError> {
        let start = out.len();
        self.encrypt_at(start, plaintext, context, out).await
    }

    /// Encrypts `plaintext` as [`encrypt`](Self::encrypt) does, and puts the message in the place of what `out` holds.
    ///
    /// The fastest way where messages follow one another: bytes that are there are written over, and no memory has to be
    /// made or cleared for them. On any error, and when the future is dropped before its end, `out` is empty.
    ///
    /// # Errors
    ///
    /// As [`encrypt`](Self::encrypt).
    pub async fn encrypt_over(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<(), EncryptError> {
        self.encrypt_at(0, plaintext, context, out).await
    }

    /// Writes a message from `start` on, over what stands there.
    async fn encrypt_at(
        &self,
        start: usize,
        plaintext: &[u8],
        context: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<(), EncryptError> {
        let mut record = self.record(context);
        record.passed(plaintext.len(), 0);
        let out = Unfinished::new(out, start);
        let sealed = self.seal(plaintext, context, out, &mut record).await;
        let sealed = sealed.map(|message_len| record.passed(0, message_len));
        record.end(&sealed);
        sealed
    }

    /// Writes a message, and answers how long it is.
    async fn seal(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
        out: Unfinished<'_>,
        record: &mut Record,
    ) -> Result<usize, EncryptError> {
        let len = plaintext.len() as u64;
        let sealer = self.start(context, Some(len), record).await?;
        let frame_length = self.inner.frame_length;
        let too_long = EncryptError::TooLong { len, frame_length };
        let message_len = sealer.message_len(len);
        let message_len = message_len.and_then(|len| usize::try_from(len).ok());
        let start = out.start;
        let end = message_len.and_then(|len| len.checked_add(start));
        let end = end.ok_or(too_long.clone())?;
        if out.message.capacity() < end {
            // What is to be written over need not come along.
            out.message.truncate(start);
            out.message.reserve_exact(end - start);
        }

        let parallelism = &self.inner.parallelism;
        let mut sealer = WholeSealer::new(sealer, plaintext, out.message, start, parallelism);
        loop {
            match sealer.advance(out.message) {
                Ok(true) => pace::let_others_run().await,
                Ok(false) => break,
                Err(FrameError::Cipher) => return Err(EncryptError::Cipher),
                Err(FrameError::TooMany) => return Err(too_long),
            }
        }
        let sealed = sealer.finish(out.message);
        sealed.map_err(|_| EncryptError::Cipher)?;
        out.keep();
        Ok(end - start)
    }

    /// Begins a message whose plaintext comes bit by bit, and binds it to `context`.
    ///
    /// With `plaintext_len` exactly so many bytes must follow; the length of the message is then known before, and a cached
    /// data key may serve. Without it the message has a data key of its own, since nobody can tell how much that would have
    /// to serve. Waits for the keyring, unless a cached data key serves.
    ///
    /// # Errors
    ///
    /// As [`encrypt`](Self::encrypt).
    pub async fn begin(
        &self,
        context: &EncryptionContext,
        plaintext_len: Option<u64>,
    ) -> Result<Encryption, EncryptError> {
        let mut record = self.record(context);
        match self.start(context, plaintext_len, &mut record).await {
            Ok(sealer) => Ok(Encryption::new(sealer, plaintext_len, record)),
            Err(error) => {
                record.fail(&error);
                Err(error)
            }
        }
    }

    /// The suite that messages are written under.
    #[must_use]
    pub fn suite(&self) -> AlgorithmSuite {
        self.inner.suite
    }

    pub(crate) fn data_keys(&self) -> &EncryptionMaterialsManager {
        &self.inner.materials
    }

    fn record(&self, context: &EncryptionContext) -> Record {
        Record::begin(self.inner.audit.as_ref(), AuditOperation::Seal, context)
    }

    /// Gets materials for a message, and makes its header.
    async fn start(
        &self,
        context: &EncryptionContext,
        plaintext_len: Option<u64>,
        record: &mut Record,
    ) -> Result<Sealer, EncryptError> {
        let Inner {
            materials,
            suite,
            frame_length,
            max_encrypted_data_keys,
            required,
            ..
        } = &*self.inner;
        record.is_under(*suite);
        context.refuse_reserved()?;
        if let Some(key) = context.missing(required) {
            return Err(EncryptError::MissingContextKey { key: key.clone() });
        }
        if let Some(len) = plaintext_len
            && frame_count(len, *frame_length).is_none()
        {
            let frame_length = *frame_length;
            return Err(EncryptError::TooLong { len, frame_length });
        }
        let found = materials.materials(*suite, context, plaintext_len).await?;
        let granted = found.value;
        let materials = granted.materials();
        record.has_key(|| materials.key_use(), found.how.is_cached());
        let found = materials.encrypted_data_keys().len();
        // A header counts them in 16 bits, whatever the limit.
        let max = max_encrypted_data_keys.unwrap_or(NonZeroU16::MAX);
        if found > usize::from(max.get()) {
            return Err(EncryptError::TooManyEncryptedDataKeys { found, max });
        }
        let (unsent, sent) = materials.context().split(required);
        let sealer = Sealer::new(
            materials,
            granted.data_key(),
            granted.signing_key(),
            &sent,
            &unsent,
            *frame_length,
        );
        sealer.map_err(|_| EncryptError::Cipher)
    }

    /// The same encryptor for the messages of one partition, which share no cached data key with any other's.
    ///
    /// Cheap enough to make for each message: it shares all that a clone shares.
    #[must_use]
    pub fn in_partition(&self, partition: Partition) -> Self {
        Self {
            inner: Arc::new(Inner {
                materials: self.inner.materials.in_partition(partition),
                ..(*self.inner).clone()
            }),
        }
    }

    /// Lets go of cached data keys, of all partitions, and answers how many; those of other encryptors stay.
    ///
    /// A decryptor that [has the data keys of this one](crate::DecryptorBuilder::with_data_keys_of) lets go of the same, and
    /// of all else that is meant.
    #[allow(
        clippy::must_use_candidate,
        reason = "how many is for those who want to know"
    )]
    pub fn purge(&self, what: &Purge) -> u64 {
        self.inner.materials.purge(what)
    }

    /// How often the keyring was called, and how often that was saved.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.inner.materials.stats()
    }
}

/// A message from some place of a buffer on, which is taken off again unless it comes to its end.
struct Unfinished<'a> {
    message: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Unfinished<'a> {
    const fn new(message: &'a mut Vec<u8>, start: usize) -> Self {
        Self { message, start }
    }

    fn keep(mut self) {
        self.start = usize::MAX;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.message.truncate(self.start);
    }
}
