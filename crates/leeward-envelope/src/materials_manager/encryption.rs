use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, EncryptionContext, EncryptionMaterials,
    Keyring, KeyringError,
    caching::{Cache, Counters, Limits},
};
use leeward_resilience::Clock;
use std::sync::Arc;

/// The suite that messages are written under.
const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

/// Gets the materials of a message to be written.
#[derive(Debug)]
pub(crate) struct EncryptionMaterialsManager {
    keyring: Arc<dyn Keyring>,
    cache: Option<(Limits, Cache<Key, Arc<Granted>>)>,
    counters: Arc<Counters>,
}

type Key = (AlgorithmSuite, EncryptionContext);

/// Materials that are complete.
#[derive(Debug)]
pub(crate) struct Granted(EncryptionMaterials);

impl Granted {
    pub(crate) const fn materials(&self) -> &EncryptionMaterials {
        &self.0
    }

    pub(crate) fn data_key(&self) -> &DataKey {
        self.0
            .data_key()
            .expect("checked when the keyring returned")
    }
}

impl EncryptionMaterialsManager {
    pub(crate) fn new(keyring: Arc<dyn Keyring>) -> Self {
        Self {
            keyring,
            cache: None,
            counters: Arc::default(),
        }
    }

    pub(crate) fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        let limits = policy.limits();
        Self {
            cache: Some((limits, Cache::new(policy, Some(limits)))),
            ..self
        }
    }

    pub(crate) async fn materials(
        &self,
        context: &EncryptionContext,
        plaintext_len: u64,
    ) -> Result<Arc<Granted>, KeyringError> {
        let fetch = || {
            let (keyring, counters) = (Arc::clone(&self.keyring), Arc::clone(&self.counters));
            fetch(keyring, counters, context.clone())
        };
        let (granted, is_hit) = match &self.cache {
            Some((limits, cache)) if SUITE.may_reuse_data_key() && limits.fits(plaintext_len) => {
                let key = (SUITE, context.clone());
                let found = cache.find(&key, plaintext_len, fetch).await?;
                (found.value, found.is_hit)
            }
            _ => (fetch().await?, false),
        };
        self.counters.served(is_hit);
        Ok(granted)
    }

    pub(crate) fn stats(&self) -> CacheStats {
        self.counters.stats()
    }
}

async fn fetch(
    keyring: Arc<dyn Keyring>,
    counters: Arc<Counters>,
    context: EncryptionContext,
) -> Result<Arc<Granted>, KeyringError> {
    counters.missed();
    let asked = EncryptionMaterials::new(SUITE, context.clone());
    let materials = keyring.on_encrypt(asked).await?;
    let reason = if materials.suite() != SUITE || *materials.context() != context {
        "it returned materials for another suite or context"
    } else if materials.data_key().is_none() {
        "it returned no data key"
    } else if materials.encrypted_data_keys().is_empty() {
        "it returned no encrypted data key"
    } else {
        return Ok(Arc::new(Granted(materials)));
    };
    Err(KeyringError::contract(reason))
}
