//! What a naive circuit breaker keeps, which is everything, and what it counts anew each time that it is asked.

use std::time::Duration;

use leeward_resilience::{CircuitConfig, CircuitMode, CircuitState, Ratio};

// All times in milliseconds.
pub(super) const CONSECUTIVE: usize = 4;
pub(super) const MIN_CALLS: usize = 6;
const MIN_SLOW_CALLS: usize = 5;
const WINDOW_STEPS: u64 = 10;
const SEEN_STEPS: u64 = 64;
pub(super) const STEP: u64 = 200;
pub(super) const MAX_GAP: u64 = WINDOW_STEPS * STEP / 2;
pub(super) const SLOW: u64 = 700;
const SLOW_FACTOR: u64 = 2;
const MIN_SLOW_AGE: u64 = 10_000_000;
const BLOCK: usize = 15;
pub(super) const REST: u64 = 1_000;
pub(super) const MAX_REST: u64 = 3_000;
pub(super) const RELAPSE: u64 = 4_000;
pub(super) const LEASE: u64 = 900;

/// What the naive one does by nature.
pub(crate) fn config() -> CircuitConfig {
    let millis = Duration::from_millis;
    CircuitConfig::new()
        .with_consecutive_failures(CONSECUTIVE as u32)
        .with_failure_rate(Ratio::percent(50), MIN_CALLS as u32)
        .with_slow_rate(Ratio::percent(60), MIN_SLOW_CALLS as u32)
        .with_slow_factor(SLOW_FACTOR as u32)
        .with_window(millis(WINDOW_STEPS * STEP))
        .with_slow(millis(SLOW))
        .with_rest(millis(REST))
        .with_max_rest(millis(MAX_REST))
        .with_rest_jitter(Ratio::percent(0))
        .with_relapse_interval(millis(RELAPSE))
        .with_probe_timeout(millis(LEASE))
        // Drawn by lot: tested by its shares.
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    Success,
    Failure,
    TimedOut,
    Throttled,
    Dropped,
}

/// Everything that ever happened, in order; whatever the breaker keeps as a number is counted anew from here.
#[derive(Default)]
pub(crate) struct Naive {
    pub(crate) now: u64,
    pub(super) log: Vec<Entry>,
    pub(super) in_flight: Vec<Call>,
}

