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
