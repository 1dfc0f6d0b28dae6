use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts what a [`HedgeLayer`](super::HedgeLayer) does; cloning shares the counts.
#[derive(Clone, Debug, Default)]
pub struct HedgeCounters {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    hedges: AtomicU64,
    won: AtomicU64,
    out_of_budget: AtomicU64,
}

impl HedgeCounters {
    /// How many attempts were made beside one that had not been answered.
    #[must_use]
    pub fn hedges(&self) -> u64 {
        self.counts.hedges.load(Ordering::Relaxed)
    }

    /// How many calls were answered by such an attempt.
    #[must_use]
    pub fn won(&self) -> u64 {
        self.counts.won.load(Ordering::Relaxed)
    }

    /// How many calls were not hedged for want of a token.
    #[must_use]
    pub fn out_of_budget(&self) -> u64 {
        self.counts.out_of_budget.load(Ordering::Relaxed)
    }

    pub(super) fn hedged(&self) {
        self.counts.hedges.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hedge_won(&self) {
        self.counts.won.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn found_no_token(&self) {
        self.counts.out_of_budget.fetch_add(1, Ordering::Relaxed);
    }
}
