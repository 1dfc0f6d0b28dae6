//! Two caches that keep the same data keys: one to write with, one to read with.

use super::{
    Cache, Key, Purge, Usage, Value,
    entry::{Entry, Landed},
    withdrawal::Withdrawn,
};
use crate::KeyringError;
use std::{any::Any, sync::Arc};

/// Another cache, as one knows it that is linked to it: what one lets go of, both do.
pub(crate) trait Sibling<K, V>: Send + Sync {
    /// Hears what was fetched, and answers how to take it over, if it wants it.
    ///
    /// That is then done under the lock of the cache that fetched it, which it must not ask for anything. What it answers is dropped
    /// behind that lock: the last who holds a cache drops all that it keeps.
    fn hear(&self, key: &K, value: &V) -> Option<TakeOver>;

    /// Hears what a keyring said that withdrew.
    fn withdraw(&self, error: &KeyringError);

    fn purge(&self, what: &Purge) -> u64;

    /// Whether there is no such cache any more.
    fn is_gone(&self) -> bool;
}

pub(crate) type TakeOver = Box<dyn FnOnce() -> Arc<dyn Any + Send + Sync> + Send>;

pub(super) type Siblings<K, V> = Vec<Arc<dyn Sibling<K, V>>>;

impl<K: Key, V: Value> Cache<K, V> {
    /// Tells `sibling` from now on what is fetched and withdrawn here.
    pub(crate) fn link(&self, sibling: Arc<dyn Sibling<K, V>>) {
        let mut state = self.core.lock();
        state.siblings.retain(|sibling| !sibling.is_gone());
        state.siblings.push(sibling);
    }

    /// Keeps what a sibling has fetched in this moment, as if it had been fetched here.
    pub(crate) fn prime(&self, key: K, value: V) {
        let core = &self.core;
        let made = (core.now)();
        let mut state = core.lock();
        let state = &mut *state;
        let schedule = core.schedule_primed(made, &mut state.random);
        let entry = Entry {
            id: state.next_flight,
            landed: Landed { made, value },
            usage: Usage::default(),
            schedule,
            is_used: false,
            is_renewing: false,
            met_outage: false,
            is_told: false,
        };
        state.next_flight += 1;
        state.tally.primed += 1;
        state.tally.evictions += state.entries.insert(key, entry);
    }

    /// Lets go of what a sibling heard to be withdrawn, as if it had been heard here.
    pub(crate) fn withdraw(&self, withdrawn: Withdrawn) {
        let now = (self.core.now)();
        let mut state = self.core.lock();
        state.withdraw_all(withdrawn, now);
    }

    /// Has all siblings let go of what is meant, and answers how many values that were.
    pub(crate) fn purge_siblings(&self, what: &Purge) -> u64 {
        let siblings = self.core.lock().siblings.clone();
        siblings.iter().map(|sibling| sibling.purge(what)).sum()
    }
}
