//! Which version of a secret is current, for those who want to know when it moves.

use crate::{SecretCache, SecretHandle, SecretRef, cache::Inner, slot::Slot};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::watch;

/// What there is of a secret, as far as its cache knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WatchedVersion {
    /// Nothing has been fetched yet.
    #[default]
    Unknown,
    /// The version with this id was there when it was last looked for.
    Known(Arc<str>),
    /// It was denied, deleted or cannot be decrypted any more, and was let go of.
    Withdrawn,
}

impl WatchedVersion {
    /// The id of the version, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(id) => Some(id),
            Self::Unknown | Self::Withdrawn => None,
        }
    }
}

/// Waits for another version of one secret to be there; made by [`SecretCache::subscribe`].
///
/// It holds neither the cache nor a value. Between two looks changes may be missed, the last one never is. A clone goes on from where
/// this one is. Dropping it ends the subscription.
///
/// ```
/// # use leeward_secret_cache::SecretCache;
/// # async fn reconnect() {}
/// async fn follow(secrets: &SecretCache) {
///     let mut versions = secrets.subscribe("prod/orders/db");
///     while let Some(version) = versions.changed().await {
///         if version.id().is_some() {
///             reconnect().await;
///         }
///     }
/// }
/// ```
#[derive(Clone)]
pub struct VersionWatch {
    secret: Arc<str>,
    versions: watch::Receiver<WatchedVersion>,
    seen: WatchedVersion,
}

impl VersionWatch {
    /// What there is now.
    #[must_use]
    pub fn current(&self) -> WatchedVersion {
        self.versions.borrow().clone()
    }

    /// Waits until there is something else than when this was last called, or when the subscription began; `None` once the cache was
    /// dropped or shut down.
    ///
    /// A refresh that brings the same version is no change, and neither is an [invalidation](SecretCache::invalidate). Dropping the
    /// future loses nothing. It may be awaited on any executor.
    pub async fn changed(&mut self) -> Option<WatchedVersion> {
        loop {
            let version = self.versions.borrow_and_update().clone();
            if version != self.seen {
                self.seen = version.clone();
                return Some(version);
            }
            self.versions.changed().await.ok()?;
        }
    }
}

impl fmt::Debug for VersionWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionWatch")
            .field("secret", &self.secret)
            .field("current", &*self.versions.borrow())
            .finish_non_exhaustive()
    }
}

impl SecretCache {
    /// Subscribes to the version of a secret: who watches is told when another one is there, and when it is withdrawn.
    ///
    /// As long as somebody watches, the secret is kept fresh by the side although nobody asks for it: it is fetched at once, and
    /// refreshed whenever it is due. One task of the cache's does so for all. Its place is held as well.
    ///
    /// It never waits, and may be called on any thread.
    pub fn subscribe<'a>(&self, secret: impl Into<SecretRef<'a>>) -> VersionWatch {
        let inner = self.inner();
        subscribe(inner, &inner.slot(secret.into()))
    }
}

impl SecretHandle {
    /// Subscribes to the version of the secret, as [`SecretCache::subscribe`] does.
    #[must_use]
    pub fn subscribe(&self) -> VersionWatch {
        subscribe(self.cache().inner(), &self.place())
    }
}

fn subscribe(inner: &Arc<Inner>, slot: &Arc<Slot>) -> VersionWatch {
    let slot = inner.restored(slot);
    let versions = {
        // So that nothing lands between the look and the subscription.
        let _state = slot.state();
        let entry = slot.entry().load();
        let known = entry.as_ref().map(|entry| entry.secret.version_id());
        slot.channels().subscribe(known)
    };
    let seen = versions.borrow().clone();
    let watch = VersionWatch {
        secret: slot.key().to_string().into(),
        versions,
        seen,
    };
    inner.keeper.keep(inner, slot);
    watch
}

/// Those who watch one slot, and those of slots that turned out to be the same.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<Vec<watch::Sender<WatchedVersion>>>);

impl Channels {
    fn subscribe(&self, known: Option<&str>) -> watch::Receiver<WatchedVersion> {
        let mut senders = self.lock();
        if senders.is_empty() {
            let known = known.map(|id| WatchedVersion::Known(id.into()));
            senders.push(watch::Sender::new(known.unwrap_or_default()));
        }
        senders[0].subscribe()
    }

    /// Whether anybody watches.
    pub(crate) fn are_watched(&self) -> bool {
        let mut senders = self.lock();
        senders.retain(|sender| sender.receiver_count() > 0);
        !senders.is_empty()
    }

    pub(crate) fn known(&self, version_id: &str) {
        self.send(
            |version| version.id() != Some(version_id),
            || WatchedVersion::Known(version_id.into()),
        );
    }

    pub(crate) fn withdrawn(&self) {
        self.send(
            |version| *version != WatchedVersion::Withdrawn,
            || WatchedVersion::Withdrawn,
        );
    }

    /// Tells those who watch `other` what there is here from now on.
    pub(crate) fn take_over(&self, other: &Self, known: Option<&str>) {
        let theirs = std::mem::take(&mut *other.lock());
        self.lock().extend(theirs);
        if let Some(version_id) = known {
            self.known(version_id);
        }
    }

    /// Tells everybody that nothing comes any more.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    fn send(
        &self,
        is_another: impl Fn(&WatchedVersion) -> bool,
        version: impl Fn() -> WatchedVersion,
    ) {
        for sender in self.lock().iter() {
            sender.send_if_modified(|present| {
                let is_another = is_another(present);
                if is_another {
                    *present = version();
                }
                is_another
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<watch::Sender<WatchedVersion>>> {
        self.0.lock().expect("nothing panics while it holds it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_another_is_told() {
        let channels = Channels::default();
        let mut versions = channels.subscribe(Some("a"));
        for (version_id, is_told) in [("a", false), ("b", true), ("b", false)] {
            channels.known(version_id);
            assert_eq!(versions.has_changed().unwrap(), is_told, "{version_id}");
            versions.borrow_and_update();
        }
        channels.withdrawn();
        assert_eq!(*versions.borrow(), WatchedVersion::Withdrawn);
        assert!(channels.are_watched());
        drop(versions);
        assert!(!channels.are_watched());
    }

    #[test]
    fn those_who_watch_another_name_are_told_as_well() {
        let (one, other) = (Channels::default(), Channels::default());
        let versions = other.subscribe(None);
        one.take_over(&other, Some("a"));
        assert_eq!(versions.borrow().id(), Some("a"));
        one.known("b");
        assert_eq!(versions.borrow().id(), Some("b"));
        one.close();
        assert!(versions.has_changed().is_err());
    }
}
