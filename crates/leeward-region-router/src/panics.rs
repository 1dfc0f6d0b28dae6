use std::{
    cmp::Reverse,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use leeward_error_taxonomy::{Facts, Rejected};
use leeward_resilience::{CircuitSnapshot, Timestamp};

/// What the calls showed of a Region that went there though its circuit was open, and which the circuit counts nowhere.
#[derive(Debug, Default)]
pub(crate) struct Panics {
    // In nanoseconds; never if zero.
    served_at: AtomicU64,
    failed_at: AtomicU64,
}

/// How likely a Region that is held back is to serve a call; the greater, the likelier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hope {
    /// Whether the last that is known of it is good: a probe passed, or a call in panic was served.
    pub(crate) is_good: bool,
    /// How many calls wait there that no circuit knows of.
    pub(crate) waiting: Reverse<u64>,
    /// For how long nobody has found it bad.
    pub(crate) bad_for: Duration,
}

impl Panics {
    pub(crate) fn served(&self, now: Timestamp) {
        self.served_at.store(nanos(now), Relaxed);
    }

    /// What blames the request, or was refused unsent by our own layers, is nothing bad.
    pub(crate) fn failed(&self, facts: &Facts<'_>, now: Timestamp) {
        let is_silent = matches!(facts.rejected, Some(Rejected::AttemptTimedOut { .. }));
        if is_silent || facts.rejected.is_none() && facts.blames_the_service() {
            self.failed_at.store(nanos(now), Relaxed);
        }
    }

    /// What there is to hope at `now` of a Region whose circuit stands like that.
    pub(crate) fn hope(&self, circuit: &CircuitSnapshot, waiting: u64, now: Timestamp) -> Hope {
        let age = |at: &AtomicU64| match at.load(Relaxed) {
            0 => Duration::MAX,
            at => now.since(Timestamp::new(Duration::from_nanos(at))),
        };
        let opened = circuit.opened.unwrap_or(Duration::MAX);
        let bad_for = age(&self.failed_at).min(opened);
        Hope {
            is_good: circuit.passed_probes > 0 || age(&self.served_at) < bad_for,
            waiting: Reverse(waiting),
            bad_for,
        }
    }
}

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default());
    u64::try_from(since_origin.as_nanos()).unwrap_or(u64::MAX)
}
