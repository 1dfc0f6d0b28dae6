use std::time::Duration;

use fastrand::Rng;

use super::{CircuitConfig, window::Window};
use crate::{Ratio, Timestamp};

/// Whether a circuit lets calls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitState {
    /// Calls pass and are counted.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time passes, as a probe.
    HalfOpen,
}

/// A circuit went from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitChange {
    /// The state that ended.
    pub from: CircuitState,
    /// The state that began.
    pub to: CircuitState,
    /// Rises with every change of one circuit, and so puts two that are reported at the same time in order.
    pub generation: u64,
}

/// What came of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The service answered, though perhaps to blame the request.
    Success,
    /// The service failed or kept silent.
    Failure,
    /// Nothing was learnt of the service.
    Neutral,
    /// The call was given up after `age`.
    Dropped { age: Duration },
}

/// Marks the calls that one state of the circuit let through, so that it can tell its own from earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64);

/// Decides which calls pass, from the outcomes of those before them.
#[derive(Debug)]
pub(super) struct Circuit {
    config: CircuitConfig,
    phase: Phase,
    generation: u64,
    window: Window,
    consecutive: u32,
    // Of the present or the last opening, without jitter.
    rest: Duration,
    closed_at: Option<Timestamp>,
    random: Rng,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open { until: Timestamp },
    HalfOpen { lease_ends: Option<Timestamp> },
}

impl Circuit {
    /// A closed circuit.
    pub(super) fn new(config: CircuitConfig) -> Self {
        Self {
            phase: Phase::Closed,
            generation: 0,
            window: Window::new(config.window),
            consecutive: 0,
            rest: config.rest,
            closed_at: None,
            random: Rng::with_seed(config.seed.unwrap_or_else(|| fastrand::u64(..))),
            config,
        }
    }

