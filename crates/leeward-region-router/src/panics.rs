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

/// A call that failed elsewhere goes to a Region that is held back too if that has served one so recently, or if nobody has found it
/// bad for so long.
const JUST_SERVED: Duration = Duration::from_secs(1);
const LONG_BAD: Duration = Duration::from_millis(250);

impl Panics {
    pub(crate) fn served(&self, now: Timestamp) {
        self.served_at.store(nanos(now).max(1), Relaxed);
    }

    /// What blames the request, or was refused unsent by our own layers, is nothing bad.
    pub(crate) fn failed(&self, facts: &Facts<'_>, now: Timestamp) {
        let is_silent = matches!(facts.rejected, Some(Rejected::AttemptTimedOut { .. }));
        if is_silent || facts.rejected.is_none() && facts.blames_the_service() {
            self.failed_at.store(nanos(now).max(1), Relaxed);
        }
    }

    /// What there is to hope at `now` of a Region whose circuit stands like that.
    pub(crate) fn hope(&self, circuit: &CircuitSnapshot, waiting: u64, now: Timestamp) -> Hope {
        let bad_for = self.bad_for(circuit, now);
        Hope {
            is_good: circuit.passed_probes > 0 || age(&self.served_at, now) < bad_for,
            waiting: Reverse(waiting),
            bad_for,
        }
    }

    /// Whether such a Region may serve a call that another one has failed.
    ///
    /// In a total outage none does: each is found bad all the time, and has served nothing.
    pub(crate) fn is_worth_another(&self, circuit: &CircuitSnapshot, now: Timestamp) -> bool {
        age(&self.served_at, now) <= JUST_SERVED || self.bad_for(circuit, now) >= LONG_BAD
    }

    fn bad_for(&self, circuit: &CircuitSnapshot, now: Timestamp) -> Duration {
        let opened = circuit.opened.unwrap_or(Duration::MAX);
        age(&self.failed_at, now).min(opened)
    }
}

/// How long ago that was; for ever if it never was.
fn age(at: &AtomicU64, now: Timestamp) -> Duration {
    match at.load(Relaxed) {
        0 => Duration::MAX,
        at => now.since(Timestamp::new(Duration::from_nanos(at))),
    }
}

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default());
    u64::try_from(since_origin.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Category, Classify, Stage, Verdict};
    use leeward_resilience::{CircuitBreaker, CircuitConfig, TokioClock};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    /// A circuit that opened so many seconds ago.
    fn circuit(opened: u64, passed_probes: u32) -> CircuitSnapshot {
        let circuit = CircuitBreaker::with_clock(CircuitConfig::new(), TokioClock::new());
        let mut snapshot = circuit.snapshot();
        snapshot.opened = Some(Duration::from_secs(opened));
        snapshot.passed_probes = passed_probes;
        snapshot
    }

    fn down(panics: &Panics, now: u64) {
        let facts = Facts::new(
            Stage::Answered,
            Category::ServiceUnavailable,
            Verdict::Transient,
        );
        panics.failed(&facts, at(now));
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_most_hope_of_what_was_last_found_good_then_of_what_fewest_wait_for() {
        let (unknown, good, bad, good_once) = (
            Panics::default(),
            Panics::default(),
            Panics::default(),
            Panics::default(),
        );
        good.served(at(100));
        down(&good_once, 101);
        good_once.served(at(98));
        down(&bad, 99);
        let opened = circuit(20, 0);
        let hopes = [
            unknown.hope(&circuit(1, 1), 7, at(102)),
            good.hope(&opened, 9, at(102)),
            unknown.hope(&opened, 0, at(102)),
            bad.hope(&opened, 0, at(102)),
            good_once.hope(&opened, 0, at(102)),
            unknown.hope(&opened, 1, at(102)),
        ];
        assert!(hopes[0].is_good && hopes[1].is_good, "{hopes:?}");
        assert!(
            hopes[1..].is_sorted_by(|one, other| one > other),
            "{hopes:?}"
        );
        // What it once served is nothing once the circuit has opened again.
        assert!(!good.hope(&circuit(1, 0), 0, at(102)).is_good);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_just_served_or_was_not_found_bad_for_a_while_is_worth_another_attempt() {
        let millis = |millis| Timestamp::new(Duration::from_millis(millis));
        let opened = circuit(20, 0);
        let is_worth = |panics: &Panics, now| panics.is_worth_another(&opened, millis(now));
        let unknown = Panics::default();
        assert!(is_worth(&unknown, 100_000));
        assert!(!unknown.is_worth_another(&circuit(0, 0), millis(100_000)));
        let bad = Panics::default();
        down(&bad, 100);
        assert!(!is_worth(&bad, 100_249));
        assert!(is_worth(&bad, 100_250));
        bad.served(at(102));
        down(&bad, 103);
        assert!(is_worth(&bad, 103_000));
        assert!(!is_worth(&bad, 103_001));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_noted_at_the_origin_of_the_clock_was_noted() {
        let panics = Panics::default();
        panics.served(at(0));
        let young = Timestamp::new(Duration::from_millis(5));
        assert!(panics.hope(&circuit(20, 0), 0, young).is_good);
    }

    #[tokio::test(start_paused = true)]
    async fn what_blames_the_request_or_was_refused_by_ourselves_is_nothing_bad() {
        let panics = Panics::default();
        panics.failed(&Rejected::LimiterFull.facts(), at(100));
        let denied = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
        panics.failed(&denied, at(100));
        let hope = |panics: &Panics| panics.hope(&circuit(20, 0), 0, at(101)).bad_for.as_secs();
        assert_eq!(hope(&panics), 20);
        let timeout = Duration::from_secs(1);
        panics.failed(&Rejected::AttemptTimedOut { timeout }.facts(), at(100));
        assert_eq!(hope(&panics), 1);
    }
}
