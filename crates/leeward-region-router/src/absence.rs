use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use leeward_resilience::{CircuitSnapshot, CircuitState, Timestamp};

/// Remembers since when a Region has been left, however often it was probed in vain: its circuit knows the last opening only.
#[derive(Debug, Default)]
pub(crate) struct Absence {
    // In nanoseconds, and one more; zero until the first probe, which finds the first opening still to be the last.
    left_at: AtomicU64,
}

impl Absence {
    /// A circuit that stands like that at `now` has let a probe through.
    pub(crate) fn probed(&self, circuit: &CircuitSnapshot, now: Timestamp) {
        if let Some(opened) = circuit.opened
            && self.left_at.load(Relaxed) == 0
        {
            let left_at = now.since(Timestamp::default()).saturating_sub(opened);
            let nanos = u64::try_from(left_at.as_nanos()).unwrap_or(u64::MAX);
            self.left_at.store(nanos.saturating_add(1), Relaxed);
        }
    }

    /// The circuit has closed.
    pub(crate) fn ended(&self) {
        self.left_at.store(0, Relaxed);
    }

    /// For how long a Region has been left at `now` whose circuit stands like that; `None` while it is closed.
    pub(crate) fn left_for(&self, circuit: &CircuitSnapshot, now: Timestamp) -> Option<Duration> {
        if !matches!(circuit.state, CircuitState::Open | CircuitState::HalfOpen) {
            return None;
        }
        let opened = circuit.opened?;
        Some(match self.left_at.load(Relaxed) {
            0 => opened,
            at => now.since(Timestamp::new(Duration::from_nanos(at - 1))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::{CircuitBreaker, CircuitConfig, TokioClock};

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    /// A circuit in that state that last opened so many seconds ago.
    fn circuit(state: CircuitState, opened: u64) -> CircuitSnapshot {
        let circuit = CircuitBreaker::with_clock(CircuitConfig::new(), TokioClock::new());
        let mut snapshot = circuit.snapshot();
        snapshot.state = state;
        snapshot.opened = Some(Duration::from_secs(opened));
        snapshot
    }

    #[tokio::test(start_paused = true)]
    async fn counts_from_the_first_opening_until_the_circuit_closes() {
        use CircuitState::{Closed, HalfOpen, Open};
        let absence = Absence::default();
        let left_for = |state, opened, now| {
            let left_for = absence.left_for(&circuit(state, opened), at(now));
            left_for.map(|left_for| left_for.as_secs())
        };
        // Left at 100, and probed in vain at 102 and at 105.
        assert_eq!(left_for(Open, 1, 101), Some(1));
        absence.probed(&circuit(HalfOpen, 2), at(102));
        assert_eq!(left_for(HalfOpen, 2, 102), Some(2));
        assert_eq!(left_for(Open, 1, 104), Some(4));
        absence.probed(&circuit(HalfOpen, 2), at(105));
        assert_eq!(left_for(Open, 0, 106), Some(6));
        // What is closed has been left by nobody.
        assert_eq!(left_for(Closed, 4, 110), None);
        absence.ended();
        assert_eq!(left_for(Open, 1, 121), Some(1));
        absence.probed(&circuit(HalfOpen, 3), at(123));
        assert_eq!(left_for(Open, 1, 125), Some(5));
    }
}