    pub(super) const fn state(&self) -> CircuitState {
        match self.phase {
            Phase::Closed => CircuitState::Closed,
            Phase::Open { .. } => CircuitState::Open,
            Phase::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// Lets a call through at `now`, or says how long it would have to wait.
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
    ) -> (Result<Stamp, Duration>, Option<CircuitChange>) {
        let change = match self.phase {
            Phase::Closed => None,
            Phase::Open { until } if now < until => return (Err(until.since(now)), None),
            Phase::Open { .. } => Some(self.enter(self.probing(now))),
            Phase::HalfOpen {
                lease_ends: Some(end),
            } if now < end => return (Err(end.since(now)), None),
            Phase::HalfOpen { lease_ends } => {
                // The probe before this one, if it is still about, speaks for a lease that is over.
                if lease_ends.is_some() {
                    self.generation += 1;
                }
                self.phase = self.probing(now);
                None
            }
        };
        (Ok(Stamp(self.generation)), change)
    }

    /// Learns from the outcome of a call that it let through; what comes from an earlier state changes nothing.
    pub(super) fn record(
        &mut self,
        stamp: Stamp,
        outcome: Outcome,
        now: Timestamp,
    ) -> Option<CircuitChange> {
        if stamp.0 != self.generation {
            return None;
        }
        let failed = match outcome {
            Outcome::Success => Some(false),
            Outcome::Failure => Some(true),
            Outcome::Dropped { age } if age >= self.config.slow => Some(true),
            Outcome::Dropped { .. } | Outcome::Neutral => None,
        };
        match (&mut self.phase, failed) {
            (Phase::Closed, Some(failed)) => self.count(failed, now),
            (Phase::HalfOpen { .. }, Some(false)) => Some(self.close(now)),
            (Phase::HalfOpen { .. }, Some(true)) => Some(self.open(now)),
            (Phase::HalfOpen { lease_ends }, None) => {
                *lease_ends = None;
                None
            }
            // No call is let through by an open circuit, so none carries its generation.
            (Phase::Open { .. }, _) | (Phase::Closed, None) => None,
        }
    }

    fn count(&mut self, failed: bool, now: Timestamp) -> Option<CircuitChange> {
        let config = &self.config;
        self.window.record(failed, now);
        self.consecutive = if failed {
            self.consecutive.saturating_add(1)
        } else {
            0
        };
        let in_a_row =
            config.consecutive_failures > 0 && self.consecutive >= config.consecutive_failures;
        let too_many = failed
            && config.min_calls > 0
            && self.window.exceeds(config.failure_rate, config.min_calls);
        if !in_a_row && !too_many {
            return None;
        }
        let relapsed = self
            .closed_at
            .is_some_and(|closed_at| now.since(closed_at) < config.relapse_interval);
        self.rest = if relapsed {
            self.rest
                .saturating_mul(2)
                .min(config.max_rest)
                .max(config.rest)
        } else {
            config.rest
        };
        Some(self.open(now))
    }

    fn open(&mut self, now: Timestamp) -> CircuitChange {
        let until = now + self.jittered(self.rest);
        self.enter(Phase::Open { until })
    }

    fn close(&mut self, now: Timestamp) -> CircuitChange {
        self.window.clear();
        self.consecutive = 0;
        self.closed_at = Some(now);
        self.enter(Phase::Closed)
    }

    fn enter(&mut self, phase: Phase) -> CircuitChange {
        let from = self.state();
        self.phase = phase;
        self.generation += 1;
        CircuitChange {
            from,
            to: self.state(),
            generation: self.generation,
        }
    }

    fn probing(&self, now: Timestamp) -> Phase {
        Phase::HalfOpen {
            lease_ends: Some(now + self.config.probe_timeout),
        }
    }

    fn jittered(&mut self, rest: Duration) -> Duration {
        let spread = self.config.rest_jitter.millionths();
        let share = Ratio::WHOLE - spread + self.random.u64(0..=2 * spread);
        rest.saturating_mul(share as u32) / Ratio::WHOLE as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Dropped, Failure, Neutral, Success};

    const SECOND: Duration = Duration::from_secs(1);
    const QUICK: Outcome = Dropped {
        age: Duration::from_millis(999),
    };
    const SLOW: Outcome = Dropped { age: SECOND };

    fn config() -> CircuitConfig {
        CircuitConfig::new()
            .with_consecutive_failures(2)
            .with_rest_jitter(Ratio::percent(0))
            .with_seed(42)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    /// Plays one call after the other and notes which were admitted. `+` succeeds, `-` fails, `~` teaches nothing, `q` and
    /// `s` are dropped quickly and slowly; `.` rests five seconds.
    #[track_caller]
    fn check(config: CircuitConfig, calls: &str, expected: &str) {
        let mut circuit = Circuit::new(config);
        let mut now = at(100);
        let mut admitted = String::new();
        for call in calls.chars() {
            let outcome = match call {
                '.' => {
                    now = now + 5 * SECOND;
                    continue;
                }
                '+' => Success,
                '-' => Failure,
                '~' => Neutral,
                'q' => QUICK,
                's' => SLOW,
                other => unreachable!("{other}"),
            };
            match circuit.admit(now).0 {
                Ok(stamp) => {
                    admitted.push('y');
                    circuit.record(stamp, outcome, now);
                }
                Err(_) => admitted.push('n'),
            }
        }
        assert_eq!(admitted, expected, "{calls}");
    }

    /// A circuit that opened at second 100.
    fn opened() -> Circuit {
        let mut circuit = Circuit::new(config());
        for _ in 0..2 {
            fail_at(&mut circuit, 100);
        }
        assert_eq!(circuit.state(), CircuitState::Open);
        circuit
    }

    #[track_caller]
    fn stamp_at(circuit: &mut Circuit, seconds: u64) -> Stamp {
        circuit.admit(at(seconds)).0.expect("admitted")
    }

    #[track_caller]
    fn fail_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
        let stamp = stamp_at(circuit, seconds);
        circuit.record(stamp, Failure, at(seconds))
    }

    #[track_caller]
    fn succeed_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
        let stamp = stamp_at(circuit, seconds);
        circuit.record(stamp, Success, at(seconds))
    }

    fn refused_for(circuit: &mut Circuit, seconds: u64) -> Duration {
        circuit.admit(at(seconds)).0.expect_err("refused")
    }

    #[test]
    fn opens_on_failures_in_a_row() {
        check(config(), "--+", "yyn");
        check(config(), "-+-+-+", "yyyyyy");
        check(config(), "-~-+", "yyyn");
        check(config().with_consecutive_failures(0), "-------", "yyyyyyy");
    }

    #[test]
    fn closes_when_the_probe_succeeds() {
        check(config(), "--.+-+", "yyyyy");
        check(config(), "--.-+", "yyyn");
        check(config(), "--.-.+-+", "yyyyyy");
    }

    #[test]
    fn a_slow_call_that_is_dropped_is_a_failure_and_a_quick_one_is_not() {
        check(config(), "ss+", "yyn");
        check(config(), "qqqq+", "yyyyy");
        check(config(), "-q-+", "yyyn");
    }

    #[test]
    fn probes_again_after_a_cancelled_probe() {
        check(config(), "--.qqq+-+", "yyyyyyyy");
        check(config(), "--.~~-+", "yyyyyn");
        check(config(), "--.s+", "yyyn");
    }

