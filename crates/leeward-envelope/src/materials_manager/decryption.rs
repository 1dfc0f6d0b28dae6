use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, DecryptionMaterials, EncryptedDataKey,
    EncryptionContext, Keyring, KeyringError,
    caching::{Cache, Counters},
};
use leeward_resilience::Clock;
use std::sync::Arc;

/// Gets the materials of a message to be read.
#[derive(Debug)]
pub(crate) struct DecryptionMaterialsManager {
    keyring: Arc<dyn Keyring>,
    cache: Option<Cache<Arc<Key>, Arc<Granted>>>,
    counters: Arc<Counters>,
}

/// What a data key depends on; the order in which a header names its keys is not part of it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    suite: AlgorithmSuite,
    sorted_keys: Vec<EncryptedDataKey>,
    context: EncryptionContext,
}

/// Materials that are complete.
#[derive(Debug)]
pub(crate) struct Granted(DecryptionMaterials);

impl Granted {
    pub(crate) fn data_key(&self) -> &DataKey {
        self.0
            .data_key()
            .expect("checked when the keyring returned")
    }
}

impl DecryptionMaterialsManager {
    pub(crate) fn new(keyring: Arc<dyn Keyring>) -> Self {
        Self {
            keyring,
            cache: None,
            counters: Arc::default(),
        }
    }

    pub(crate) fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            cache: Some(Cache::new(policy, None)),
            ..self
        }
    }

    pub(crate) async fn materials(
        &self,
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        keys: &[EncryptedDataKey],
    ) -> Result<Arc<Granted>, KeyringError> {
        let fetch = || {
            let (keyring, counters) = (Arc::clone(&self.keyring), Arc::clone(&self.counters));
            fetch(keyring, counters, suite, context.clone(), keys.to_vec())
        };
        let (granted, is_hit) = match &self.cache {
            Some(cache) if suite.may_reuse_data_key() => {
                let mut sorted_keys = keys.to_vec();
                sorted_keys.sort_unstable();
                let key = Arc::new(Key {
                    suite,
                    sorted_keys,
                    context: context.clone(),
                });
                let found = cache.find(&key, 0, fetch).await?;
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
    suite: AlgorithmSuite,
    context: EncryptionContext,
    keys: Vec<EncryptedDataKey>,
) -> Result<Arc<Granted>, KeyringError> {
    counters.missed();
    let asked = DecryptionMaterials::new(suite, context.clone());
    let materials = keyring.on_decrypt(asked, &keys).await?;
    let reason = if materials.suite() != suite || *materials.context() != context {
        "it returned materials for another suite or context"
    } else if materials.data_key().is_none() {
        "it returned no data key"
    } else {
        return Ok(Arc::new(Granted(materials)));
    };
    Err(KeyringError::contract(reason))
}
