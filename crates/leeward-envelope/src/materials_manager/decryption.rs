use super::fingerprint::Fingerprint;
use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, DecryptionMaterials, EncryptedDataKey,
    EncryptionContext, Keyring, KeyringError,
    caching::{Cache, Counters},
};
use leeward_resilience::Clock;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Gets the materials of a message to be read.
#[derive(Debug)]
pub(crate) struct DecryptionMaterialsManager {
    keyring: Arc<dyn Keyring>,
    cache: Option<Cache<Fingerprint, Arc<Granted>>>,
    counters: Arc<Counters>,
}

/// A data key, and nothing of the header that led to it.
#[derive(Debug)]
pub(crate) struct Granted {
    data_key: DataKey,
    /// Where a cache keeps it, if one does.
    fingerprint: Option<Fingerprint>,
    /// Whether a header that led to it has authenticated under it.
    is_proved: AtomicBool,
}

impl Granted {
    pub(crate) const fn data_key(&self) -> &DataKey {
        &self.data_key
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
        let fetch = |fingerprint| {
            let (keyring, counters) = (Arc::clone(&self.keyring), Arc::clone(&self.counters));
            let data_key = fetch(keyring, counters, suite, context.clone(), keys.to_vec());
            async move {
                Ok(Arc::new(Granted {
                    data_key: data_key.await?,
                    fingerprint,
                    is_proved: AtomicBool::new(false),
                }))
            }
        };
        let (granted, is_hit) = match &self.cache {
            Some(cache) if suite.may_reuse_data_key() => {
                let key = Fingerprint::new(suite, context, keys);
                let found = cache.find(&key, 0, || fetch(Some(key))).await?;
                (found.value, found.is_hit)
            }
            _ => (fetch(None).await?, false),
        };
        self.counters.served(is_hit);
        Ok(granted)
    }

    /// Hears whether the header that `granted` was asked for has authenticated under it.
    ///
    /// A data key that no header has is not kept: anybody can make up headers that a keyring finds a true wrapped key in.
    /// One that some header has is kept, or changed copies of that message could be used to have it fetched again and again.
    pub(crate) fn settle(&self, granted: &Arc<Granted>, is_authentic: bool) {
        let (Some(cache), Some(key)) = (&self.cache, &granted.fingerprint) else {
            return;
        };
        // Read before it is written, since the processors share what nobody writes.
        if granted.is_proved.load(Relaxed) {
            return;
        }
        if is_authentic {
            granted.is_proved.store(true, Relaxed);
        } else {
            cache.remove(key, |kept| Arc::ptr_eq(kept, granted));
        }
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
) -> Result<DataKey, KeyringError> {
    counters.missed();
    let asked = DecryptionMaterials::new(suite, context.clone());
    let materials = keyring.on_decrypt(asked, &keys).await?;
    if materials.suite() != suite || *materials.context() != context {
        let reason = "it returned materials for another suite or context";
        return Err(KeyringError::contract(reason));
    }
    let data_key = materials.into_data_key();
    data_key.ok_or_else(|| KeyringError::contract("it returned no data key"))
}
