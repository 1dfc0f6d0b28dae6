use std::{ops::RangeInclusive, time::Duration};

use fastrand::Rng;

use super::{
    CircuitChange, CircuitConfig, CircuitMode, CircuitSnapshot, CircuitState,
    baseline::Baseline,
    outcome::Outcome,
    passage::{Gate, Passage, Seen},
    ramp::Ramp,
    steps::Steps,
    vigil::Vigil,
    window::{Tally, Window},
};
use crate::{Ratio, Timestamp};

/// What a circuit that was forced open answers to the question when to try again.
pub(super) const MAX_RETRY_IN: Duration = Duration::from_secs(86_400);
const NEVER: Timestamp = Timestamp::new(Duration::MAX);

/// Decides which calls pass, from the outcomes of those before them.
#[derive(Debug)]
pub(super) struct Circuit {
    config: CircuitConfig,
    steps: Steps,
    mode: CircuitMode,
    phase: Phase,
    generation: u64,
    since: Timestamp,
    window: Window,
    run: Run,
    baseline: Baseline,
    sampled: u64,
    vigil: Vigil,
    // Of the present or the last opening, without jitter.
    rest: Duration,
    closed_at: Option<Timestamp>,
    random: Rng,
}

#[derive(Debug)]
enum Phase {
    Closed { ramp: Option<Ramp> },
    Open { until: Timestamp },
    HalfOpen { lease_ends: Option<Timestamp> },
}

/// The failures in a row, and the mark at the last of them.
#[derive(Debug, Default)]
struct Run {
    failures: u32,
    mark: u128,
}

impl Circuit {
    /// A closed circuit.
    pub(super) fn new(config: CircuitConfig, now: Timestamp) -> Self {
        Self {
            steps: Steps::new(config.window),
            mode: CircuitMode::Active,
            phase: Phase::Closed { ramp: None },
            generation: 0,
            since: now,
            window: Window::default(),
            run: Run::default(),
            baseline: Baseline::new(config.slow_factor),
            sampled: 0,
            vigil: Vigil::new(config.window / 2, now),
            rest: config.rest,
            closed_at: None,
            random: Rng::with_seed(config.seed.unwrap_or_else(|| fastrand::u64(..))),
            config,
        }
    }

    pub(super) const fn state(&self) -> CircuitState {
        match (self.mode, &self.phase) {
            (CircuitMode::ForcedOpen, _) => CircuitState::ForcedOpen,
            (CircuitMode::Disabled, _) => CircuitState::Disabled,
            (_, Phase::Closed { .. }) => CircuitState::Closed,
            (_, Phase::Open { .. }) => CircuitState::Open,
            (_, Phase::HalfOpen { .. }) => CircuitState::HalfOpen,
        }
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether calls that carry `generation` are evidence for a window.
    pub(super) const fn counts(&self, generation: u64) -> bool {
        generation == self.generation && matches!(self.state(), CircuitState::Closed)
    }

    /// What calls may do without asking.
    pub(super) const fn gate(&self) -> Gate {
        match (self.mode, &self.phase) {
            (CircuitMode::Disabled, _) => Gate::Ignore,
            (CircuitMode::ForcedOpen, _) => Gate::Hold { until: NEVER },
            (_, Phase::Closed { ramp: None }) => Gate::Pass,
            (CircuitMode::ObserveOnly, _) => Gate::Ask,
            (_, Phase::Open { until }) => Gate::Hold { until: *until },
            (_, Phase::HalfOpen { lease_ends }) => match lease_ends {
                Some(until) => Gate::Hold { until: *until },
                None => Gate::Ask,
            },
            (_, Phase::Closed { ramp: Some(_) }) => Gate::Ask,
        }
    }

    /// Successes of a lower age, in nanoseconds, need not be shown to the circuit.
    pub(super) fn ordinary_age(&self) -> u64 {
        if self.config.min_slow_calls == 0 {
            return u64::MAX;
        }
        self.baseline.slow_age().unwrap_or(0)
    }

    /// The steps of the window at `now`.
    pub(super) fn window(&mut self, now: Timestamp) -> RangeInclusive<u64> {
        self.window.slide(self.steps.number(now, self.generation));
        // What other threads have counted may be a step ahead of `now`.
        self.window.oldest()..=u64::MAX
    }

    /// The first step of the present state; what an earlier one counted stands in steps before it.
    pub(super) const fn first_step(&self) -> u64 {
        self.steps.number(self.since, self.generation)
    }

    /// The steps in which a call began that is slow by `now`, if it is in flight.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Option<RangeInclusive<u64>> {
        if self.config.min_slow_calls == 0 {
            return None;
        }
        let slow_age = self.baseline.slow_age()?;
        let began = now.nanos().checked_sub(slow_age)?;
        let number = |at| self.steps.number(at, self.generation);
        // All of that step was before.
        let newest = number(Timestamp::new(Duration::from_nanos(began))) - 1;
        let oldest = number(self.vigil.woke_at()).max(*self.window(now).start());
        Some(oldest..=newest)
    }

