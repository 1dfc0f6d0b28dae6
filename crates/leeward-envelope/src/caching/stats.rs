use super::cache::How;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// How often a keyring was called, and how often that was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Messages that got a data key without a keyring call of their own.
    pub hits: u64,
    /// Calls to the keyring that a message waited for, failed ones included.
    pub misses: u64,
    /// Messages that got a data key.
    pub messages: u64,
    /// Of the hits, those that waited for the call of another message.
    pub joins: u64,
    /// Of the hits, those that an outage had served by a data key that was too old.
    pub stale: u64,
    /// Calls to the keyring that were begun before any message needed them.
    pub renewals: u64,
    /// Of the renewals, those that failed or were given up.
    pub failed_renewals: u64,
    /// Data keys that an encryptor has handed on, each of which saves a call; see
    /// [`with_data_keys_of`](crate::DecryptorBuilder::with_data_keys_of).
    pub primed: u64,
    /// Data keys that gave way to others for want of room.
    pub evictions: u64,
    /// Data keys that were let go of on demand, or because their wrapping key was withdrawn.
    pub purged: u64,
    /// Data keys that are cached now.
    pub entries: u64,
    /// How old the oldest of them is; none if there is none.
    pub oldest: Option<Duration>,
}

impl CacheStats {
    /// Calls to the keyring that the cache saved, renewals taken off.
    #[must_use]
    pub const fn saved(&self) -> u64 {
        self.messages.saturating_sub(self.misses + self.renewals)
    }
}

/// What a cache counts under its lock, where a count costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) stale: u64,
    pub(super) renewals: u64,
    pub(super) failed_renewals: u64,
    pub(super) primed: u64,
    pub(super) evictions: u64,
    pub(super) purged: u64,
    pub(super) entries: u64,
    pub(super) oldest: Option<Duration>,
}

/// What is counted beside a cache: messages that waited.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    joins: AtomicU64,
    starts: AtomicU64,
    misses: AtomicU64,
}

impl Counters {
    /// Counts a keyring call that no cache saw.
    pub(crate) fn missed(&self) {
        self.misses.fetch_add(1, Relaxed);
    }

    /// Counts a message that has its data key; a hit is counted by the cache.
    pub(crate) fn served(&self, how: How) {
        match how {
            How::Hit => return,
            How::Joined => &self.joins,
            How::Started => &self.starts,
        }
        .fetch_add(1, Relaxed);
    }

    pub(crate) fn stats(&self, cached: Tally) -> CacheStats {
        let joins = self.joins.load(Relaxed);
        let hits = cached.hits + cached.stale + joins;
        CacheStats {
            hits,
            misses: cached.misses + self.misses.load(Relaxed),
            messages: hits + self.starts.load(Relaxed),
            joins,
            stale: cached.stale,
            renewals: cached.renewals,
            failed_renewals: cached.failed_renewals,
            primed: cached.primed,
            evictions: cached.evictions,
            purged: cached.purged,
            entries: cached.entries,
            oldest: cached.oldest,
        }
    }
}
