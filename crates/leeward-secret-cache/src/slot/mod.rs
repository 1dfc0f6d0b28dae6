//! One version of one secret, under all of its names.

mod anew;
mod entry;
mod failing;
mod flight;
mod state;

pub(crate) use anew::Anew;
pub(crate) use entry::Entry;
pub(crate) use failing::Failing;
pub(crate) use flight::{Flight, Landed};
pub(crate) use state::{State, Step};

use crate::{clock::Moment, freshness::Freshness, id::Key, rotation::Track, versions::Channels};
use arc_swap::ArcSwapOption;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Where a value lies, who fetches it, and what came of the last fetches.
// As an entry, it is read by all threads.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Slot {
    key: Key,
    freshness: Freshness,
    entry: ArcSwapOption<Entry>,
    /// When it was last asked for, on the steady clock.
    used: AtomicU64,
    /// Until when, on the steady clock, readers of what is due have nothing to begin.
    quiet_until: AtomicU64,
    state: Mutex<State>,
    /// The slot of the same version of the same secret, if it turned out that there were two.
    merged: OnceLock<Arc<Self>>,
    track: Track,
    channels: Channels,
    is_aside: bool,
}

impl Slot {
    pub(crate) fn new(key: Key, freshness: Freshness, now: Moment) -> Self {
        Self {
            key,
            freshness,
            entry: ArcSwapOption::empty(),
            used: AtomicU64::new(now.steady),
            quiet_until: AtomicU64::new(0),
            state: Mutex::default(),
            merged: OnceLock::new(),
            track: Track::default(),
            channels: Channels::default(),
            is_aside: false,
        }
    }

    /// One that is in no table: what it holds is for those who hold it, and that there is nothing is no news.
    pub(crate) fn aside(key: Key, freshness: Freshness, now: Moment) -> Self {
        Self {
            is_aside: true,
            ..Self::new(key, freshness, now)
        }
    }

    pub(crate) const fn is_aside(&self) -> bool {
        self.is_aside
    }

    /// What it was first asked for as, and is fetched as.
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) const fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    pub(crate) const fn entry(&self) -> &ArcSwapOption<Entry> {
        &self.entry
    }

    /// What is known of its rotation.
    pub(crate) const fn track(&self) -> &Track {
        &self.track
    }

    /// Who is told of its versions.
    pub(crate) const fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Notes that somebody asks for it; written no more than once a tick, so that threads may share the line.
    #[inline]
    pub(crate) fn touch(&self, now: Moment) {
        if self.used.load(Relaxed) != now.steady {
            self.used.store(now.steady, Relaxed);
        }
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    #[inline]
    pub(crate) fn is_quiet(&self, now: Moment) -> bool {
        now.steady < self.quiet_until.load(Relaxed)
    }

    pub(crate) fn be_quiet_until(&self, steady: u64) {
        self.quiet_until.store(steady, Relaxed);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the state")
    }

    /// The slot that stands for this one.
    pub(crate) fn standing(self: &Arc<Self>) -> &Arc<Self> {
        let mut slot = self;
        while let Some(merged) = slot.merged.get() {
            slot = merged;
        }
        slot
    }

    /// Lets `other`, which stands for itself, stand for this one from now on.
    pub(crate) fn merge_into(&self, other: &Arc<Self>) {
        // Under the lock of the table, so nobody else merges meanwhile.
        if self.merged.set(other.clone()).is_ok() {
            self.entry.store(None);
            self.track.let_go();
            let present = other.entry.load();
            let known = present.as_ref().map(|entry| entry.secret.version_id());
            other.channels.take_over(&self.channels, known);
        }
    }
}
