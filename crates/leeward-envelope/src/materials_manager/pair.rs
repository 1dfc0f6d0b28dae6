//! One process that writes and reads: what it has a data key to write with it needs no call to read.

use super::{DecryptionMaterialsManager, EncryptionMaterialsManager, decryption, encryption};
use crate::{
    BuildError, Keyring, KeyringError, Purge,
    caching::{Sibling, TakeOver, Withdrawn},
};
use std::sync::{Arc, Mutex, Weak};

impl DecryptionMaterialsManager {
    /// Keeps from now on what `writer` has fetched and keeps, in the same partition; what one lets go of, both do.
    pub(crate) fn keep_data_keys_of(
        &self,
        writer: &EncryptionMaterialsManager,
    ) -> Result<(), BuildError> {
        let not_cached = |who| BuildError::NotCached { who };
        let ours = self.cache.as_ref().ok_or(not_cached("decryptor"))?;
        let theirs = writer.cache.as_ref().ok_or(not_cached("encryptor"))?;
        ours.link(Arc::new(Writer {
            cache: Arc::downgrade(theirs),
        }));
        theirs.cache.link(Arc::new(Reader {
            keyring: Arc::downgrade(&self.keyring),
            cache: Arc::downgrade(ours),
            under: Mutex::new(Withdrawn::Under(Vec::new())),
        }));
        Ok(())
    }
}

/// The cache of a decryptor, as an encryptor's knows it.
struct Reader {
    keyring: Weak<dyn Keyring>,
    cache: Weak<decryption::Cached>,
    /// What an encryptor's denial means to it, which names no key: the wrapping keys of all that it heard of.
    under: Mutex<Withdrawn>,
}

impl Sibling<encryption::Key, Arc<encryption::Granted>> for Reader {
    fn hear(&self, key: &encryption::Key, granted: &Arc<encryption::Granted>) -> Option<TakeOver> {
        let (keyring, cache) = (self.keyring.upgrade()?, self.cache.upgrade()?);
        let wrapped = granted.materials().encrypted_data_keys().iter();
        let ours: Vec<_> = wrapped.filter(|key| keyring.may_unwrap(key)).collect();
        // Whatever is kept: what this decryptor could not read tomorrow it must not read today.
        if ours.is_empty() {
            return None;
        }
        let names = granted.wrapping().under().to_vec();
        self.under
            .lock()
            .expect("not poisoned")
            .add(Withdrawn::under(names));
        let (key, granted) = decryption::of_writer(key.partition(), granted, &ours)?;
        Some(Box::new(move || {
            cache.prime(key, granted);
            cache
        }))
    }

    fn withdraw(&self, _: &KeyringError) {
        if let Some(cache) = self.cache.upgrade() {
            let under = self.under.lock().expect("not poisoned").clone();
            cache.withdraw(under);
        }
    }

    fn purge(&self, what: &Purge) -> u64 {
        let cache = self.cache.upgrade();
        cache.map_or(0, |cache| cache.purge(what))
    }

    fn is_gone(&self) -> bool {
        self.cache.strong_count() == 0
    }
}

/// The cache of an encryptor, as a decryptor's knows it.
struct Writer {
    cache: Weak<encryption::Cached>,
}

impl Sibling<decryption::Key, Arc<decryption::Granted>> for Writer {
    /// What was only read, nothing is written under.
    fn hear(&self, _: &decryption::Key, _: &Arc<decryption::Granted>) -> Option<TakeOver> {
        None
    }

    fn withdraw(&self, error: &KeyringError) {
        if let (Some(cached), Some(withdrawn)) = (self.cache.upgrade(), Withdrawn::of(error)) {
            cached.cache.withdraw(withdrawn);
        }
    }

    fn purge(&self, what: &Purge) -> u64 {
        let cached = self.cache.upgrade();
        cached.map_or(0, |cached| cached.cache.purge(what))
    }

    fn is_gone(&self) -> bool {
        self.cache.strong_count() == 0
    }
}
