use super::{encryption, fingerprint::Fingerprint};
use crate::{
    AlgorithmSuite, CachePolicy, CacheStats, DataKey, DecryptionMaterials, EncryptedDataKey,
    EncryptionContext, KeyUse, Keyring, KeyringError, Partition, Purge, WrappingKey,
    caching::{self, Cache, Counters, Found, How, Tally},
    keyring::{KeyDigest, Wrapping},
    signature::VerifyingKey,
};
use aws_lc_rs::constant_time;
use leeward_resilience::Clock;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Gets the materials of a message to be read.
///
/// A clone shares cached data keys and counters.
///
/// Specification: cmm-interface, "Decrypt Materials"; default-cmm.
#[derive(Clone, Debug)]
pub(crate) struct DecryptionMaterialsManager {
    pub(super) keyring: Arc<dyn Keyring>,
    pub(super) cache: Option<Arc<Cached>>,
    counters: Arc<Counters>,
    partition: Partition,
}

pub(super) type Cached = Cache<Key, Arc<Granted>>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    fingerprint: Fingerprint,
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

/// A data key, and nothing of the header that led to it.
#[derive(Debug)]
pub(crate) struct Granted {
    data_key: Arc<DataKey>,
    /// Of bounded length.
    key_use: Option<KeyUse>,
    /// Where a cache keeps it, if one does.
    kept: Option<Kept>,
    /// Whether a header that led to it has authenticated under it.
    is_proved: AtomicBool,
    /// What signatures under its context are verified with, once there was one.
    verifying_key: OnceLock<Arc<VerifyingKey>>,
}

#[derive(Debug)]
struct Kept {
    key: Key,
    /// As long as the keys are many, whatever stands in them.
    wrapping: Wrapping,
}

/// What a message that was written with `granted` is read with, and the place where a cache keeps that; `ours` are the keys that
/// the reader might have it from.
pub(super) fn of_writer(
    partition: &Partition,
    granted: &encryption::Granted,
    ours: &[&EncryptedDataKey],
) -> Option<(Key, Arc<Granted>)> {
    let materials = granted.materials();
    let wrapped = materials.encrypted_data_keys();
    let key = Key {
        fingerprint: Fingerprint::new(materials.suite(), materials.context(), wrapped),
        partition: partition.clone(),
    };
    let granted = Granted {
        data_key: materials.data_key_shared()?,
        key_use: materials.key_use(),
        kept: Some(Kept {
            key: key.clone(),
            wrapping: granted.wrapping().read_with(ours.iter().copied()),
        }),
        // Of our own making.
        is_proved: AtomicBool::new(true),
        verifying_key: OnceLock::new(),
    };
    Some((key, Arc::new(granted)))
}

impl caching::Value for Arc<Granted> {
    fn under(&self) -> &[KeyDigest] {
        let kept = self.kept.as_ref();
        kept.map_or(&[], |kept| kept.wrapping.under())
    }

    fn relied_on(&self) -> &[KeyDigest] {
        let kept = self.kept.as_ref();
        kept.map_or(&[], |kept| kept.wrapping.relied_on())
    }

    /// The same data key, which it is unless the keyring has found another in the same message, is as true as before.
    fn succeed(&self, old: &Self) {
        let (ours, theirs) = (self.data_key.expose(), old.data_key.expose());
        if old.is_proved.load(Relaxed)
            && constant_time::verify_slices_are_equal(ours, theirs).is_ok()
        {
            self.is_proved.store(true, Relaxed);
        }
    }
}

impl Granted {
    pub(crate) fn data_key(&self) -> &DataKey {
        &self.data_key
    }

    pub(crate) const fn verifying_key(&self) -> &OnceLock<Arc<VerifyingKey>> {
        &self.verifying_key
    }

    pub(crate) fn key_use(&self) -> Option<KeyUse> {
        self.key_use.clone()
    }
}

