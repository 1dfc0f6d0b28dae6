use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How often a keyring was called, and how often that was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Messages that got a data key without a keyring call of their own.
    pub hits: u64,
    /// Calls to the keyring, failed ones included.
    pub misses: u64,
    /// Messages that got a data key.
    pub messages: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    messages: AtomicU64,
}

impl Counters {
    pub(crate) fn missed(&self) {
        self.misses.fetch_add(1, Relaxed);
    }

    pub(crate) fn served(&self, is_hit: bool) {
        self.messages.fetch_add(1, Relaxed);
        self.hits.fetch_add(u64::from(is_hit), Relaxed);
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            messages: self.messages.load(Relaxed),
        }
    }
}
