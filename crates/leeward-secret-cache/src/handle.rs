use crate::{Secret, SecretCache, SecretError, refresh, slot::Slot};
use std::{fmt, sync::Arc};

/// One secret of a [`SecretCache`], to be had without looking for its name: for pools of connections, and for what runs often.
///
/// It keeps the cache, not the value: that comes and goes as for everybody else. A clone is of the same secret.
#[derive(Clone)]
pub struct SecretHandle {
    cache: SecretCache,
    slot: Arc<Slot>,
}

impl SecretHandle {
    pub(crate) const fn new(cache: SecretCache, slot: Arc<Slot>) -> Self {
        Self { cache, slot }
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
        inner.look_again(&self.slot).landed(inner).await
    }

    /// Gives the secret if it is in memory and may be served, as [`SecretCache::try_get`] does.
    #[must_use]
    pub fn try_get(&self) -> Option<Arc<Secret>> {
        let look = || self.cache.inner().look_again(&self.slot).at_once();
        self.at_hand().or_else(look)
    }

    pub(crate) const fn cache(&self) -> &SecretCache {
        &self.cache
    }

    pub(crate) const fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    #[inline]
    fn at_hand(&self) -> Option<Arc<Secret>> {
        let inner = self.cache.inner();
        refresh::at_hand(inner, &self.slot, inner.clocks.now())
    }
}

impl fmt::Debug for SecretHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretHandle")
            .field("secret", self.slot.key())
            .finish_non_exhaustive()
    }
}