impl DecryptionMaterialsManager {
    pub(crate) fn new(keyring: Arc<dyn Keyring>) -> Self {
        Self {
            keyring,
            cache: None,
            counters: Arc::default(),
            partition: Partition::default(),
        }
    }

    pub(crate) fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            cache: Some(Arc::new(Cache::new(policy, None, None))),
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

    pub(crate) async fn materials(
        &self,
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        keys: &[EncryptedDataKey],
    ) -> Result<Found<Arc<Granted>>, KeyringError> {
        let fetch = |key: Option<&Key>| {
            let keyring = Arc::clone(&self.keyring);
            let (key, context, keys) = (key.cloned(), context.clone(), keys.to_vec());
            async move {
                let (data_key, key_use) = fetch(keyring, suite, context, &keys).await?;
                let kept = key.map(|key| {
                    let wrapping = Wrapping::new(&keys);
                    let wrapping = match &key_use {
                        Some(used) => wrapping.given_by(used, &keys),
                        None => wrapping,
                    };
                    Kept { key, wrapping }
                });
                Ok(Arc::new(Granted {
                    data_key: Arc::new(data_key),
                    key_use,
                    kept,
                    is_proved: AtomicBool::new(false),
                    verifying_key: OnceLock::new(),
                }))
            }
        };
        let found = match &self.cache {
            Some(cache) if suite.may_reuse_data_key() => {
                let key = Key {
                    fingerprint: Fingerprint::new(suite, context, keys),
                    partition: self.partition.clone(),
                };
                cache.find(&key, 0, || fetch(Some(&key))).await?
            }
            _ => {
                self.counters.missed();
                Found {
                    value: fetch(None).await?,
                    how: How::Started,
                }
            }
        };
        self.counters.served(found.how);
        Ok(found)
    }

    /// Lets go of cached data keys, and answers how many.
    pub(crate) fn purge(&self, what: &Purge) -> u64 {
        // First those who might hand something of it on.
        let cache = self.cache.as_ref();
        cache.map_or(0, |cache| cache.purge_siblings(what) + cache.purge(what))
    }

    /// Hears whether the header that `granted` was asked for has authenticated under it.
    ///
    /// A data key that no header has is not kept: anybody can make up headers that a keyring finds a true wrapped key in.
    /// One that some header has is kept, or changed copies of that message could be used to have it fetched again and again.
    pub(crate) fn settle(&self, granted: &Arc<Granted>, is_authentic: bool) {
        let (Some(cache), Some(kept)) = (&self.cache, &granted.kept) else {
            return;
        };
        // Read before it is written, since the processors share what nobody writes.
        if granted.is_proved.load(Relaxed) {
            return;
        }
        if is_authentic {
            granted.is_proved.store(true, Relaxed);
        } else {
            cache.remove(&kept.key, |kept| Arc::ptr_eq(kept, granted));
        }
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let cached = self.cache.as_ref();
        let tally = cached.map_or_else(Tally::default, |cache| cache.tally());
        self.counters.stats(tally)
    }
}

async fn fetch(
    keyring: Arc<dyn Keyring>,
    suite: AlgorithmSuite,
    context: EncryptionContext,
    keys: &[EncryptedDataKey],
) -> Result<(DataKey, Option<KeyUse>), KeyringError> {
    let asked = DecryptionMaterials::new(suite, context.clone());
    let materials = keyring.on_decrypt(asked, keys).await?;
    if materials.suite() != suite || *materials.context() != context {
        let reason = "it returned materials for another suite or context";
        return Err(KeyringError::contract(reason));
    }
    let (data_key, key_use) = materials.into_found();
    let data_key = data_key.ok_or_else(|| KeyringError::contract("it returned no data key"))?;
    // A keyring that says nothing found it in the only key that there is.
    let only = || match keys {
        [key] => Some(WrappingKey::of(key).to_use()),
        _ => None,
    };
    Ok((data_key, key_use.or_else(only)))
}
