use super::ContextPolicy;
use crate::{DiscoveryFilter, KeyArn, KeyId};
use leeward_envelope::{
    AlgorithmSuite, CachePolicy, CommitmentPolicy, DecryptorBuilder, EncryptorBuilder,
};
use leeward_resilience::Clock;
use std::{fmt, time::Duration};

/// How one class of [`KeyClasses`](crate::KeyClasses) writes and reads.
///
/// **Under an alias one can write, not read**: messages name the key that the alias stood for at that time, and it may stand for
/// another one since. What a class reads is therefore a matter of its own:
///
/// | written under | read by default | narrower |
/// |---|---|---|
/// | the ARN of a key | what that key wrapped, of a multi-Region key any replica | |
/// | the ARN of an alias | what any key of the alias' account wrapped, in the Regions of the stack | [`reading_keys`](Self::reading_keys) |
/// | an alias or an id alone | nothing: the accounts are to be named | [`reading_accounts`](Self::reading_accounts), [`reading_keys`](Self::reading_keys) |
///
/// Who has the right to use another key of the account may then write messages that the class reads, if he names the class: name
/// the keys where that matters. Nothing is learnt from what KMS answers: a process that has not written yet reads as any other, and
/// what was written before an alias moved stays readable.
#[must_use]
pub struct KeyClass {
    /// None if the environment is to name it.
    pub(super) key: Option<KeyId>,
    pub(super) reads: Reads,
    pub(super) contexts: ContextPolicy,
    pub(super) commitment: CommitmentPolicy,
    pub(super) suite: Option<AlgorithmSuite>,
    /// None if it is for the suite to say.
    pub(super) requires_signature: Option<bool>,
    pub(super) cached: Option<Cached>,
    /// Whether what it writes is read without a call.
    pub(super) is_primed: bool,
}

/// What a class reads.
#[derive(Clone, Debug)]
pub(super) enum Reads {
    /// What the key that it writes under says.
    Own,
    Keys(Vec<KeyArn>),
    Accounts(DiscoveryFilter),
}

/// A cache for each of the two.
pub(super) struct Cached {
    pub(super) writing: Box<dyn FnOnce(EncryptorBuilder) -> EncryptorBuilder>,
    pub(super) reading: Box<dyn FnOnce(DecryptorBuilder) -> DecryptorBuilder>,
}

impl KeyClass {
    /// Writes under a key or an alias, caches data keys for five minutes, and requires commitment.
    pub fn new(key: KeyId) -> Self {
        Self::with(Some(key))
    }

    /// As [`new`](Self::new), under the key that the environment names; see
    /// [`KeyClassesBuilder::with_env`](crate::KeyClassesBuilder::with_env).
    pub fn keyed_by_env() -> Self {
        Self::with(None)
    }

    fn with(key: Option<KeyId>) -> Self {
        Self {
            key,
            reads: Reads::Own,
            contexts: ContextPolicy::new(),
            commitment: CommitmentPolicy::default(),
            suite: None,
            requires_signature: None,
            cached: None,
            is_primed: true,
        }
        .with_cache(CachePolicy::new(Duration::from_secs(300)))
    }

    /// Reads what these keys wrapped, and nothing else; one that is written under by its ARN is to be named here, too.
    pub fn reading_keys(self, keys: impl IntoIterator<Item = KeyArn>) -> Self {
        Self {
            reads: Reads::Keys(keys.into_iter().collect()),
            ..self
        }
    }

    /// Reads what any key of these accounts wrapped, in the Regions of the stack.
    pub fn reading_accounts(self, accounts: DiscoveryFilter) -> Self {
        Self {
            reads: Reads::Accounts(accounts),
            ..self
        }
    }

    /// What contexts must have, and what they get.
    pub fn with_context_policy(self, contexts: ContextPolicy) -> Self {
        Self { contexts, ..self }
    }

    /// For how long and how much one data key serves; the class has two caches of this policy, one to write and one to read.
    pub fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        let reading = policy.clone();
        Self {
            cached: Some(Cached {
                writing: Box::new(move |builder| builder.with_cache(policy)),
                reading: Box::new(move |builder| builder.with_cache(reading)),
            }),
            ..self
        }
    }

    /// Asks KMS for the data keys of all messages that it reads, also of those that it has written itself.
    ///
    /// By default it keeps the data keys that it writes under to read with as well, if they are of a key that it reads: what this
    /// process has written it reads without a call, hence also where it has no `kms:Decrypt`, until they are too old; see
    /// [`DecryptorBuilder::with_data_keys_of`].
    pub fn without_priming(self) -> Self {
        Self {
            is_primed: false,
            ..self
        }
    }

    /// Calls KMS for every message.
    pub fn without_cache(self) -> Self {
        Self {
            cached: None,
            ..self
        }
    }

    /// Which suites are written and read.
    pub fn with_commitment_policy(self, commitment: CommitmentPolicy) -> Self {
        Self { commitment, ..self }
    }

    /// Whether messages without a signature are refused; by default they are if the suite signs.
    ///
    /// Say `false` as long as older messages are about that were written without one.
    pub fn with_required_signatures(self, are_required: bool) -> Self {
        Self {
            requires_signature: Some(are_required),
            ..self
        }
    }

    /// The suite that is written; by default that of the commitment policy.
    ///
    /// Under one that signs the class reads no message without a signature, unless
    /// [told otherwise](Self::with_required_signatures).
    pub fn with_suite(self, suite: AlgorithmSuite) -> Self {
        Self {
            suite: Some(suite),
            ..self
        }
    }
}

impl fmt::Debug for KeyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyClass")
            .field("key", &self.key)
            .field("reads", &self.reads)
            .field("contexts", &self.contexts)
            .field("commitment", &self.commitment)
            .field("suite", &self.suite)
            .field("requires_signature", &self.requires_signature)
            .field("is_cached", &self.cached.is_some())
            .field("is_primed", &self.is_primed)
            .finish()
    }
}