/// A call that passed; its stamp is the length of the log up to which it speaks, if it is observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Call {
    pub(super) begun: u64,
    pub(super) stamp: Option<usize>,
    // The probes of a half-open circuit are in no window.
    pub(super) counted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry {
    /// The circuit itself was asked or told.
    Noted {
        at: u64,
    },
    Begun {
        at: u64,
    },
    Ended {
        at: u64,
        success: bool,
        failed: bool,
        slow: bool,
        ordinary: bool,
    },
    /// A call from before a gap was taken for evidence.
    Blamed,
    Learnt {
        at: u64,
        latency: u64,
    },
    Stretched,
    Forgot,
    Turned {
        at: u64,
        to: Turn,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Turn {
    Open { rest: u64 },
    Probing,
    ProbeFreed,
    Closed,
    Mode(CircuitMode),
}

impl Naive {
    /// The last turn, and the length of the log up to it.
    pub(super) fn last_turn(&self) -> Option<(usize, u64, Turn)> {
        let turns = self.log.iter().enumerate().rev();
        let mut turns = turns.filter_map(|(index, entry)| match entry {
            Entry::Turned { at, to } => Some((index + 1, *at, *to)),
            _ => None,
        });
        turns.next()
    }

    pub(super) fn generation(&self) -> usize {
        self.last_turn().map_or(0, |(length, ..)| length)
    }

    pub(super) fn mode(&self) -> CircuitMode {
        let mode = |entry: &Entry| match entry {
            Entry::Turned {
                to: Turn::Mode(mode),
                ..
            } => Some(*mode),
            _ => None,
        };
        self.log.iter().rev().find_map(mode).unwrap_or_default()
    }

    pub(crate) fn state(&self) -> CircuitState {
        match (self.mode(), self.last_turn()) {
            (CircuitMode::Disabled, _) => CircuitState::Disabled,
            (CircuitMode::ForcedOpen, _) => CircuitState::ForcedOpen,
            (_, None | Some((.., Turn::Closed | Turn::Mode(_)))) => CircuitState::Closed,
            (_, Some((.., Turn::Open { .. }))) => CircuitState::Open,
            (_, Some(_)) => CircuitState::HalfOpen,
        }
    }

    /// When the last gap between two notes ended, and the length of the log up to there.
    pub(super) fn woke(&self) -> (u64, usize) {
        let (mut last, mut woke) = (0, (0, 0));
        for (index, entry) in self.log.iter().enumerate() {
            if let Entry::Noted { at } = *entry {
                if at > last + MAX_GAP {
                    woke = (at, index);
                }
                last = at;
            }
        }
        woke
    }

    /// The entries since the last turn.
    pub(super) fn present(&self) -> &[Entry] {
        &self.log[self.generation()..]
    }

    /// In nanoseconds.
    pub(crate) fn baseline(&self) -> Option<u64> {
        let (mut block, mut normal) = (Vec::new(), None::<i64>);
        for entry in &self.log {
            match entry {
                Entry::Learnt { latency, .. } => {
                    block.push((latency * 1_000_000) as i64);
                    if block.len() == BLOCK {
                        block.sort_unstable();
                        let median = block[BLOCK / 2];
                        normal = Some(normal.map_or(median, |it| it + (median - it) / 8));
                        block.clear();
                    }
                }
                Entry::Stretched => {
                    normal = normal.map(|normal| {
                        let normal = normal.max((MIN_SLOW_AGE / SLOW_FACTOR) as i64);
                        normal + normal / 32
                    });
                }
                Entry::Forgot => {
                    block.clear();
                    normal = None;
                }
                _ => {}
            }
        }
        normal.map(|normal| normal as u64)
    }

    pub(super) fn slow_age(&self) -> Option<u64> {
        Some((self.baseline()? * SLOW_FACTOR).max(MIN_SLOW_AGE))
    }

    pub(super) fn is_slow(&self, age: u64) -> bool {
        self.slow_age().is_some_and(|slow| age * 1_000_000 >= slow)
    }

    /// The calls in the window that ended, failed, were slow.
    pub(crate) fn tally(&self) -> [usize; 3] {
        let is_recent = |at: u64| at / STEP + WINDOW_STEPS > self.now / STEP;
        let mut tally = [0; 3];
        for entry in self.present() {
            if let Entry::Ended {
                at, failed, slow, ..
            } = *entry
                && is_recent(at)
            {
                tally[0] += 1;
                tally[1] += usize::from(failed);
                tally[2] += usize::from(slow);
            }
        }
        tally
    }

    pub(crate) fn consecutive(&self) -> usize {
        let ended = self.present().iter().rev().filter_map(|entry| match entry {
            Entry::Ended {
                success, failed, ..
            } => Some((*success, *failed)),
            _ => None,
        });
        let since_success = ended.take_while(|(success, _)| !success);
        since_success.filter(|(_, failed)| *failed).count()
    }

    pub(crate) fn overdue(&self) -> usize {
        let Some(slow_age) = self.slow_age() else {
            return 0;
        };
        let Some(before) = (self.now * 1_000_000).checked_sub(slow_age) else {
            return 0;
        };
        let is_overdue = |call: &&Call| {
            let (step, slow) = (call.begun / STEP, before / 1_000_000 / STEP);
            call.counted
                && call.stamp == Some(self.generation())
                && step < slow
                && step >= self.woke().0 / STEP
                && step + WINDOW_STEPS >= slow
                && step + SEEN_STEPS > self.now / STEP
        };
        self.in_flight.iter().filter(is_overdue).count()
    }

    pub(super) fn lags(&self) -> bool {
        let ([calls, _, slow], overdue) = (self.tally(), self.overdue());
        calls + overdue >= MIN_SLOW_CALLS && (slow + overdue) * 10 >= (calls + overdue) * 6
    }

    pub(super) fn last_rest(&self) -> u64 {
        let rest_of = |entry: &Entry| match entry {
            Entry::Turned {
                to: Turn::Open { rest },
                ..
            } => Some(*rest),
            Entry::Turned {
                to: Turn::Mode(_), ..
            } => Some(REST),
            _ => None,
        };
        self.log.iter().rev().find_map(rest_of).unwrap_or(REST)
    }
}
