use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use fastrand::Rng;

use super::{
    AdmissionTerms, CircuitChange, CircuitConfig, CircuitMode, CircuitSnapshot, CircuitState,
    SharedSlowStart,
    evidence::Evidence,
    outcome::Outcome,
    passage::{Gate, Passage, Seen},
    ramp::Ramp,
    rest::Rest,
};
use crate::{Ratio, Timestamp};

/// What a circuit that was forced open answers to the question when to try again.
const NEVER_AGAIN: Duration = Duration::MAX;
/// What one answers that starts slowly: the next call may be among those that pass. Or one that waits for a probe, which the call
/// is not to be.
const AT_ONCE: Duration = Duration::ZERO;
const NEVER: Timestamp = Timestamp::new(Duration::MAX);

/// How long a call that is held back `until` then has to wait at `now`.
pub(super) fn wait(until: Timestamp, now: Timestamp) -> Duration {
    if until == NEVER {
        NEVER_AGAIN
    } else {
        until.since(now)
    }
}

/// Decides which calls pass, from the outcomes of those before them.
#[derive(Debug)]
pub(super) struct Circuit {
    // Shared with all circuits of the kind, of which there may be thousands.
    config: Arc<CircuitConfig>,
    mode: CircuitMode,
    phase: Phase,
    evidence: Evidence,
    rest: Rest,
    opened_at: Option<Timestamp>,
    random: Rng,
    // Of those that start slowly together with others.
    slow_start: Option<SharedSlowStart>,
}

#[derive(Debug)]
enum Phase {
    Closed { ramp: Option<Ramp> },
    Open { until: Timestamp },
    HalfOpen(Trial),
}

/// Probes, one after the other.
#[derive(Clone, Copy, Debug)]
struct Trial {
    // The end of the probe's lease or, with none on its way, of the pause before the next.
    until: Option<Timestamp>,
    probing: bool,
    passed: u32,
}

impl Circuit {
    /// A closed circuit.
    pub(super) fn new(config: impl Into<Arc<CircuitConfig>>, now: Timestamp) -> Self {
        let config = config.into();
        Self {
            mode: CircuitMode::Active,
            phase: Phase::Closed { ramp: None },
            evidence: Evidence::new(Arc::clone(&config), now),
            rest: Rest::new(&config),
            opened_at: None,
            random: Rng::with_seed(config.seed.unwrap_or_else(|| fastrand::u64(..))),
            slow_start: None,
            config,
        }
    }

    pub(super) const fn state(&self) -> CircuitState {
        match (self.mode, &self.phase) {
            (CircuitMode::ForcedOpen, _) => CircuitState::ForcedOpen,
            (CircuitMode::Disabled, _) => CircuitState::Disabled,
            (_, Phase::Closed { .. }) => CircuitState::Closed,
            (_, Phase::Open { .. }) => CircuitState::Open,
            (_, Phase::HalfOpen(_)) => CircuitState::HalfOpen,
        }
    }

    pub(super) const fn generation(&self) -> u64 {
        self.evidence.generation()
    }

    /// Whether calls that carry `generation` are evidence for a window.
    pub(super) const fn counts(&self, generation: u64) -> bool {
        generation == self.generation() && matches!(self.state(), CircuitState::Closed)
    }

    /// What calls may do without asking.
    pub(super) const fn gate(&self) -> Gate {
        match (self.mode, &self.phase) {
            (CircuitMode::Disabled, _) => Gate::Ignore,
            (CircuitMode::ForcedOpen, _) => Gate::Hold { until: NEVER },
            (_, Phase::Closed { ramp: None }) => Gate::Pass,
            (CircuitMode::ObserveOnly, _) => Gate::Ask,
            (_, Phase::Open { until }) => Gate::Hold { until: *until },
            (_, Phase::HalfOpen(trial)) => match trial.until {
                Some(until) => Gate::Hold { until },
                None => Gate::Ask,
            },
            (_, Phase::Closed { ramp: Some(_) }) => Gate::Ask,
        }
    }

    /// Successes of a lower age, in nanoseconds, need not be shown to the circuit.
    pub(super) fn ordinary_age(&self) -> u64 {
        self.evidence.ordinary_age()
    }

