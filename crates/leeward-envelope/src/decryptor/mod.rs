use crate::{
    Audit, AuditOperation, CacheStats, CommitmentPolicy, ContextError, DecryptError,
    EncryptionContext, Keyring, Partition, Purge, RangeError,
    audit::Record,
    derive::Dialect,
    materials_manager::DecryptionMaterialsManager,
    message::{
        Content, FrameOpener, Header, Layout, Opener, Parser, Place, Reader, Unlocked,
        parse_header, unlock,
    },
    pace::{self, TURN},
    parallelism::Parallelism,
};
use std::{collections::BTreeSet, sync::Arc};

mod builder;
mod decrypted;
mod decryption;
mod limits;
mod signed_streams;

pub use builder::DecryptorBuilder;
pub use decrypted::{Authenticated, Decrypted};
pub use decryption::{Decryption, HeaderReader};
pub(crate) use limits::ReadLimits;
pub use signed_streams::SignedStreams;

/// Decrypts messages, whole or as they come, with data keys that a keyring unwraps.
///
/// Reads all suites of the AWS Encryption SDK, framed or not, signed or not, as the policy on commitment allows. A clone
/// shares keyring, cached data keys and counters.
///
/// ```
/// use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let context = EncryptionContext::new([("tenant", "acme"), ("table", "orders")])?;
/// # let message = Encryptor::builder(keyring()?).build()?.encrypt(b"attack at dawn", &context).await?;
/// let decryptor = Decryptor::builder(keyring()?).build()?;
/// let expected = EncryptionContext::new([("tenant", "acme")])?;
/// let decrypted = decryptor.decrypt_with_context(&message, &expected).await?;
/// assert_eq!(decrypted.plaintext(), b"attack at dawn");
/// assert_eq!(decrypted.context().get("table"), Some("orders"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Decryptor {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    materials: DecryptionMaterialsManager,
    policy: CommitmentPolicy,
    limits: ReadLimits,
    required: Arc<BTreeSet<String>>,
    requires_signature: bool,
    signed_streams: SignedStreams,
    dialects: &'static [Dialect],
    parallelism: Parallelism,
    audit: Option<Audit>,
}

impl Decryptor {
    /// Starts one that has its data keys unwrapped by `keyring`.
    pub fn builder(keyring: impl Keyring) -> DecryptorBuilder {
        DecryptorBuilder {
            materials: DecryptionMaterialsManager::new(Arc::new(keyring)),
            policy: CommitmentPolicy::default(),
            limits: ReadLimits::default(),
            required: BTreeSet::new(),
            requires_signature: false,
            signed_streams: SignedStreams::default(),
            dialects: &[Dialect::Standard],
            parallelism: None,
            writers: Vec::new(),
            audit: None,
            refused: None,
        }
    }

    /// Decrypts a message, whatever its context.
    ///
    /// Check the [context](Decrypted::context) before trusting the plaintext to be the one that was asked for, or have it
    /// checked by [`decrypt_with_context`](Self::decrypt_with_context). Waits for the keyring, unless a cached data key
    /// serves. The work is done on the caller's thread, signature included, with [others](DecryptorBuilder::with_parallelism)
    /// from 2 MiB on, and lets other tasks run as often as [`Encryptor::encrypt`](crate::Encryptor::encrypt) does. How long a
    /// frame is says the message, and old writers put all into one block: what is in one piece is decrypted in one go, so give
    /// huge messages of strangers a thread of their own.
    ///
    /// # Errors
    ///
    /// [`DecryptError`]; no part of the plaintext gets out then.
    pub async fn decrypt(&self, message: &[u8]) -> Result<Decrypted, DecryptError> {
        self.decrypt_with_context(message, &EncryptionContext::empty())
            .await
    }