    /// Lets a call through at `now`, or says how long it would have to wait.
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
    ) -> (Result<Passage, Duration>, Option<CircuitChange>) {
        self.vigil.note(now);
        match self.mode {
            CircuitMode::Disabled => (Ok(Passage::Unobserved), None),
            CircuitMode::ForcedOpen => (Err(MAX_RETRY_IN), None),
            CircuitMode::Active => self.ask(now),
            CircuitMode::ObserveOnly => {
                let (passage, change) = self.ask(now);
                (passage.or(Ok(Passage::Unobserved)), change)
            }
        }
    }

    fn ask(&mut self, now: Timestamp) -> (Result<Passage, Duration>, Option<CircuitChange>) {
        let change = match &mut self.phase {
            Phase::Closed { ramp: Some(ramp) } if !ramp.is_over(now) => {
                let passage = if ramp.passes(now, &mut self.random) {
                    Ok(Passage::Counted)
                } else {
                    Err(Duration::ZERO)
                };
                return (passage, None);
            }
            Phase::Closed { ramp } => {
                *ramp = None;
                return (Ok(Passage::Counted), None);
            }
            Phase::Open { until } if now < *until => return (Err(until.since(now)), None),
            Phase::Open { .. } => Some(self.enter(self.probing(now), now)),
            Phase::HalfOpen {
                lease_ends: Some(end),
            } if now < *end => return (Err(end.since(now)), None),
            Phase::HalfOpen { lease_ends } => {
                // The probe before this one, if it is still about, speaks for a lease that is over.
                if lease_ends.is_some() {
                    self.generation += 1;
                }
                self.phase = self.probing(now);
                None
            }
        };
        (Ok(Passage::Probe), change)
    }

    /// Looks at the calls in flight, which a service that has fallen silent leaves growing old.
    pub(super) fn look(&mut self, now: Timestamp, seen: &Seen) -> Option<CircuitChange> {
        let lags = seen.overdue > 0 && self.lags(now, seen);
        lags.then(|| self.trip(now))
    }

    /// Takes the latency of a success that was counted elsewhere, as the first of its step.
    pub(super) fn sample(&mut self, generation: u64, latency: Duration, now: Timestamp) {
        self.vigil.note(now);
        if self.counts(generation) {
            self.learn(latency, now);
        }
    }

    /// Learns from the outcome of a call that it let through at `begun`; what comes from an earlier state changes nothing.
    pub(super) fn record(
        &mut self,
        generation: u64,
        outcome: Outcome,
        begun: Timestamp,
        now: Timestamp,
        seen: &Seen,
    ) -> Option<CircuitChange> {
        self.vigil.note(now);
        if self.counts(generation) {
            return self.count(outcome, begun, now, seen);
        }
        if generation != self.generation || self.state() != CircuitState::HalfOpen {
            return None;
        }
        let age = now.since(begun);
        let slow = self.is_slow(age);
        match outcome {
            Outcome::Success if slow => {
                self.baseline.stretch();
                Some(self.open(now))
            }
            Outcome::Success => Some(self.close(now)),
            Outcome::Dropped if !slow && age < self.config.slow => self.free_probe(),
            Outcome::Neutral => self.free_probe(),
            Outcome::Failure | Outcome::TimedOut | Outcome::Dropped => Some(self.open(now)),
        }
    }

    fn free_probe(&mut self) -> Option<CircuitChange> {
        self.phase = Phase::HalfOpen { lease_ends: None };
        None
    }

    fn count(
        &mut self,
        outcome: Outcome,
        begun: Timestamp,
        now: Timestamp,
        seen: &Seen,
    ) -> Option<CircuitChange> {
        let age = now.since(begun);
        let is_vouched = self.vigil.vouches_for(begun);
        let slow = is_vouched && self.is_slow(age);
        let given_up = match outcome {
            Outcome::TimedOut => true,
            Outcome::Dropped => age >= self.config.slow,
            _ => false,
        };
        let failed = outcome == Outcome::Failure || given_up;
        let is_evidence = failed || slow || outcome == Outcome::Success;
        if outcome == Outcome::Neutral || !is_evidence || given_up && !self.vigil.blames(begun) {
            return None;
        }
        self.window(now);
        self.window.record(failed, slow);
        if outcome == Outcome::Success {
            self.run = Run::default();
            if is_vouched && !slow {
                self.learn(age, now);
            }
        } else if failed {
            if self.run.mark != seen.mark {
                self.run.failures = 0;
            }
            self.run.failures = self.run.failures.saturating_add(1);
            self.run.mark = seen.mark;
        }
        let config = &self.config;
        let trips = failed
            && (config.consecutive_failures > 0
                && self.run.failures >= config.consecutive_failures
                || self
                    .tally(seen)
                    .fails(config.failure_rate, config.min_calls))
            || slow && self.lags(now, seen);
        trips.then(|| self.trip(now))
    }

    fn learn(&mut self, latency: Duration, now: Timestamp) {
        let step = self.steps.number(now, self.generation);
        if !self.baseline.is_learnt() || step > self.sampled {
            self.sampled = step;
            self.baseline.learn(latency);
        }
    }

    fn is_slow(&self, age: Duration) -> bool {
        let is_on = self.config.min_slow_calls > 0;
        is_on
            && self
                .baseline
                .slow_age()
                .is_some_and(|slow| age.as_nanos() >= u128::from(slow))
    }

    fn lags(&mut self, now: Timestamp, seen: &Seen) -> bool {
        self.window(now);
        let mut tally = self.tally(seen);
        tally.calls += seen.overdue;
        tally.slow += seen.overdue;
        tally.lags(self.config.slow_rate, self.config.min_slow_calls)
    }

    /// The outcomes in the window.
    fn tally(&self, seen: &Seen) -> Tally {
        let mut tally = self.window.total();
        tally.calls += seen.successes;
        tally
    }

    /// Opens a closed circuit, for longer if it has just been open.
    fn trip(&mut self, now: Timestamp) -> CircuitChange {
        let relapsed = self
            .closed_at
            .is_some_and(|closed_at| now.since(closed_at) < self.config.relapse_interval);
        self.rest = if relapsed {
            self.rest
                .saturating_mul(2)
                .min(self.config.max_rest)
                .max(self.config.rest)
        } else {
            self.config.rest
        };
        self.open(now)
    }

    fn open(&mut self, now: Timestamp) -> CircuitChange {
        // However short, or the call that finds the trip out would be its own probe.
        let rest = self.jittered(self.rest).max(Duration::from_nanos(1));
        self.enter(Phase::Open { until: now + rest }, now)
    }

    fn close(&mut self, now: Timestamp) -> CircuitChange {
        let CircuitConfig {
            slow_start,
            slow_start_from,
            ..
        } = self.config;
        let is_gradual = self.mode == CircuitMode::Active && !slow_start.is_zero();
        let ramp = is_gradual.then(|| Ramp::new(now, slow_start, slow_start_from));
        self.closed_at = Some(now);
        self.enter(Phase::Closed { ramp }, now)
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) -> CircuitChange {
        let from = self.state();
        self.phase = phase;
        self.changed(from, now)
    }

    fn changed(&mut self, from: CircuitState, now: Timestamp) -> CircuitChange {
        self.run = Run::default();
        self.since = now;
        self.generation += 1;
        CircuitChange {
            from,
            to: self.state(),
            generation: self.generation,
        }
    }

    /// How it stands; `in_flight` is counted elsewhere.
    pub(super) fn snapshot(&self, now: Timestamp, seen: &Seen, in_flight: u64) -> CircuitSnapshot {
        let tally = self.tally(seen);
        let is_current = self.run.mark == seen.mark;
        let whole = Ratio::WHOLE as f64;
        let (share, next_probe) = match (self.gate(), &self.phase) {
            (Gate::Hold { .. }, _) if self.mode == CircuitMode::ForcedOpen => (0.0, None),
            (Gate::Hold { until }, _) => (0.0, Some(until.since(now))),
            (_, Phase::Closed { ramp: Some(ramp) }) => (ramp.share(now) as f64 / whole, None),
            _ => (1.0, None),
        };
        CircuitSnapshot {
            state: self.state(),
            mode: self.mode,
            generation: self.generation,
            age: now.since(self.since),
            calls: tally.calls,
            failures: tally.failures,
            slow: tally.slow,
            consecutive_failures: if is_current { self.run.failures } else { 0 },
            in_flight,
            overdue: seen.overdue,
            baseline: self.baseline.normal(),
            rest: self.rest,
            next_probe,
            share,
        }
    }

    pub(super) const fn mode(&self) -> CircuitMode {
        self.mode
    }

    /// Goes over to `mode`, unless it is in it, with a closed circuit that has counted nothing yet.
    pub(super) fn set_mode(&mut self, mode: CircuitMode, now: Timestamp) -> Option<CircuitChange> {
        (mode != self.mode).then(|| self.begin(mode, now))
    }

    fn begin(&mut self, mode: CircuitMode, now: Timestamp) -> CircuitChange {
        let from = self.state();
        self.mode = mode;
        self.phase = Phase::Closed { ramp: None };
        self.rest = self.config.rest;
        self.closed_at = None;
        self.changed(from, now)
    }

    /// Begins anew, as active as one that was just made.
    pub(super) fn reset(&mut self, now: Timestamp) -> CircuitChange {
        self.baseline = Baseline::new(self.config.slow_factor);
        self.begin(CircuitMode::Active, now)
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

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use Outcome::{Dropped, Failure, Neutral, Success, TimedOut};

    const SECOND: Duration = Duration::from_secs(1);
    const ALONE: Seen = Seen {
        successes: 0,
        mark: 0,
        overdue: 0,
    };

    fn config() -> CircuitConfig {
        CircuitConfig::new()
            .with_consecutive_failures(2)
            .with_rest_jitter(Ratio::percent(0))
            .with_slow_start(Duration::ZERO, Ratio::percent(100))
            .with_seed(42)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    /// Plays one call after the other and notes which were admitted. `+` succeeds, `-` fails, `t` times out, `~` teaches
    /// nothing, `q` and `s` are dropped quickly and slowly; `.` rests five seconds.
    #[track_caller]
    fn check(config: CircuitConfig, calls: &str, expected: &str) {
        let mut circuit = Circuit::new(config, at(100));
        let mut now = at(100);
        let mut admitted = String::new();
        for call in calls.chars() {
            let (outcome, age) = match call {
                '.' => {
                    now = now + 5 * SECOND;
                    continue;
                }
                '+' => (Success, 0),
                '-' => (Failure, 0),
                't' => (TimedOut, 10),
                '~' => (Neutral, 0),
                'q' => (Dropped, 999),
                's' => (Dropped, 1_000),
                other => unreachable!("{other}"),
            };
            let begun = Timestamp::new(now.since(at(0)) - Duration::from_millis(age));
            match circuit.admit(now).0 {
                Ok(_) => {
                    admitted.push('y');
                    circuit.record(circuit.generation(), outcome, begun, now, &ALONE);
                }
                Err(_) => admitted.push('n'),
            }
        }
        assert_eq!(admitted, expected, "{calls}");
    }

    /// A circuit that opened at second 100.
    fn opened() -> Circuit {
        let mut circuit = Circuit::new(config(), at(90));
        for _ in 0..2 {
            fail_at(&mut circuit, 100);
        }
        assert_eq!(circuit.state(), CircuitState::Open);
        circuit
    }

    #[track_caller]
    fn admit_at(circuit: &mut Circuit, seconds: u64) -> u64 {
        circuit.admit(at(seconds)).0.expect("admitted");
        circuit.generation()
    }

    fn end_at(
        circuit: &mut Circuit,
        generation: u64,
        outcome: Outcome,
        seconds: u64,
    ) -> Option<CircuitChange> {
        circuit.record(generation, outcome, at(seconds), at(seconds), &ALONE)
    }

    #[track_caller]
    fn fail_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
        let admitted = admit_at(circuit, seconds);
        end_at(circuit, admitted, Failure, seconds)
    }

    #[track_caller]
    fn succeed_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
        let admitted = admit_at(circuit, seconds);
        end_at(circuit, admitted, Success, seconds)
    }

    fn refused_for(circuit: &mut Circuit, seconds: u64) -> Duration {
        circuit.admit(at(seconds)).0.expect_err("refused")
    }

    #[test]
    fn opens_on_failures_in_a_row() {
        check(config(), "--+", "yyn");
        check(config(), "tt+", "yyn");
        check(config(), "t-+", "yyn");
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
        admit_at(&mut circuit, 105);
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        assert_eq!(refused_for(&mut circuit, 106), 4 * SECOND);
    }

    #[test]
    fn a_lost_probe_is_replaced_when_its_lease_is_over() {
        let mut circuit = opened();
        let lost = admit_at(&mut circuit, 105);
        let second = admit_at(&mut circuit, 110);
        // Whatever the lost probe comes back with, the lease is no longer its own.
        for late in [Success, Failure, TimedOut, Dropped, Neutral] {
            assert_eq!(end_at(&mut circuit, lost, late, 111), None);
            assert_eq!(refused_for(&mut circuit, 111), 4 * SECOND);
        }
        assert!(end_at(&mut circuit, second, Success, 111).is_some());
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[test]
    fn late_answers_change_nothing() {
        let mut circuit = Circuit::new(config(), at(90));
        let [early, early_too] = [0, 1].map(|_| admit_at(&mut circuit, 99));
        for _ in 0..2 {
            fail_at(&mut circuit, 100);
        }
        assert_eq!(end_at(&mut circuit, early, Success, 101), None);
        assert_eq!(circuit.state(), CircuitState::Open);
        let probe = admit_at(&mut circuit, 105);
        assert_eq!(end_at(&mut circuit, early_too, Success, 105), None);
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        end_at(&mut circuit, probe, Success, 105);
        for _ in 0..10 {
            assert_eq!(end_at(&mut circuit, probe, Failure, 106), None);
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
                let mut circuit = Circuit::new(config, at(100));
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
    fn once_it_knows_what_is_normal_it_learns_from_one_call_in_each_step() {
        let mut circuit = Circuit::new(config(), at(100));
        let sample = |circuit: &mut Circuit, seconds, millis| {
            circuit.sample(0, Duration::from_millis(millis), at(seconds));
        };
        (0..15).for_each(|_| sample(&mut circuit, 100, 20));
        let normal = |circuit: &Circuit| circuit.baseline.normal();
        // However many threads bring one.
        (0..1_000).for_each(|_| sample(&mut circuit, 101, 60));
        assert_eq!(normal(&circuit), Some(Duration::from_millis(20)));
        (102..116).for_each(|second| sample(&mut circuit, second, 60));
        assert_eq!(normal(&circuit), Some(Duration::from_millis(25)));
    }

    #[test]
    fn reports_every_change_in_order() {
        let mut circuit = Circuit::new(config(), at(90));
        assert_eq!(fail_at(&mut circuit, 100), None);
        let opened = fail_at(&mut circuit, 100).expect("opened");
        let (probe, half_opened) = circuit.admit(at(105));
        let half_opened = half_opened.expect("half-opened");
        assert_eq!(probe, Ok(Passage::Probe));
        let probe = circuit.generation();
        let closed = end_at(&mut circuit, probe, Success, 105).expect("closed");
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