    #[test]
    fn opens_on_the_share_of_failures() {
        let config = config().with_consecutive_failures(0);
        check(config, &"+-".repeat(10), &"y".repeat(20));
        check(config, &("+-".repeat(10) + "+"), &("y".repeat(20) + "n"));
        check(config, &"-".repeat(20), &"y".repeat(20));
        check(config, &("-".repeat(20) + "+"), &("y".repeat(20) + "n"));
        check(config, &("++-".repeat(20) + "+"), &"y".repeat(61));
        // Spread over more than the window, twenty calls are too few to tell.
        check(config, &"--.".repeat(30), &"y".repeat(60));
    }

    #[test]
    fn lets_one_probe_through_at_a_time() {
        let mut circuit = opened();
        assert_eq!(refused_for(&mut circuit, 104), SECOND);
        stamp_at(&mut circuit, 105);
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        assert_eq!(refused_for(&mut circuit, 106), 4 * SECOND);
    }

    #[test]
    fn a_lost_probe_is_replaced_when_its_lease_is_over() {
        let mut circuit = opened();
        let lost = stamp_at(&mut circuit, 105);
        let second = stamp_at(&mut circuit, 110);
        // Whatever the lost probe comes back with, the lease is no longer its own.
        for late in [Success, Failure, SLOW, QUICK, Neutral] {
            assert_eq!(circuit.record(lost, late, at(111)), None);
            assert_eq!(refused_for(&mut circuit, 111), 4 * SECOND);
        }
        assert!(circuit.record(second, Success, at(111)).is_some());
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[test]
    fn late_answers_change_nothing() {
        let mut circuit = Circuit::new(config());
        let [early, early_too] = [0, 1].map(|_| stamp_at(&mut circuit, 99));
        for _ in 0..2 {
            fail_at(&mut circuit, 100);
        }
        assert_eq!(circuit.record(early, Success, at(101)), None);
        assert_eq!(circuit.state(), CircuitState::Open);
        let probe = stamp_at(&mut circuit, 105);
        assert_eq!(circuit.record(early_too, Success, at(105)), None);
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        circuit.record(probe, Success, at(105));
        for _ in 0..10 {
            assert_eq!(circuit.record(probe, Failure, at(106)), None);
        }
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[test]
    fn rests_longer_only_on_a_relapse() {
        let mut circuit = opened();
        // Failing probes: the same rest each time.
        for second in [105, 110, 115] {
            fail_at(&mut circuit, second);
            assert_eq!(refused_for(&mut circuit, second), 5 * SECOND);
        }
        // Relapses: twice the rest each time, up to the cap.
        let mut now = 120;
        for rest in [10, 20, 40, 60, 60] {
            succeed_at(&mut circuit, now);
            now += 29;
            fail_at(&mut circuit, now);
            fail_at(&mut circuit, now);
            assert_eq!(refused_for(&mut circuit, now), rest * SECOND);
            now += u64::from(rest);
        }
        // Half a minute of health, and it is as if nothing had been.
        succeed_at(&mut circuit, now);
        now += 30;
        fail_at(&mut circuit, now);
        fail_at(&mut circuit, now);
        assert_eq!(refused_for(&mut circuit, now), 5 * SECOND);
    }

    #[test]
    fn rests_differ_by_a_quarter_in_either_direction() {
        let rests: Vec<Duration> = (0..1_000)
            .map(|seed| {
                let config = config()
                    .with_rest_jitter(Ratio::percent(25))
                    .with_seed(seed);
                let mut circuit = Circuit::new(config);
                fail_at(&mut circuit, 0);
                fail_at(&mut circuit, 0);
                refused_for(&mut circuit, 0)
            })
            .collect();
        let (shortest, longest) = (rests.iter().min(), rests.iter().max());
        assert!(
            shortest >= Some(&Duration::from_millis(3_750)),
            "{shortest:?}"
        );
        assert!(
            shortest < Some(&Duration::from_millis(3_800)),
            "{shortest:?}"
        );
        assert!(
            longest <= Some(&Duration::from_millis(6_250)),
            "{longest:?}"
        );
        assert!(longest > Some(&Duration::from_millis(6_200)), "{longest:?}");
    }

    #[test]
    fn reports_every_change_in_order() {
        let mut circuit = Circuit::new(config());
        assert_eq!(fail_at(&mut circuit, 100), None);
        let opened = fail_at(&mut circuit, 100).expect("opened");
        let (probe, half_opened) = circuit.admit(at(105));
        let half_opened = half_opened.expect("half-opened");
        let closed = circuit.record(probe.expect("admitted"), Success, at(105));
        let closed = closed.expect("closed");
        let states = [opened, half_opened, closed].map(|change| (change.from, change.to));
        assert_eq!(
            states,
            [
                (CircuitState::Closed, CircuitState::Open),
                (CircuitState::Open, CircuitState::HalfOpen),
                (CircuitState::HalfOpen, CircuitState::Closed),
            ]
        );
        assert!(opened.generation < half_opened.generation);
        assert!(half_opened.generation < closed.generation);
    }
}