    /// Decrypts a message that is bound to every pair of `expected`.
    ///
    /// The message may have more pairs. A pair that its header lacks may still be bound to it: some writers keep required
    /// pairs out of the header. If it is not, the message does not authenticate.
    ///
    /// # Errors
    ///
    /// [`DecryptError::ContextMismatch`] before any call to the keyring, if the header has another value under an expected
    /// key; otherwise as [`decrypt`](Self::decrypt).
    pub async fn decrypt_with_context(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<Decrypted, DecryptError> {
        let mut plaintext = Vec::new();
        let authenticated = self.decrypt_into(message, expected, &mut plaintext).await?;
        Ok(Decrypted::new(plaintext, authenticated))
    }

    /// Decrypts a message that is bound to every pair of `expected`, and appends its plaintext to `out`.
    ///
    /// On any error, and when the future is dropped before its end, what was appended is wiped and taken off again. Meanwhile `out`
    /// is empty: a future that is forgotten instead (`mem::forget`) keeps what `out` held, and gives away no plaintext.
    ///
    /// # Errors
    ///
    /// As [`decrypt_with_context`](Self::decrypt_with_context).
    pub async fn decrypt_into(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<Authenticated, DecryptError> {
        let place = Place::Behind;
        self.decrypt_to(place, message, expected, out).await
    }

    /// Decrypts a message that is bound to every pair of `expected`, and puts its plaintext in the place of what `out` holds.
    ///
    /// The fastest way where messages follow one another: bytes that are there are written over, and no memory has to be
    /// made or cleared for them. On any error `out` is empty, and what was decrypted is wiped; so it is when the future is
    /// dropped once it has begun to write.
    ///
    /// # Errors
    ///
    /// As [`decrypt_with_context`](Self::decrypt_with_context).
    pub async fn decrypt_over(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<Authenticated, DecryptError> {
        let opened = self.decrypt_to(Place::Over, message, expected, out).await;
        if opened.is_err() {
            out.clear();
        }
        opened
    }

    async fn decrypt_to(
        &self,
        place: Place,
        message: &[u8],
        expected: &EncryptionContext,
        out: &mut Vec<u8>,
    ) -> Result<Authenticated, DecryptError> {
        let mut record = self.record(expected);
        record.passed(0, message.len());
        let opened = self.open_whole(place, message, expected, out, &mut record);
        let opened = opened.await;
        record.end(&opened);
        opened
    }

    async fn open_whole(
        &self,
        place: Place,
        message: &[u8],
        expected: &EncryptionContext,
        out: &mut Vec<u8>,
        record: &mut Record,
    ) -> Result<Authenticated, DecryptError> {
        let mut parser = Parser::new(message, &self.inner.limits)?;
        while parser.advance(TURN)? {
            pace::let_others_run().await;
        }
        let message = parser.finish()?;
        let unlocked = self.unlock(&message.header, expected, record).await?;
        let (unlocked, authenticated) = unlocked;
        let parallelism = &self.inner.parallelism;
        let mut opener = Opener::new(&message, unlocked, out, place, parallelism);
        loop {
            match opener.advance() {
                Ok(true) => pace::let_others_run().await,
                Ok(false) => {
                    record.passed(opener.finish(), 0);
                    return Ok(authenticated);
                }
                Err(_) => break,
            }
        }
        while opener.wipe(TURN) {
            pace::let_others_run().await;
        }
        Err(DecryptError::Unauthentic)
    }

    /// Begins to read a message that is bound to every pair of `expected`, and comes bit by bit.
    ///
    /// First its header is read, then opened; then follows the body, whose plaintext is released frame by frame. A signed
    /// message is refused unless [`with_signed_streams`](DecryptorBuilder::with_signed_streams) says otherwise.
    pub fn begin(&self, expected: &EncryptionContext) -> HeaderReader {
        HeaderReader::new(self.clone(), expected.clone(), self.record(expected))
    }

    fn record(&self, expected: &EncryptionContext) -> Record {
        Record::begin(self.inner.audit.as_ref(), AuditOperation::Open, expected)
    }

    /// The same decryptor, with another answer to signed streams.
    #[cfg(feature = "file")]
    pub(crate) fn with_streams(&self, signed_streams: SignedStreams) -> Self {
        Self {
            inner: Arc::new(Inner {
                signed_streams,
                ..(*self.inner).clone()
            }),
        }
    }

    pub(crate) fn limits(&self) -> &ReadLimits {
        &self.inner.limits
    }

    /// Opens a header that is all there.
    pub(crate) async fn open(
        &self,
        bytes: &[u8],
        expected: &EncryptionContext,
        record: &mut Record,
    ) -> Result<(Reader, Authenticated), DecryptError> {
        let Inner {
            limits,
            signed_streams,
            ..
        } = &*self.inner;
        let header = parse_header(bytes, limits)?;
        if header.suite.is_signing() && *signed_streams == SignedStreams::Refuse {
            let suite = header.suite;
            return Err(DecryptError::SignedStream { suite });
        }
        let (unlocked, authenticated) = self.unlock(&header, expected, record).await?;
        let reader = Reader::new(bytes, header.content, unlocked, *limits, *signed_streams);
        Ok((reader, authenticated))
    }

    /// Opens the header of a message of `len` bytes, for its frames to be read by themselves.
    pub(crate) async fn open_frames(
        &self,
        bytes: &[u8],
        expected: &EncryptionContext,
        len: u64,
        record: &mut Record,
    ) -> Result<(FrameOpener, Authenticated), RangeError> {
        let limits = &self.inner.limits;
        let header = parse_header(bytes, limits)?;
        if header.suite.is_signing() {
            let suite = header.suite;
            return Err(RangeError::Signed { suite });
        }
        let Content::Framed(frame_length) = header.content else {
            return Err(RangeError::Unframed);
        };
        let layout = Layout::new(bytes.len() as u64, frame_length, len)?;
        limits.check_plaintext(layout.plaintext_len())?;
        let (unlocked, authenticated) = self.unlock(&header, expected, record).await?;
        Ok((FrameOpener::new(unlocked, layout), authenticated))
    }

    /// Checks what a header claims, has its data key unwrapped, and verifies it.
    async fn unlock(
        &self,
        header: &Header<'_>,
        expected: &EncryptionContext,
        record: &mut Record,
    ) -> Result<(Unlocked, Authenticated), DecryptError> {
        let inner = &*self.inner;
        let (suite, policy) = (header.suite, inner.policy);
        record.is_under(suite);
        if !policy.allows_decrypt(suite) {
            return Err(DecryptError::Commitment { suite, policy });
        }
        if inner.requires_signature && !suite.is_signing() {
            return Err(DecryptError::Unsigned { suite });
        }
        if let Some(key) = expected.missing(&inner.required) {
            return Err(DecryptError::MissingContextKey { key: key.clone() });
        }
        let stated = &header.context;
        let other = |(key, value): &(&str, &str)| stated.get(key).is_some_and(|it| it != *value);
        if let Some((key, _)) = expected.iter().find(other) {
            return Err(DecryptError::ContextMismatch {
                key: key.to_owned(),
            });
        }
        let unsent = expected.without(stated);
        // The format's own pairs stand in the header or nowhere: else who leaves out the signer leaves out the signature.
        if let Err(ContextError::ReservedKey { key }) = unsent.refuse_reserved() {
            return Err(DecryptError::ContextMismatch { key });
        }
        let context = stated.union(&unsent)?;
        let keys = &header.encrypted_data_keys;
        let found = inner.materials.materials(suite, &context, keys).await?;
        let granted = found.value;
        record.has_key(|| granted.key_use(), found.how.is_cached());
        let (data_key, verifying_key) = (granted.data_key(), granted.verifying_key());
        let unlocked = unlock(header, data_key, &unsent, inner.dialects, verifying_key);
        inner.materials.settle(&granted, unlocked.is_ok());
        let unlocked = unlocked.map_err(|_| DecryptError::Unauthentic)?;
        record.is_bound_to(&context);
        Ok((unlocked, Authenticated::new(context, suite)))
    }

    /// The same decryptor for the messages of one partition, which share no cached data key with any other's.
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

    /// Lets go of cached data keys, of all partitions, and answers how many; those of other decryptors stay.
    ///
    /// An encryptor whose data keys it [has](DecryptorBuilder::with_data_keys_of) lets go of all that is meant, too.
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
