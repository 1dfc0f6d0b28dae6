use super::{SecretCacheStats, SecretEventKind, ages::Ages};
use crate::{SecretError, SecretErrorKind};
use leeward_error_taxonomy::Category;
use leeward_resilience::lane;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Hits are counted by each thread in a lane of its own, or one of those that the rest share; everything else is rare.
#[derive(Debug)]
pub(crate) struct Counts {
    owned_hits: [Hits; lane::OWNED],
    shared_hits: Box<[Hits]>,
    ages: Ages,
    pub(crate) stale_serves: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) joins: AtomicU64,
    pub(crate) refusals: AtomicU64,
    pub(crate) sheds: AtomicU64,
    changes: AtomicU64,
    unchanged: AtomicU64,
    pub(crate) descriptions: AtomicU64,
    outages: AtomicU64,
    timeouts: AtomicU64,
    throttles: AtomicU64,
    withdrawals: AtomicU64,
    missing: AtomicU64,
    denials: AtomicU64,
    key_failures: AtomicU64,
    failures: AtomicU64,
    pub(crate) evictions: AtomicU64,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Hits(AtomicU64);

/// Of so many hits of a lane the age of one is recorded, the first to begin with: to record each would take as long as the hit.
const SAMPLED: u64 = 64;

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            owned_hits: Default::default(),
            shared_hits: (0..lane::count()).map(|_| Hits::default()).collect(),
            ages: Ages::new(),
            stale_serves: AtomicU64::default(),
            misses: AtomicU64::default(),
            joins: AtomicU64::default(),
            refusals: AtomicU64::default(),
            sheds: AtomicU64::default(),
            changes: AtomicU64::default(),
            unchanged: AtomicU64::default(),
            descriptions: AtomicU64::default(),
            outages: AtomicU64::default(),
            timeouts: AtomicU64::default(),
            throttles: AtomicU64::default(),
            withdrawals: AtomicU64::default(),
            missing: AtomicU64::default(),
            denials: AtomicU64::default(),
            key_failures: AtomicU64::default(),
            failures: AtomicU64::default(),
            evictions: AtomicU64::default(),
        }
    }

    /// Counts a value that was served; `age` says how old it is, in nanoseconds.
    #[inline]
    pub(crate) fn hit(&self, age: impl FnOnce() -> u64) {
        let before = match lane::owned().and_then(|lane| self.owned_hits.get(lane)) {
            // Nobody else writes to it.
            Some(Hits(hits)) => {
                let before = hits.load(Relaxed);
                hits.store(before.wrapping_add(1), Relaxed);
                before
            }
            None => self.shared_hit(),
        };
        if before.is_multiple_of(SAMPLED) {
            self.ages.record(Duration::from_nanos(age()));
        }
    }

    #[cold]
    fn shared_hit(&self) -> u64 {
        let lane = lane::of_thread(self.shared_hits.len());
        let hits = self.shared_hits.get(lane);
        hits.map_or(0, |Hits(hits)| hits.fetch_add(1, Relaxed))
    }

    /// Counts a fetch by what it came to.
    pub(crate) fn landed(&self, kind: SecretEventKind, error: Option<&SecretError>) {
        match (kind, error) {
            (_, Some(error)) => self.failed(error),
            (SecretEventKind::Unchanged, None) => count(&self.unchanged),
            (_, None) => count(&self.changes),
        }
    }

    fn failed(&self, error: &SecretError) {
        let kind = error.kind();
        let (all, of_them) = match (kind, error.category()) {
            (SecretErrorKind::NotFound, _) => (&self.withdrawals, Some(&self.missing)),
            (SecretErrorKind::Denied, _) => (&self.withdrawals, Some(&self.denials)),
            (SecretErrorKind::KeyUnusable, _) => (&self.withdrawals, Some(&self.key_failures)),
            _ if kind.is_withdrawal() => (&self.withdrawals, None),
            (_, Category::Timeout) if kind.is_transient() => (&self.outages, Some(&self.timeouts)),
            (_, Category::RateLimit) if kind.is_transient() => {
                (&self.outages, Some(&self.throttles))
            }
            _ if kind.is_transient() => (&self.outages, None),
            _ => (&self.failures, None),
        };
        count(all);
        if let Some(of_them) = of_them {
            count(of_them);
        }
    }

    fn hits(&self) -> u64 {
        let lanes = self.owned_hits.iter().chain(&self.shared_hits);
        lanes.map(|Hits(hits)| hits.load(Relaxed)).sum()
    }

    pub(crate) fn read(&self) -> SecretCacheStats {
        SecretCacheStats {
            hits: self.hits(),
            stale_serves: self.stale_serves.load(Relaxed),
            misses: self.misses.load(Relaxed),
            joins: self.joins.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            sheds: self.sheds.load(Relaxed),
            changes: self.changes.load(Relaxed),
            unchanged: self.unchanged.load(Relaxed),
            descriptions: self.descriptions.load(Relaxed),
            outages: self.outages.load(Relaxed),
            timeouts: self.timeouts.load(Relaxed),
            throttles: self.throttles.load(Relaxed),
            withdrawals: self.withdrawals.load(Relaxed),
            missing: self.missing.load(Relaxed),
            denials: self.denials.load(Relaxed),
            key_failures: self.key_failures.load(Relaxed),
            failures: self.failures.load(Relaxed),
            evictions: self.evictions.load(Relaxed),
            median_age: self.ages.share(50),
            p99_age: self.ages.share(99),
            ..SecretCacheStats::default()
        }
    }
}

/// One more.
pub(crate) fn count(what: &AtomicU64) {
    what.fetch_add(1, Relaxed);
}