    /// What is normal, in nanoseconds; zero while that is not learnt.
    pub(super) fn normal_age(&self) -> u64 {
        let normal = self.evidence.normal();
        normal.map_or(0, |normal| Timestamp::new(normal).nanos().max(1))
    }

    /// The steps of the window at `now`.
    pub(super) fn window(&mut self, now: Timestamp) -> RangeInclusive<u64> {
        self.evidence.window(now)
    }

    /// The first step of the present state; what an earlier one counted stands in steps before it.
    pub(super) const fn first_step(&self) -> u64 {
        self.evidence.first_step()
    }

    /// The steps in which a call began that is slow by `now`, if it is in flight.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<RangeInclusive<u64>> {
        self.evidence.overdue(now)
    }

    /// Lets a call through at `now`, or says how long it would have to wait; not at all if it might pass on other terms.
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> (Result<Passage, Duration>, Option<CircuitChange>) {
        self.evidence.note(now);
        match self.mode {
            CircuitMode::Disabled => (Ok(Passage::Unobserved), None),
            CircuitMode::ForcedOpen => (Err(NEVER_AGAIN), None),
            CircuitMode::Active => self.ask(now, terms),
            CircuitMode::ObserveOnly => {
                let (passage, change) = self.ask(now, terms);
                (passage.or(Ok(Passage::Unobserved)), change)
            }
        }
    }

    fn ask(
        &mut self,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> (Result<Passage, Duration>, Option<CircuitChange>) {
        let change = match &mut self.phase {
            Phase::Closed { ramp: Some(ramp) } if !ramp.is_over(now) => {
                let random = &mut self.random;
                let mut passes = || match &self.slow_start {
                    Some(all) => ramp.passes_among(all, now, random),
                    None => ramp.passes(now, random),
                };
                let passage = if terms.is_past_slow_start || passes() {
                    Ok(Passage::Counted)
                } else {
                    Err(AT_ONCE)
                };
                return (passage, None);
            }
            Phase::Closed { ramp } => {
                *ramp = None;
                return (Ok(Passage::Counted), None);
            }
            Phase::Open { until } if now < *until => return (Err(until.since(now)), None),
            Phase::HalfOpen(Trial {
                until: Some(end), ..
            }) if now < *end => return (Err(end.since(now)), None),
            Phase::Open { .. } | Phase::HalfOpen(_) if !terms.may_probe => {
                return (Err(AT_ONCE), None);
            }
            Phase::Open { .. } => Some(self.enter(self.probing(0, now), now)),
            Phase::HalfOpen(Trial {
                probing, passed, ..
            }) => {
                let passed = *passed;
                // The probe before this one, if it is still about, speaks for a lease that is over.
                if *probing {
                    self.evidence.outdate();
                }
                self.phase = self.probing(passed, now);
                None
            }
        };
        (Ok(Passage::Probe), change)
    }

    /// Looks at the calls in flight, which a service that has fallen silent leaves growing old.
    pub(super) fn look(&mut self, now: Timestamp, seen: &Seen) -> Option<CircuitChange> {
        let lags = seen.overdue > 0 && self.evidence.lags(now, seen);
        lags.then(|| self.trip(now))
    }

    /// Takes the latency of a success that was counted elsewhere, as the first of its step.
    pub(super) fn sample(&mut self, generation: u64, latency: Duration, now: Timestamp) {
        self.evidence.note(now);
        if self.counts(generation) {
            self.evidence.learn(latency, now);
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
        let outcome = outcome.with_throttling_as_failure(self.config.throttling_is_failure);
        self.evidence.note(now);
        if self.counts(generation) {
            let trips = self.evidence.count(outcome, begun, now, seen);
            return trips.then(|| self.trip(now));
        }
        let Phase::HalfOpen(trial) = self.phase else {
            return None;
        };
        if generation != self.generation() || self.state() != CircuitState::HalfOpen {
            return None;
        }
        let age = now.since(begun);
        let slow = self.evidence.is_slow(age);
        match outcome {
            Outcome::Success if slow => {
                self.evidence.stretch();
                Some(self.open(now))
            }
            Outcome::Success if trial.passed + 1 < self.config.probes => {
                let pause = self
                    .rest
                    .stray(self.config.probe_interval, &mut self.random);
                self.phase = Phase::HalfOpen(Trial {
                    until: Some(now + pause),
                    probing: false,
                    passed: trial.passed + 1,
                });
                None
            }
            Outcome::Success => Some(self.close(now)),
            Outcome::Dropped if !slow && age < self.config.slow => self.free_probe(trial),
            Outcome::Neutral | Outcome::Throttled => self.free_probe(trial),
            Outcome::Failure | Outcome::TimedOut | Outcome::Dropped | Outcome::Overtaken => {
                Some(self.open(now))
            }
        }
    }

    fn free_probe(&mut self, trial: Trial) -> Option<CircuitChange> {
        self.phase = Phase::HalfOpen(Trial {
            until: None,
            probing: false,
            ..trial
        });
        None
    }

    /// Opens a closed circuit, for longer if it has just been open.
    fn trip(&mut self, now: Timestamp) -> CircuitChange {
        self.rest.trip(now);
        self.open(now)
    }

    fn open(&mut self, now: Timestamp) -> CircuitChange {
        let rest = self.rest.draw(&mut self.random);
        self.opened_at = Some(now);
        self.enter(Phase::Open { until: now + rest }, now)
    }

    fn close(&mut self, now: Timestamp) -> CircuitChange {
        self.rest.closed(now);
        self.enter(
            Phase::Closed {
                ramp: self.ramp(now),
            },
            now,
        )
    }

    /// How a service is taken back from `now` on.
    fn ramp(&self, now: Timestamp) -> Option<Ramp> {
        let CircuitConfig {
            slow_start,
            slow_start_from,
            ..
        } = *self.config;
        let is_gradual = self.mode == CircuitMode::Active && !slow_start.is_zero();
        is_gradual.then(|| Ramp::new(now, slow_start, slow_start_from))
    }

    /// Starts together with others from now on.
    pub(super) fn share_slow_start(&mut self, all: SharedSlowStart) {
        self.slow_start = Some(all);
    }

    /// Lets a share of the calls through that rises, as after an opening, if it is closed.
    pub(super) fn start_slowly(&mut self, now: Timestamp) {
        if let Phase::Closed { .. } = self.phase {
            self.phase = Phase::Closed {
                ramp: self.ramp(now),
            };
        }
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) -> CircuitChange {
        let from = self.state();
        self.phase = phase;
        self.changed(from, now)
    }

    fn changed(&mut self, from: CircuitState, now: Timestamp) -> CircuitChange {
        self.evidence.begin(now);
        CircuitChange {
            from,
            to: self.state(),
            generation: self.generation(),
        }
    }

    /// How it stands; `in_flight` is counted elsewhere.
    pub(super) fn snapshot(&self, now: Timestamp, seen: &Seen, in_flight: u64) -> CircuitSnapshot {
        let tally = self.evidence.tally(seen);
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
            generation: self.generation(),
            age: now.since(self.evidence.since()),
            calls: tally.calls,
            failures: tally.failures,
            slow: tally.slow,
            consecutive_failures: self.evidence.consecutive_failures(seen),
            in_flight,
            overdue: seen.overdue,
            baseline: self.evidence.normal(),
            rest: self.rest.present(),
            next_probe,
            passed_probes: match &self.phase {
                Phase::HalfOpen(trial) => trial.passed,
                _ => 0,
            },
            opened: self.opened_at.map(|opened_at| now.since(opened_at)),
            left: self.rest.left_at().map(|left_at| now.since(left_at)),
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
        self.opened_at = None;
        self.rest.forget();
        self.changed(from, now)
    }

    /// Begins anew, as active as one that was just made.
    pub(super) fn reset(&mut self, now: Timestamp) -> CircuitChange {
        self.evidence.forget();
        self.begin(CircuitMode::Active, now)
    }

    fn probing(&self, passed: u32, now: Timestamp) -> Phase {
        Phase::HalfOpen(Trial {
            until: Some(now + self.config.probe_timeout),
            probing: true,
            passed,
        })
    }
}
