use super::{Decryptor, Inner};
use crate::{
    Audit, BuildError, CachePolicy, CommitmentPolicy, Encryptor, SignedStreams, context,
    decryptor::ReadLimits, derive::Dialect, materials_manager::DecryptionMaterialsManager,
    parallelism::Parallelism,
};
use leeward_resilience::Clock;
use std::{
    collections::BTreeSet,
    num::{NonZeroU16, NonZeroUsize},
    sync::Arc,
};

/// Makes a [`Decryptor`].
#[derive(Debug)]
#[must_use]
pub struct DecryptorBuilder {
    pub(super) materials: DecryptionMaterialsManager,
    pub(super) policy: CommitmentPolicy,
    pub(super) limits: ReadLimits,
    pub(super) required: BTreeSet<String>,
    pub(super) requires_signature: bool,
    pub(super) signed_streams: SignedStreams,
    pub(super) dialects: &'static [Dialect],
    pub(super) parallelism: Option<NonZeroUsize>,
    /// Whose data keys are kept, too.
    pub(super) writers: Vec<Encryptor>,
    pub(super) audit: Option<Audit>,
    pub(super) refused: Option<BuildError>,
}

impl DecryptorBuilder {
    /// Which suites are read; only committing ones by default.
    pub fn with_commitment_policy(self, policy: CommitmentPolicy) -> Self {
        Self { policy, ..self }
    }

    /// How many encrypted data keys a message may have; 10 by default, `None` for any number.
    ///
    /// A message over the limit is refused before any of them is read.
    pub fn with_max_encrypted_data_keys(mut self, max: impl Into<Option<NonZeroU16>>) -> Self {
        self.limits.max_encrypted_data_keys = max.into();
        self
    }

    /// How many bytes a header may have, tag included; 128 KiB by default, `None` for any number.
    ///
    /// The context takes 64 KiB at most, and a key wrapped by KMS some 300 bytes. A stream holds the header in memory until
    /// it is opened.
    pub fn with_max_header_len(mut self, max: impl Into<Option<usize>>) -> Self {
        self.limits.max_header_len = max.into();
        self
    }

    /// How long a frame may be, or the one block of a message without frames; 64 MiB by default, `None` for any length.
    ///
    /// A stream holds one frame in memory, as much of it as has come; of a message that is there as a whole, a frame is
    /// decrypted in one go.
    pub fn with_max_frame_length(mut self, max: impl Into<Option<u64>>) -> Self {
        self.limits.max_frame_length = max.into();
        self
    }

    /// How many bytes of plaintext a message may hold; by default any number, as `None` says too.
    ///
    /// A buffer takes no more memory than the message accounts for, and a stream one frame, so this is for callers that know
    /// how much they want. A message that is there as a whole is refused before the keyring is called.
    pub fn with_max_plaintext_len(mut self, max: impl Into<Option<u64>>) -> Self {
        self.limits.max_plaintext_len = max.into();
        self
    }

    /// Which context keys every call must expect a value under; none by default.
    ///
    /// The counterpart of [`EncryptorBuilder::with_required_context_keys`](crate::EncryptorBuilder::with_required_context_keys):
    /// a call that does not say which tenant, say, a message is for is refused, before any call to the keyring.
    pub fn with_required_context_keys<K: Into<String>>(
        self,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        let required = keys.into_iter().map(Into::into).collect();
        Self { required, ..self }
    }

    /// Whether only messages with a signature are read; by default those without one are, too.
    ///
    /// Whoever once read an unsigned message of some context has its data key, and can write further ones under it: signing keeps
    /// nobody from writing where readers do not ask for it. So this belongs to writers of a [signing
    /// suite](crate::EncryptorBuilder::with_suite), once no older messages are about. A message without a signature is refused
    /// before any call to the keyring, by [`DecryptError::Unsigned`](crate::DecryptError::Unsigned).
    pub fn with_required_signatures(self, are_required: bool) -> Self {
        Self {
            requires_signature: are_required,
            ..self
        }
    }

    /// What a stream does with a signed message; refuses it by default. Messages that are there as a whole are not concerned.
    pub fn with_signed_streams(self, signed_streams: SignedStreams) -> Self {
        Self {
            signed_streams,
            ..self
        }
    }

