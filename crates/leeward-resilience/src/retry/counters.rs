use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::policy::Cause;

/// Counts what a [`RetryLayer`](super::RetryLayer) does; cloning shares the counts.
#[derive(Clone, Debug, Default)]
pub struct RetryCounters {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    retries: AtomicU64,
    recovered: AtomicU64,
    out_of_attempts: AtomicU64,
    out_of_budget: AtomicU64,
    out_of_time: AtomicU64,
    waited: AtomicU64,
}

impl RetryCounters {
    /// How many calls were made of the layer.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.counts.calls.load(Ordering::Relaxed)
    }

    /// How many attempts were made beyond the first of each call.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.counts.retries.load(Ordering::Relaxed)
    }

    /// How many calls succeeded after their first attempt had failed.
    #[must_use]
    pub fn recovered(&self) -> u64 {
        self.counts.recovered.load(Ordering::Relaxed)
    }

    /// How many calls failed because their last attempt did.
    #[must_use]
    pub fn out_of_attempts(&self) -> u64 {
        self.counts.out_of_attempts.load(Ordering::Relaxed)
    }

    /// How many calls failed because the budget had no token for another attempt.
    #[must_use]
    pub fn out_of_budget(&self) -> u64 {
        self.counts.out_of_budget.load(Ordering::Relaxed)
    }

    /// How many calls failed because their deadline left no time for another attempt.
    #[must_use]
    pub fn out_of_time(&self) -> u64 {
        self.counts.out_of_time.load(Ordering::Relaxed)
    }

    /// How long the pauses before retries were, all together.
    #[must_use]
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.counts.waited.load(Ordering::Relaxed))
    }

    pub(super) fn called(&self) {
        self.counts.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retried(&self, pause: Duration) {
        let pause = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.counts.waited.fetch_add(pause, Ordering::Relaxed);
        self.counts.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn succeeded_after_a_retry(&self) {
        self.counts.recovered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self, cause: Cause) {
        let count = match cause {
            Cause::OutOfAttempts => &self.counts.out_of_attempts,
            Cause::OutOfBudget => &self.counts.out_of_budget,
            Cause::OutOfTime => &self.counts.out_of_time,
            Cause::Final | Cause::MaybeApplied | Cause::NoReplay => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
