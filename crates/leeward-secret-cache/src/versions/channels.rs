use super::WatchedVersion;
use crate::id::Key;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// Those who watch one slot, by the names that they asked for: each may be another secret's tomorrow.
///
/// What there is in the slot, and who watches it, changes under the lock of its state, so that what is told last is what is there.
#[derive(Debug, Default)]
pub(crate) struct Channels(Mutex<Vec<Channel>>);

/// Those who asked by one name.
#[derive(Debug)]
pub(super) struct Channel {
    key: Key,
    version: Arc<Version>,
    moved: watch::Sender<()>,
}

/// What those of a channel are told.
#[derive(Debug)]
pub(super) struct Version(Mutex<WatchedVersion>);

/// Those to be woken once no lock is held: a waker may do anything at once, call the cache included.
#[derive(Debug, Default)]
#[must_use = "who is not woken waits for the next change"]
pub(crate) struct Wakes(Vec<watch::Sender<()>>);

impl Wakes {
    pub(crate) fn and(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn wake(self) {
        for sleeping in self.0 {
            sleeping.send_replace(());
        }
    }
}

impl FromIterator<watch::Sender<()>> for Wakes {
    fn from_iter<I: IntoIterator<Item = watch::Sender<()>>>(sleeping: I) -> Self {
        Self(sleeping.into_iter().collect())
    }
}

impl Version {
    pub(super) fn read(&self) -> WatchedVersion {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, WatchedVersion> {
        self.0.lock().expect("nothing panics while it holds it")
    }
}

impl Channel {
    pub(super) const fn key(&self) -> &Key {
        &self.key
    }
}

impl Channels {
    /// Where what is told to who asked by this name lies, and what tells that it has moved.
    pub(super) fn subscribe(
        &self,
        key: &Key,
        known: Option<&str>,
    ) -> (Arc<Version>, watch::Receiver<()>) {
        let mut channels = self.lock();
        if let Some(channel) = channels.iter().find(|channel| channel.key == *key) {
            return (channel.version.clone(), channel.moved.subscribe());
        }
        let known = known.map(|id| WatchedVersion::Known(id.into()));
        let version = Arc::new(Version(Mutex::new(known.unwrap_or_default())));
        let (moved, receiver) = watch::channel(());
        channels.push(Channel {
            key: key.clone(),
            version: version.clone(),
            moved,
        });
        (version, receiver)
    }

    /// Whether anybody watches.
    pub(crate) fn are_watched(&self) -> bool {
        let mut channels = self.lock();
        channels.retain(|channel| channel.moved.receiver_count() > 0);
        !channels.is_empty()
    }

    pub(crate) fn known(&self, version_id: &str) -> Wakes {
        self.tell(
            |version| version.id() != Some(version_id),
            || WatchedVersion::Known(version_id.into()),
        )
    }

    pub(crate) fn withdrawn(&self) -> Wakes {
        self.tell(
            |version| *version != WatchedVersion::Withdrawn,
            || WatchedVersion::Withdrawn,
        )
    }

    /// Adds those who watched another slot.
    pub(super) fn add(&self, others: Vec<Channel>) {
        self.lock().extend(others);
    }

    pub(super) fn take(&self) -> Vec<Channel> {
        std::mem::take(&mut *self.lock())
    }

    /// Takes those out who asked for something else than what is there by now.
    pub(crate) fn strays(&self, is_it: impl Fn(&Key) -> bool) -> Strays {
        let mut channels = self.lock();
        Strays(
            channels
                .extract_if(.., |channel| !is_it(&channel.key))
                .collect(),
        )
    }

    /// Tells everybody that nothing comes any more.
    pub(crate) fn close(&self) {
        // Not under the lock: it wakes them.
        drop(self.take());
    }

    fn tell(
        &self,
        is_another: impl Fn(&WatchedVersion) -> bool,
        version: impl Fn() -> WatchedVersion,
    ) -> Wakes {
        let channels = self.lock();
        let told = channels.iter().filter(|channel| {
            let mut present = channel.version.lock();
            let is_another = is_another(&present);
            if is_another {
                *present = version();
            }
            is_another
        });
        told.map(|channel| channel.moved.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.0.lock().expect("nothing panics while it holds it")
    }
}

/// Those whose name is not that of the slot's secret any more.
#[derive(Debug, Default)]
#[must_use = "who is in no slot is told that nothing comes any more"]
pub(crate) struct Strays(pub(super) Vec<Channel>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretRef;

    fn key(name: &str) -> Key {
        Key::new(SecretRef::new(name))
    }

    #[test]
    fn only_what_is_another_is_told() {
        let channels = Channels::default();
        let (version, mut moved) = channels.subscribe(&key("db"), Some("a"));
        for (version_id, is_told) in [("a", false), ("b", true), ("b", false)] {
            let wakes = channels.known(version_id);
            assert!(!moved.has_changed().unwrap(), "{version_id}");
            wakes.wake();
            assert_eq!(moved.has_changed().unwrap(), is_told, "{version_id}");
            moved.borrow_and_update();
        }
        channels.withdrawn().wake();
        assert_eq!(version.read(), WatchedVersion::Withdrawn);
        assert!(channels.are_watched());
        drop(moved);
        assert!(!channels.are_watched());
    }

    #[test]
    fn those_who_watch_another_name_are_told_as_well_until_it_is_anothers() {
        let (one, other) = (Channels::default(), Channels::default());
        let (by_name, _watches) = one.subscribe(&key("db"), None);
        let (by_arn, moved) = other.subscribe(&key("arn"), None);
        one.add(other.take());
        one.known("a").wake();
        assert_eq!(
            (by_name.read().id(), by_arn.read().id()),
            (Some("a"), Some("a"))
        );
        let strays = one.strays(|key| key.id() == "db");
        one.known("b").wake();
        assert_eq!(
            (by_name.read().id(), by_arn.read().id()),
            (Some("b"), Some("a"))
        );
        other.add(strays.0);
        other.close();
        assert!(moved.has_changed().is_err());
    }
}
