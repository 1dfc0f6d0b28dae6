use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A count that threads add to without waiting.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds one.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// Takes one that was added away again.
    pub(crate) fn take(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
