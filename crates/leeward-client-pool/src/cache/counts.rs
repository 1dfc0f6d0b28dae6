use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why a client left the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Eviction {
    Age,
    Room,
    Cleared,
}

/// What the cache has done since the pool was built.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    hits: AtomicU64,
    joins: AtomicU64,
    refusals: AtomicU64,
    builds: AtomicU64,
    failures: AtomicU64,
    aged: AtomicU64,
    crowded: AtomicU64,
    cleared: AtomicU64,
}

/// How often clients were found, made and forgotten since the pool was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientStats {
    /// Clients kept now.
    pub kept: usize,
    /// Asks that found one.
    pub hits: u64,
    /// Asks that waited for one that was being made for another.
    pub joins: u64,
    /// Asks that were refused because making it had failed a moment before.
    pub refusals: u64,
    /// Clients made, renewals included.
    pub builds: u64,
    /// Clients that could not be made.
    pub build_failures: u64,
    /// Clients forgotten because their time was over.
    pub evicted_by_age: u64,
    /// Clients forgotten to make room for others.
    pub evicted_for_room: u64,
    /// Clients forgotten because somebody asked for it.
    pub cleared: u64,
}

impl Counts {
    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Relaxed);
    }

    pub(super) fn joined(&self) {
        self.joins.fetch_add(1, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refusals.fetch_add(1, Relaxed);
    }

    pub(super) fn built(&self, is_made: bool) {
        let count = if is_made {
            &self.builds
        } else {
            &self.failures
        };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn evicted(&self, why: Eviction) {
        let count = match why {
            Eviction::Age => &self.aged,
            Eviction::Room => &self.crowded,
            Eviction::Cleared => &self.cleared,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self, kept: usize) -> ClientStats {
        ClientStats {
            kept,
            hits: self.hits.load(Relaxed),
            joins: self.joins.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            builds: self.builds.load(Relaxed),
            build_failures: self.failures.load(Relaxed),
            evicted_by_age: self.aged.load(Relaxed),
            evicted_for_room: self.crowded.load(Relaxed),
            cleared: self.cleared.load(Relaxed),
        }
    }
}
