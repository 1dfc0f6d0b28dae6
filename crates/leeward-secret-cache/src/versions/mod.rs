//! Which version of a secret is current, for those who want to know when it moves.

mod channels;

pub(crate) use channels::{Channels, Strays, Wakes};

use crate::{SecretCache, SecretHandle, SecretRef, cache::Inner, id::Key, slot::Slot};
use channels::{Channel, Version};
use std::{fmt, sync::Arc};
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
    /// It cannot be had: there is no such secret, or it was denied, deleted or cannot be decrypted. What there was of it was let go of.
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
    version: Arc<Version>,
    moved: watch::Receiver<()>,
    seen: WatchedVersion,
}

impl VersionWatch {
    /// What there is now.
    #[must_use]
    pub fn current(&self) -> WatchedVersion {
        self.version.read()
    }

    /// Waits until there is something else than when this was last called, or when the subscription began; `None` once the cache was
    /// dropped or shut down, or the runtime that it was built in has ended.
    ///
    /// A refresh that brings the same version is no change, and neither is an [invalidation](SecretCache::invalidate). Dropping the
    /// future loses nothing. It may be awaited on any executor.
    pub async fn changed(&mut self) -> Option<WatchedVersion> {
        loop {
            self.moved.mark_unchanged();
            let version = self.version.read();
            if version != self.seen {
                self.seen = version.clone();
                return Some(version);
            }
            self.moved.changed().await.ok()?;
        }
    }
}

impl fmt::Debug for VersionWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionWatch")
            .field("secret", &self.secret)
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

impl SecretCache {
    /// Subscribes to the version of a secret: who watches is told when another one is there, and when it is withdrawn.
    ///
    /// As long as somebody watches, the secret is kept fresh by the side although nobody asks for it: it is fetched at once, and
    /// refreshed whenever it is due. One task of the cache's does so for all. Nor does it have to
    /// go for another, even where more are watched than there is [room](crate::SecretCacheBuilder::with_capacity) for.
    ///
    /// Who watches by an ARN is told of that secret alone, also once there is another of its name.
    ///
    /// It never waits, and may be called on any thread.
    pub fn subscribe<'a>(&self, secret: impl Into<SecretRef<'a>>) -> VersionWatch {
        let (secret, inner) = (secret.into(), self.inner());
        subscribe(inner, Key::new(secret), || inner.slot(secret))
    }
}

impl SecretHandle {
    /// Subscribes to the version of the secret, as [`SecretCache::subscribe`] does.
    #[must_use]
    pub fn subscribe(&self) -> VersionWatch {
        let key = self.key().clone();
        subscribe(self.cache().inner(), key, || self.place())
    }
}

/// Subscribes to what is asked for by a name, in the slot that `place` gives, which may turn out to be of another secret by now.
fn subscribe(inner: &Arc<Inner>, key: Key, place: impl Fn() -> Arc<Slot>) -> VersionWatch {
    let (slot, (version, moved)) = loop {
        let slot = place();
        match channel(&slot, &key) {
            Some(channel) => break (slot, channel),
            None => inner.table.forget(key.as_ref()),
        }
    };
    let watch = VersionWatch {
        secret: key.to_string().into(),
        seen: version.read(),
        version,
        moved,
    };
    inner.keeper.keep(inner, slot);
    watch
}

/// The channel of who asks by this name, unless what is there is another secret.
fn channel(slot: &Slot, key: &Key) -> Option<(Arc<Version>, watch::Receiver<()>)> {
    // So that nothing lands between the look and the subscription.
    let _state = slot.state();
    let entry = slot.entry().load();
    let known = entry.as_ref().map(|entry| &entry.secret);
    if known.is_some_and(|secret| !slot.key().is_of(key.as_ref(), secret.arn())) {
        return None;
    }
    let known = known.map(|secret| secret.version_id());
    Some(slot.channels().subscribe(key, known))
}

/// Has those who watch `other` watch `slot`, which has its place from now on. Not to be called under a lock.
pub(crate) fn follow(inner: &Arc<Inner>, slot: &Arc<Slot>, other: &Slot) {
    let channels = other.channels().take();
    if !channels.is_empty() {
        join(inner, slot, channels);
    }
}

/// Has those who asked for something else than what `slot` has by now watch what has their name. Not to be called under a lock.
pub(crate) fn place(inner: &Arc<Inner>, slot: &Arc<Slot>, strays: Strays) {
    for stray in strays.0 {
        let mut own = inner.slot(stray.key().as_ref());
        if Arc::ptr_eq(&own, slot) {
            inner.table.forget(stray.key().as_ref());
            own = inner.slot(stray.key().as_ref());
        }
        join(inner, &own, vec![stray]);
    }
}

fn join(inner: &Arc<Inner>, slot: &Arc<Slot>, channels: Vec<Channel>) {
    let (wakes, strays) = {
        let _state = slot.state();
        let entry = slot.entry().load();
        let channels_here = slot.channels();
        channels_here.add(channels);
        match entry.as_ref().map(|entry| &entry.secret) {
            Some(secret) => {
                let is_it = |key: &Key| slot.key().is_of(key.as_ref(), secret.arn());
                let strays = channels_here.strays(is_it);
                (channels_here.known(secret.version_id()), strays)
            }
            None => (Wakes::default(), Strays::default()),
        }
    };
    wakes.wake();
    inner.keeper.keep(inner, slot.clone());
    place(inner, slot, strays);
}
