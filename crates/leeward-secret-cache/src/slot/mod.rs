//! One version of one secret, under all of its names.

mod anew;
mod entry;
mod failing;
mod flight;
mod state;

pub(crate) use anew::Anew;
pub(crate) use entry::Entry;
pub(crate) use failing::Failing;
pub(crate) use flight::{Flight, Landed, is_lost};
pub(crate) use state::{State, Step};

use crate::{clock::Moment, freshness::Freshness, id::Key, rotation::Track, versions::Channels};
use arc_swap::ArcSwapOption;
use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};
use tokio::sync::Semaphore;

/// Where a value lies, who fetches it, and what came of the last fetches.
// As an entry, it is read by all threads. What a hit reads of it is the first cache line, so the order counts.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    key: Key,
    entry: ArcSwapOption<Entry>,
    /// When it was last asked for, on the steady clock.
    used: AtomicU64,
    /// Until when readers of what is due have nothing to begin: until one of the clocks, the steady one and the other, says so.
    quiet_until: [AtomicU64; 2],
    freshness: Freshness,
    state: Mutex<State>,
    /// How many fetches of it call at once: the one that counts, and one that was declared void and that somebody waits for.
    calls: Semaphore,
    /// Whether it had to go from its table: what lands in it then is for those who wait, and is not kept.
    is_out: AtomicBool,
    /// Whether there ever was a value.
    was_there: AtomicBool,
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
            quiet_until: Default::default(),
            state: Mutex::default(),
            calls: Semaphore::new(2),
            is_out: AtomicBool::new(false),
            was_there: AtomicBool::new(false),
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

    /// Another of the same secret, with what this one had.
    pub(crate) fn apart(&self, key: Key, entry: Arc<Entry>) -> Self {
        Self {
            entry: ArcSwapOption::new(Some(entry)),
            used: AtomicU64::new(self.used()),
            was_there: AtomicBool::new(true),
            ..Self::new(key, self.freshness, Moment::default())
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
        let [steady, wall] = &self.quiet_until;
        now.steady < steady.load(Relaxed) && now.wall < wall.load(Relaxed)
    }

    pub(crate) fn be_quiet_until(&self, end: Moment) {
        let [steady, wall] = &self.quiet_until;
        steady.store(end.steady, Relaxed);
        wall.store(end.wall, Relaxed);
    }

    pub(crate) fn end_quiet(&self) {
        self.be_quiet_until(Moment::default());
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the state")
    }

    /// Whether there is nothing, nor was there until it was over: who asks waits for the first value.
    pub(crate) fn is_cold(&self, state: &State) -> bool {
        self.entry.load().is_none() && !state.was_over
    }

    pub(crate) const fn calls(&self) -> &Semaphore {
        &self.calls
    }

    pub(crate) fn is_out(&self) -> bool {
        self.is_out.load(Relaxed)
    }

    /// Notes whether it is in its table; called under the lock of that.
    pub(crate) fn set_out(&self, is_out: bool) {
        self.is_out.store(is_out, Relaxed);
    }

    pub(crate) fn was_there(&self) -> bool {
        self.was_there.load(Relaxed)
    }

    /// Notes that there is a value.
    pub(crate) fn note_there(&self) {
        self.was_there.store(true, Relaxed);
    }

    /// Lets go of what is there, and of what a fetch under way will bring.
    pub(crate) fn let_go(&self) {
        let mut state = self.state();
        // What is in its place goes on to wait for its turn, to be told what there is then.
        state.declare_void(!self.is_out() && !self.is_aside);
        self.end_quiet();
        let before = self.entry.swap(None);
        drop(state);
        // Not under the lock: what it was read into may be of any type.
        drop(before);
        self.let_go_of_track();
    }

    /// Lets go of the versions that were tried instead of this one.
    pub(crate) fn let_go_of_track(&self) {
        if let Some(window) = self.track.let_go() {
            for slot in window.slots() {
                slot.let_go();
            }
        }
    }
}
