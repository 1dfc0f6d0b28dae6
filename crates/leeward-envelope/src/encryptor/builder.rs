use super::{Encryptor, Inner};
use crate::{
    AlgorithmSuite, Audit, BuildError, CachePolicy, CommitmentPolicy, context,
    materials_manager::EncryptionMaterialsManager, parallelism::Parallelism,
};
use leeward_resilience::Clock;
use std::{
    collections::BTreeSet,
    num::{NonZeroU16, NonZeroU32, NonZeroUsize},
    sync::Arc,
};

/// Makes an [`Encryptor`].
#[derive(Debug)]
#[must_use]
pub struct EncryptorBuilder {
    pub(super) materials: EncryptionMaterialsManager,
    pub(super) suite: Option<AlgorithmSuite>,
    pub(super) policy: CommitmentPolicy,
    pub(super) frame_length: NonZeroU32,
    pub(super) max_encrypted_data_keys: Option<NonZeroU16>,
    pub(super) required: BTreeSet<String>,
    pub(super) parallelism: Option<NonZeroUsize>,
    pub(super) audit: Option<Audit>,
    pub(super) refused: Option<BuildError>,
}

impl EncryptorBuilder {
    /// Which suites may be written; only committing ones by default.
    pub fn with_commitment_policy(self, policy: CommitmentPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The suite that messages are written under; by default the one that
    /// [`CommitmentPolicy::default_suite`] names, 0x0478 unless the policy is changed.
    ///
    /// It must be one that the policy allows. Suites without key derivation have a data key of its own for every message,
    /// cache or not.
    pub fn with_suite(self, suite: AlgorithmSuite) -> Self {
        Self {
            suite: Some(suite),
            ..self
        }
    }

    /// Which keys every context must have, whose pairs are kept out of the message; none by default.
    ///
    /// The message is bound to them all the same: only who can name the same values decrypts it, and
    /// [`DecryptorBuilder::with_required_context_keys`](crate::DecryptorBuilder::with_required_context_keys) makes sure that
    /// they are named. Good for what readers know anyway, such as their tenant.
    pub fn with_required_context_keys<K: Into<String>>(
        self,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        let required = keys.into_iter().map(Into::into).collect();
        Self { required, ..self }
    }

    /// How many bytes of plaintext a frame holds; 4096 by default.
    ///
    /// Every frame adds 32 bytes. A reader holds one frame at a time at least; ours takes 64 MiB unless told otherwise.
    pub fn with_frame_length(self, frame_length: NonZeroU32) -> Self {
        Self {
            frame_length,
            ..self
        }
    }

    /// How many wrapped forms of its data key a message may have; 10 by default, `None` for as many as the format can.
    pub fn with_max_encrypted_data_keys(self, max: impl Into<Option<NonZeroU16>>) -> Self {
        Self {
            max_encrypted_data_keys: max.into(),
            ..self
        }
    }

    /// How many threads may work on one message at once; by default as many as there are processors, but four at most.
    ///
    /// From 2 MiB on, where each frame counts as 1 KiB more (some 1.6 MiB of plaintext in frames of 4096 bytes), a message that
    /// is there as a whole has its frames sealed on several threads: the caller's, and others that are started for each turn
    /// and end with it, so that none outlives a call, nor is left by a future that is dropped. The hash of a signed one cannot be
    /// shared: it stays with the caller's thread, and from a MiB on another one runs the cipher beside it. What other threads do
    /// not do, because the processors are busy or they cannot be started, the caller's does; where they come too late, the next
    /// messages do without. With 1 there is never another thread. What comes bit by bit is not concerned.
    pub fn with_parallelism(self, threads: NonZeroUsize) -> Self {
        Self {
            parallelism: Some(threads),
            ..self
        }
    }

    /// Uses a data key for several messages of the same context; by default each message has its own.
    pub fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            refused: policy.check().err().or(self.refused),
            materials: self.materials.with_cache(policy),
            ..self
        }
    }

    /// Tells of every message, once it is over; nobody is told by default.
    pub fn with_audit(self, audit: Audit) -> Self {
        Self {
            audit: Some(audit),
            ..self
        }
    }

    /// Makes the encryptor.
    ///
    /// # Errors
    ///
    /// [`BuildError::ForbiddenSuite`] if the policy does not allow the suite, [`BuildError::MaxAgeTooShort`] if cached data
    /// keys could not be used even once, [`BuildError::ReservedContextKey`] if a required key is one of the format's own.
    pub fn build(self) -> Result<Encryptor, BuildError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        context::refuse_reserved_keys(&self.required)?;
        let policy = self.policy;
        let suite = self.suite.unwrap_or(policy.default_suite());
        if !policy.allows_encrypt(suite) {
            return Err(BuildError::ForbiddenSuite { suite, policy });
        }
        Ok(Encryptor {
            inner: Arc::new(Inner {
                materials: self.materials,
                suite,
                required: Arc::new(self.required),
                parallelism: Parallelism::new(self.parallelism),
                frame_length: self.frame_length,
                max_encrypted_data_keys: self.max_encrypted_data_keys,
                audit: self.audit,
            }),
        })
    }
}
