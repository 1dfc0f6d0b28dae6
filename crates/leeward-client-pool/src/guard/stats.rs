use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What the guard let through and held back, attempt by attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardStats {
    /// Let through by the circuit.
    pub admitted: u64,
    /// Refused, since the circuit was open.
    pub refused_by_circuit: u64,
    /// Refused, since the rate was exceeded and the line full, or the wait too long.
    pub refused_by_rate: u64,
    /// Answered as they should be.
    pub succeeded: u64,
    /// Answered by a plea for fewer calls.
    pub throttled: u64,
    /// Failed in any other way, be it that the request was wrong.
    pub failed: u64,
    /// Given up by the caller after they were signed.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) admitted: Counter,
    pub(super) refused_by_circuit: Counter,
    pub(super) refused_by_rate: Counter,
    pub(super) succeeded: Counter,
    pub(super) throttled: Counter,
    pub(super) failed: Counter,
    pub(super) dropped: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(super) fn read(&self) -> GuardStats {
        GuardStats {
            admitted: self.admitted.read(),
            refused_by_circuit: self.refused_by_circuit.read(),
            refused_by_rate: self.refused_by_rate.read(),
            succeeded: self.succeeded.read(),
            throttled: self.throttled.read(),
            failed: self.failed.read(),
            dropped: self.dropped.read(),
        }
    }
}
