use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, EncryptionContext, EncryptionMaterials,
    Keyring, KeyringError, Partition, Purge,
    caching::{self, Cache, Counters, Found, How, Limits, Tally},
    keyring::{KeyDigest, Wrapping},
    signature::{PUBLIC_KEY, SigningKey},
};
use leeward_resilience::Clock;
use std::sync::Arc;

/// Gets the materials of a message to be written.
///
/// A clone shares cached data keys and counters.
///
/// Specification: cmm-interface, "Get Encryption Materials"; default-cmm.
#[derive(Clone, Debug)]
pub(crate) struct EncryptionMaterialsManager {
    keyring: Arc<dyn Keyring>,
    pub(super) cache: Option<Arc<Cached>>,
    counters: Arc<Counters>,
    partition: Partition,
}

#[derive(Debug)]
pub(super) struct Cached {
    limits: Limits,
    pub(super) cache: Cache<Key, Arc<Granted>>,
}

/// All that data keys are told apart by, required pairs of the context included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    partition: Partition,
}

impl caching::Key for Key {
    fn tenant(&self) -> Option<&Arc<str>> {
        self.partition.tenant_shared()
    }

    fn is_in(&self, partition: &Partition) -> bool {
        self.partition == *partition
    }
}

impl Key {
    pub(super) const fn partition(&self) -> &Partition {
        &self.partition
    }
}

/// Materials that are complete; who keeps them keeps the signing key that they name the public half of.
#[derive(Debug)]
pub(crate) struct Granted {
    materials: EncryptionMaterials,
    signing_key: Option<Arc<SigningKey>>,
    wrapping: Wrapping,
}

impl Granted {
    pub(super) const fn wrapping(&self) -> &Wrapping {
        &self.wrapping
    }

    /// Their context is the caller's, and under signing suites the public key beside it.
    pub(crate) const fn materials(&self) -> &EncryptionMaterials {
        &self.materials
    }

    pub(crate) fn data_key(&self) -> &DataKey {
        self.materials
            .data_key()
            .expect("checked when the keyring returned")
    }

    /// What messages are signed with; none unless the suite signs.
    pub(crate) const fn signing_key(&self) -> Option<&Arc<SigningKey>> {
        self.signing_key.as_ref()
    }
}

impl caching::Value for Arc<Granted> {
    fn under(&self) -> &[KeyDigest] {
        self.wrapping.under()
    }

    fn relied_on(&self) -> &[KeyDigest] {
        self.wrapping.relied_on()
    }

    fn succeed(&self, _: &Self) {}
}

impl EncryptionMaterialsManager {
    pub(crate) fn new(keyring: Arc<dyn Keyring>) -> Self {
        Self {
            keyring,
            cache: None,
            counters: Arc::default(),
            partition: Partition::default(),
        }
    }

    pub(crate) fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        let limits = policy.limits();
        let keyring = Arc::clone(&self.keyring);
        let refetch: caching::Refetch<Key, Arc<Granted>> = Box::new(move |key| {
            let keyring = Arc::clone(&keyring);
            Box::pin(fetch(keyring, key.suite, key.context.clone()))
        });
        let cache = Cache::new(policy, Some(limits), Some(refetch));
        Self {
            cache: Some(Arc::new(Cached { limits, cache })),
            ..self
        }
    }

    /// The same, for the messages of one partition.
    pub(crate) fn in_partition(&self, partition: Partition) -> Self {
        Self {
            partition,
            ..self.clone()
        }
    }

    /// The materials of a message under `suite`, bound to `context`.
    ///
    /// A plaintext whose length is not known has a data key of its own: no limit could be held to.
    pub(crate) async fn materials(
        &self,
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        plaintext_len: Option<u64>,
    ) -> Result<Found<Arc<Granted>>, KeyringError> {
        let fetch = || fetch(Arc::clone(&self.keyring), suite, context.clone());
        let cached = self.cache.as_deref().zip(plaintext_len);
        let found = match cached {
            Some((Cached { limits, cache }, plaintext_len))
                if suite.may_reuse_data_key() && limits.fits(plaintext_len) =>
            {
                let key = Key {
                    suite,
                    context: context.clone(),
                    partition: self.partition.clone(),
                };
                cache.find(&key, plaintext_len, fetch).await?
            }
            _ => {
                self.counters.missed();
                Found {
                    value: fetch().await?,
                    how: How::Started,
                }
            }
        };
        self.counters.served(found.how);
        Ok(found)
    }

    /// Lets go of cached data keys, and answers how many.
    pub(crate) fn purge(&self, what: &Purge) -> u64 {
        // Before those who might have something of it handed on.
        let cached = self.cache.as_deref();
        cached.map_or(0, |cached| {
            cached.cache.purge(what) + cached.cache.purge_siblings(what)
        })
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let cached = self.cache.as_deref();
        let tally = cached.map_or_else(Tally::default, |cached| cached.cache.tally());
        self.counters.stats(tally)
    }
}

async fn fetch(
    keyring: Arc<dyn Keyring>,
    suite: AlgorithmSuite,
    context: EncryptionContext,
) -> Result<Arc<Granted>, KeyringError> {
    let (signing_key, context) = match suite.curve() {
        Some(curve) => {
            let key = SigningKey::generate(curve).map_err(|_| {
                KeyringError::wrap("a signing key", "the cryptographic library made no key")
            })?;
            let public_key = (PUBLIC_KEY.to_owned(), key.public_key().to_owned());
            let context = context.with_pair(public_key).map_err(|error| {
                KeyringError::wrap("the context with the public key in it", error)
            })?;
            (Some(Arc::new(key)), context)
        }
        None => (None, context),
    };
    let asked = EncryptionMaterials::new(suite, context.clone());
    let materials = keyring.on_encrypt(asked).await?;
    let reason = if materials.suite() != suite || *materials.context() != context {
        "it returned materials for another suite or context"
    } else if materials.data_key().is_none() {
        "it returned no data key"
    } else if materials.encrypted_data_keys().is_empty() {
        "it returned no encrypted data key"
    } else {
        let keys = materials.encrypted_data_keys();
        let mut wrapping = Wrapping::new(keys);
        if let Some(used) = materials.key_use() {
            wrapping = wrapping.given_by(&used, keys);
        }
        return Ok(Arc::new(Granted {
            materials,
            signing_key,
            wrapping,
        }));
    };
    Err(KeyringError::contract(reason))
}
