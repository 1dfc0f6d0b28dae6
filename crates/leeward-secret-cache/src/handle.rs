use crate::{Secret, SecretCache, SecretError, id::Key, refresh, slot::Slot};
use std::{fmt, sync::Arc};

/// One secret of a [`SecretCache`], to be had without looking for its name: for pools of connections, and for what runs often.
///
/// It keeps the cache, not the value: that comes and goes as for everybody else. A clone is of the same secret.
#[derive(Clone)]
pub struct SecretHandle {
    cache: SecretCache,
    key: Key,
    /// Where it was when the handle was made. If it had to go from there nothing is in it, and it is looked for by its name.
    slot: Arc<Slot>,
    /// Whether the slot was asked for by another name, of which there may be another secret by now.
    is_alias: bool,
}

impl SecretHandle {
    pub(crate) fn new(cache: SecretCache, key: Key, slot: Arc<Slot>) -> Self {
        let is_alias = *slot.key() != key;
        Self {
            cache,
            key,
            slot,
            is_alias,
        }
    }

    /// Gives the secret, as [`SecretCache::get`] does.
    ///
    /// # Errors
    ///
    /// As [`SecretCache::get`].
    pub async fn get(&self) -> Result<Arc<Secret>, SecretError> {
        if let Some(found) = self.at_hand() {
            return Ok(found);
        }
        let inner = self.cache.inner();
        inner.obtain(self.key.as_ref(), || self.place()).await
    }

    /// Gives the secret if it is in memory and may be served, as [`SecretCache::try_get`] does.
    #[must_use]
    pub fn try_get(&self) -> Option<Arc<Secret>> {
        let inner = self.cache.inner();
        let look = || inner.obtain_at_once(self.key.as_ref(), &self.place());
        self.at_hand().or_else(look)
    }

    pub(crate) const fn cache(&self) -> &SecretCache {
        &self.cache
    }

    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// The slot that has its name by now.
    pub(crate) fn place(&self) -> Arc<Slot> {
        let inner = self.cache.inner();
        let secret = self.key.as_ref();
        let is_held = inner.table.with(secret, |_| ()).is_some();
        if self.is_alias || is_held {
            return inner.slot(secret);
        }
        inner.restored(&self.slot)
    }

    #[inline]
    fn at_hand(&self) -> Option<Arc<Secret>> {
        let inner = self.cache.inner();
        let is_it = |found: &Secret| {
            !self.is_alias || self.slot.key().is_of(self.key.as_ref(), found.arn())
        };
        let at_hand = refresh::at_hand(inner, &self.slot, inner.clocks.now(), is_it);
        at_hand.or_else(|| inner.at_hand(self.key.as_ref()))
    }
}

impl fmt::Debug for SecretHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretHandle")
            .field("secret", &self.key)
            .finish_non_exhaustive()
    }
}
