use super::SecretCacheStats;
use leeward_resilience::lane;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Hits are counted by each thread in a lane of its own; everything else is rare.
#[derive(Debug)]
pub(crate) struct Counts {
    hits: Box<[Hits]>,
    pub(crate) stale_serves: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) joins: AtomicU64,
    pub(crate) refusals: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) unchanged: AtomicU64,
    pub(crate) outages: AtomicU64,
    pub(crate) withdrawals: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) evictions: AtomicU64,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Hits(AtomicU64);

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            hits: (0..lane::count()).map(|_| Hits::default()).collect(),
            stale_serves: AtomicU64::default(),
            misses: AtomicU64::default(),
            joins: AtomicU64::default(),
            refusals: AtomicU64::default(),
            changes: AtomicU64::default(),
            unchanged: AtomicU64::default(),
            outages: AtomicU64::default(),
            withdrawals: AtomicU64::default(),
            failures: AtomicU64::default(),
            evictions: AtomicU64::default(),
        }
    }

    #[inline]
    pub(crate) fn hit(&self) {
        if let Some(lane) = self.hits.get(lane::of_thread(self.hits.len())) {
            lane.0.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn read(&self) -> SecretCacheStats {
        SecretCacheStats {
            hits: self.hits.iter().map(|lane| lane.0.load(Relaxed)).sum(),
            stale_serves: self.stale_serves.load(Relaxed),
            misses: self.misses.load(Relaxed),
            joins: self.joins.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            changes: self.changes.load(Relaxed),
            unchanged: self.unchanged.load(Relaxed),
            outages: self.outages.load(Relaxed),
            withdrawals: self.withdrawals.load(Relaxed),
            failures: self.failures.load(Relaxed),
            evictions: self.evictions.load(Relaxed),
            ..SecretCacheStats::default()
        }
    }
}

/// One more.
pub(crate) fn count(what: &AtomicU64) {
    what.fetch_add(1, Relaxed);
}
