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
    // By cause.
    gave_up: [AtomicU64; Cause::ALL.len()],
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

    /// How many calls failed, for whatever cause: the sum of the seven below. A call that its caller drops is not among them.
    #[must_use]
    pub fn gave_up(&self) -> u64 {
        Cause::ALL.into_iter().map(|cause| self.of(cause)).sum()
    }

    /// How many calls failed in a way that another attempt does not change, or that is for a layer above to deal with.
    #[must_use]
    pub fn not_retryable(&self) -> u64 {
        self.of(Cause::Final)
    }

    /// How many calls failed that may have been applied, and must not be applied twice.
    #[must_use]
    pub fn maybe_applied(&self) -> u64 {
        self.of(Cause::MaybeApplied)
    }

    /// How many calls failed that could not be [copied](crate::Request::replay) for another attempt.
    #[must_use]
    pub fn not_replayable(&self) -> u64 {
        self.of(Cause::NoReplay)
    }

    /// How many calls failed because their last attempt did.
    #[must_use]
    pub fn out_of_attempts(&self) -> u64 {
        self.of(Cause::OutOfAttempts)
    }

    /// How many calls failed because the budget had no token for another attempt.
    #[must_use]
    pub fn out_of_budget(&self) -> u64 {
        self.of(Cause::OutOfBudget)
    }

    /// How many calls failed because their deadline left no time for another attempt.
    #[must_use]
    pub fn out_of_time(&self) -> u64 {
        self.of(Cause::OutOfTime)
    }

    /// How many calls failed because the service could not be made ready for another attempt.
    #[must_use]
    pub fn not_ready(&self) -> u64 {
        self.of(Cause::NotReady)
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
        self.counts.gave_up[cause as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn of(&self, cause: Cause) -> u64 {
        self.counts.gave_up[cause as usize].load(Ordering::Relaxed)
    }
}
