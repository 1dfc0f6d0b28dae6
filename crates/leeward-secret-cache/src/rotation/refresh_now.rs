use crate::{
    Secret, SecretCache, SecretError, SecretHandle, SecretRef,
    cache::Inner,
    clock::nanos,
    refresh,
    slot::{Anew, Flight, Landed, Slot, State},
};
use std::sync::{Arc, MutexGuard};

impl SecretCache {
    /// Fetches a secret anew, whatever is in memory, and gives what that brings.
    ///
    /// For who was told that the value is wrong, by a database for example; [`with_secret`](Self::with_secret) does so by itself. All who
    /// ask at once share one fetch, which began after they asked. Within [a second](crate::SecretCacheBuilder::with_min_refresh_interval)
    /// of the start of a fetch there is no other: then this gives what that one brings or brought, at once and without a pause. The
    /// old value is served to everybody else meanwhile, and goes on being served if this fails.
    ///
    /// # Errors
    ///
    /// [`SecretError`] with the outcome of that fetch, even while there is an old value that may be served.
    ///
    /// # Cancellation
    ///
    /// Who stops waiting does not end the fetch.
    pub async fn refresh_now<'a>(
        &self,
        secret: impl Into<SecretRef<'a>>,
    ) -> Result<Arc<Secret>, SecretError> {
        let inner = self.inner();
        let secret = secret.into();
        refreshed(inner, secret, || inner.slot(secret)).await
    }
}

impl SecretHandle {
    /// Fetches the secret anew, as [`SecretCache::refresh_now`] does.
    ///
    /// # Errors
    ///
    /// As [`SecretCache::refresh_now`].
    pub async fn refresh_now(&self) -> Result<Arc<Secret>, SecretError> {
        refreshed(self.cache().inner(), self.key().as_ref(), || self.place()).await
    }
}

/// Fetches what is asked for by a name anew, in the slot that `place` gives, which may turn out to be of another secret by now.
async fn refreshed(
    inner: &Arc<Inner>,
    secret: SecretRef<'_>,
    place: impl Fn() -> Arc<Slot>,
) -> Landed {
    loop {
        let slot = place();
        let landed = refresh_now(inner, &slot).await;
        if inner.is_word_of(&slot, secret, &landed) {
            return landed;
        }
    }
}

/// What becomes of who asked for a fetch of his own.
enum Look {
    Have(Landed),
    Join(Flight),
    Outwait(Flight),
}

pub(super) async fn refresh_now(inner: &Arc<Inner>, slot: &Arc<Slot>) -> Landed {
    let mut slot = inner.restored(slot);
    let mut before = slot.state().begun;
    loop {
        match look(inner, &slot, before) {
            Look::Have(landed) => return landed,
            Look::Join(flight) => {
                let landed = flight.landed().await;
                return landed.unwrap_or_else(|| Err(SecretError::interrupted(slot.key())));
            }
            Look::Outwait(flight) => {
                flight.landed().await;
            }
        }
        // It may have had to go, or been found to be another's, while that landed.
        let restored = inner.restored(&slot);
        if !Arc::ptr_eq(&restored, &slot) {
            before = restored.state().begun;
            slot = restored;
        }
    }
}

fn look(inner: &Arc<Inner>, slot: &Arc<Slot>, before: u64) -> Look {
    if inner.tasks.has_ended() {
        return Look::Have(Err(SecretError::shut_down(slot.key())));
    }
    let now = inner.clocks.now();
    slot.touch(now);
    let interval = nanos(inner.rotation.min_refresh_interval);
    let state = slot.state();
    match state.anew(now, before, interval) {
        Anew::Join(flight) => Look::Join(flight),
        Anew::Outwait(flight) => Look::Outwait(flight),
        Anew::Begin => begin(inner, slot, state),
        Anew::Take => match (&state.failing, slot.entry().load_full()) {
            (Some(failing), _) => Look::Have(Err(failing.error.clone())),
            (None, Some(entry)) if entry.is_served(now) => Look::Have(Ok(entry.secret.clone())),
            (None, _) => begin(inner, slot, state),
        },
    }
}

fn begin(inner: &Arc<Inner>, slot: &Arc<Slot>, state: MutexGuard<'_, State>) -> Look {
    match refresh::begin(inner, slot, state) {
        Ok(flight) => Look::Join(flight),
        Err(error) => Look::Have(Err(error)),
    }
}
