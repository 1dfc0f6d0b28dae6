//! The cache itself.

mod builder;
mod inner;

pub use builder::{OnWithdrawal, SecretCacheBuilder, SecretCacheError};

pub(crate) use inner::Inner;

use crate::{
    Secret, SecretError, SecretHandle, SecretRef, SecretStatus, SecretsCalls, id::Key,
    stats::SecretCacheStats,
};
use std::{fmt, sync::Arc};

/// Serves secrets from memory, fetches each by the side before it is over, and never serves one that is.
///
/// A clone shares everything. When the last one is dropped, and the last [`SecretHandle`], its fetches end and what nobody else
/// holds is wiped.
#[derive(Clone)]
pub struct SecretCache {
    owner: Arc<Owner>,
}

/// Ends what goes on by the side when nobody owns it any more.
struct Owner(Arc<Inner>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.tasks.cancel();
    }
}

impl SecretCache {
    /// Starts one that calls Secrets Manager through `service`, which is cloned for each call.
    pub fn builder(service: impl SecretsCalls) -> SecretCacheBuilder {
        SecretCacheBuilder::new(service)
    }

    /// Gives a secret: from memory if it is there, otherwise as soon as one fetch has brought it for all who wait.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if there is nothing that may be served: with the outcome of the fetch, or at once with that of the last one
    /// if it is too early for the next.
    ///
    /// # Cancellation
    ///
    /// Who stops waiting does not end the fetch: its value is there for the next.
    pub async fn get<'a>(
        &self,
        secret: impl Into<SecretRef<'a>>,
    ) -> Result<Arc<Secret>, SecretError> {
        let (secret, inner) = (secret.into(), self.inner());
        if let Some(found) = inner.at_hand(secret) {
            return Ok(found);
        }
        inner.obtain(secret, || inner.slot(secret)).await
    }

    /// Gives a secret that is in memory and may be served, without waiting; begins to fetch one that is not.
    ///
    /// It may be called on any thread, in a runtime or out of one.
    pub fn try_get<'a>(&self, secret: impl Into<SecretRef<'a>>) -> Option<Arc<Secret>> {
        let (secret, inner) = (secret.into(), self.inner());
        let at_hand = inner.at_hand(secret);
        at_hand.or_else(|| inner.obtain_at_once(secret, &inner.slot(secret)))
    }

    /// Holds on to one secret, to get it without looking for its name; nothing is fetched yet.
    pub fn handle<'a>(&self, secret: impl Into<SecretRef<'a>>) -> SecretHandle {
        let secret = secret.into();
        SecretHandle::new(self.clone(), Key::new(secret), self.inner().slot(secret))
    }

    /// Lets go of all versions of the secret with this name or ARN, whichever it was asked for by, and in whatever Region; a fetch that is
    /// under way does not bring back what was there. By a name, the secrets of that name in other accounts go too.
    ///
    /// For a value that must not be served any more: whoever asks next waits for a new fetch. No more than two calls for one version are
    /// out at once, however often it is let go of while somebody waits for it: the next is made when one of them is answered. Where it has
    /// changed and the old one may be served meanwhile, [`invalidate_arn`](Self::invalidate_arn) lets nobody wait. Says how many versions were let go of.
    #[expect(
        clippy::must_use_candidate,
        reason = "what it does matters more than what it says"
    )]
    pub fn invalidate(&self, id: &str) -> usize {
        self.inner().invalidate(id)
    }

    /// Lets go of everything.
    pub fn clear(&self) {
        self.inner().clear();
    }

    /// What was done so far, and what is there.
    #[must_use]
    pub fn stats(&self) -> SecretCacheStats {
        self.inner().stats()
    }

    /// How this secret is at the moment: what there is of it, and what keeps it from being fetched. None if nobody asked for it.
    #[must_use]
    pub fn status<'a>(&self, secret: impl Into<SecretRef<'a>>) -> Option<SecretStatus> {
        self.inner().status(secret.into())
    }

    /// How all secrets are, in the order of their names: as many as there is [room](SecretCacheBuilder::with_capacity) for at most.
    #[must_use]
    pub fn statuses(&self) -> Vec<SecretStatus> {
        self.inner().statuses()
    }

    /// Ends all fetches, waits for their end, and lets go of everything; whoever asks afterwards is refused.
    pub async fn shutdown(&self) {
        let inner = self.inner();
        inner.tasks.end().await;
        inner.keeper.end();
        inner.clear();
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.owner.0
    }
}

impl fmt::Debug for SecretCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretCache")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