    /// Whether messages of version 4.0.0 of the SDK for .NET are read, which departs from the format; they are not by default.
    ///
    /// A header that does not authenticate is then tried once more as that version wrote it. 4.0.1 writes as all others do:
    /// read the old messages, write them anew, and leave this out again.
    pub fn with_net_4_0_0_messages(self, are_read: bool) -> Self {
        let dialects: &[Dialect] = match are_read {
            true => &[Dialect::Standard, Dialect::Net400],
            false => &[Dialect::Standard],
        };
        Self { dialects, ..self }
    }

    /// How many threads may work on one message at once; by default as many as there are processors, but four at most.
    ///
    /// As [`EncryptorBuilder::with_parallelism`](crate::EncryptorBuilder::with_parallelism) has it, and to the same effect:
    /// nothing is released before all of a message is verified, whichever thread did it.
    pub fn with_parallelism(self, threads: NonZeroUsize) -> Self {
        Self {
            parallelism: Some(threads),
            ..self
        }
    }

    /// Keeps unwrapped data keys for further messages under them; by default each message calls the keyring.
    ///
    /// Of the policy's limits only age and capacity matter here. A key whose use KMS forbids meanwhile goes on to serve
    /// until it is too old. Each takes some hundred bytes, however long the header was that named it, and stays only if that
    /// header has proved to be true.
    pub fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            refused: policy.check().err().or(self.refused),
            materials: self.materials.with_cache(policy),
            ..self
        }
    }

    /// Keeps the data keys of an encryptor of this process as well, so that what that writes is read without a call.
    ///
    /// Both need a cache. What the encryptor fetches for its cache is kept here too, from that moment on, for the age and in the
    /// room that this decryptor's policy allows, and in the same [partition](crate::Partition). Not kept are data keys of one
    /// message, such as a stream of unknown length has, and those that this decryptor's keyring
    /// [would pass over](crate::Keyring::may_unwrap).
    ///
    /// The key store is not asked whether this process may decrypt. That gives nothing away, since it is this process that has made
    /// the data key; but **that a message can be read back here does not show that it can be read elsewhere**: check that with a
    /// decryptor of its own. The right to decrypt, withdrawn alone, goes unnoticed for what the encryptor may still fetch.
    /// When a keyring denies either of the two, both let go of what is under that key, and so they do when either is purged. In an
    /// audit these data keys are cached ones, with the request that made them.
    ///
    /// A data key that messages still ask for halfway between the share of [`with_renewal`](CachePolicy::with_renewal) and its
    /// end, by default at 90 % of its age, is unwrapped by a call in the background: the encryptor has gone on to the next by then.
    ///
    /// ```
    /// use leeward_envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
    /// use std::{sync::Arc, time::Duration};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keyring = Arc::new(RawAesKeyring::new("my-app", "2026-11", &[7; 32])?);
    /// let cache = CachePolicy::new(Duration::from_secs(300));
    /// let encryptor = Encryptor::builder(keyring.clone()).with_cache(cache.clone()).build()?;
    /// let decryptor = Decryptor::builder(keyring)
    ///     .with_cache(cache)
    ///     .with_data_keys_of(&encryptor)
    ///     .build()?;
    ///
    /// let message = encryptor.encrypt(b"attack at dawn", &EncryptionContext::empty()).await?;
    /// assert_eq!(decryptor.decrypt(&message).await?.plaintext(), b"attack at dawn");
    /// assert_eq!((encryptor.stats().misses, decryptor.stats().misses), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_data_keys_of(mut self, encryptor: &Encryptor) -> Self {
        self.writers.push(encryptor.clone());
        self
    }

    /// Tells of every message, once it is over; nobody is told by default.
    pub fn with_audit(self, audit: Audit) -> Self {
        Self {
            audit: Some(audit),
            ..self
        }
    }

    /// Makes the decryptor.
    ///
    /// # Errors
    ///
    /// [`BuildError::MaxAgeTooShort`] if cached data keys could not be used even once, [`BuildError::NotCached`] if an encryptor's
    /// are to be kept without a cache on both sides,
    /// [`BuildError::ReservedContextKey`] if a required key is one of the format's own.
    pub fn build(self) -> Result<Decryptor, BuildError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        context::refuse_reserved_keys(&self.required)?;
        for writer in &self.writers {
            self.materials.keep_data_keys_of(writer.data_keys())?;
        }
        Ok(Decryptor {
            inner: Arc::new(Inner {
                materials: self.materials,
                policy: self.policy,
                limits: self.limits,
                required: Arc::new(self.required),
                requires_signature: self.requires_signature,
                signed_streams: self.signed_streams,
                dialects: self.dialects,
                parallelism: Parallelism::new(self.parallelism),
                audit: self.audit,
            }),
        })
    }
}
