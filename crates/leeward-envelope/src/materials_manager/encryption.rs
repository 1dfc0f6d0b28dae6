use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, EncryptionContext, EncryptionMaterials,
    Keyring, KeyringError,
    caching::{Cache, Counters, Limits},
    signature::{PUBLIC_KEY, SigningKey},
};
use leeward_resilience::Clock;
use std::sync::Arc;

/// Gets the materials of a message to be written.
#[derive(Debug)]
pub(crate) struct EncryptionMaterialsManager {
    keyring: Arc<dyn Keyring>,
    cache: Option<(Limits, Cache<Key, Arc<Granted>>)>,
    counters: Arc<Counters>,
}

type Key = (AlgorithmSuite, EncryptionContext);

/// Materials that are complete; who keeps them keeps the signing key that they name the public half of.
#[derive(Debug)]
pub(crate) struct Granted {
    materials: EncryptionMaterials,
    signing_key: Option<Arc<SigningKey>>,
}

impl Granted {
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

    /// The materials of a message under `suite`, bound to `context`.
    ///
    /// A plaintext whose length is not known has a data key of its own: no limit could be held to.
    pub(crate) async fn materials(
        &self,
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        plaintext_len: Option<u64>,
    ) -> Result<Arc<Granted>, KeyringError> {
        let fetch = || {
            let (keyring, counters) = (Arc::clone(&self.keyring), Arc::clone(&self.counters));
            fetch(keyring, counters, suite, context.clone())
        };
        let cached = self.cache.as_ref().zip(plaintext_len);
        let (granted, is_hit) = match cached {
            Some(((limits, cache), plaintext_len))
                if suite.may_reuse_data_key() && limits.fits(plaintext_len) =>
            {
                let key = (suite, context.clone());
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
    suite: AlgorithmSuite,
    context: EncryptionContext,
) -> Result<Arc<Granted>, KeyringError> {
    counters.missed();
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
        return Ok(Arc::new(Granted {
            materials,
            signing_key,
        }));
    };
    Err(KeyringError::contract(reason))
}
