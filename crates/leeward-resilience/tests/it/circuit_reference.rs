//! The breaker against a naive one that keeps a full log.

use std::time::Duration;

use leeward_error_taxonomy::Classify;
use leeward_resilience::{Admission, CircuitBreaker, CircuitConfig, CircuitState, Ratio};
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest},
    test_runner::RngSeed,
};

use crate::{fault::Fault, manual_clock::ManualClock};

const CONSECUTIVE: usize = 4;
const MIN_CALLS: usize = 6;
const WINDOW_STEPS: u64 = 10;
const STEP: u64 = 200;
const SLOW: u64 = 700;
const REST: u64 = 1_000;
const MAX_REST: u64 = 3_000;
const RELAPSE: u64 = 4_000;
const LEASE: u64 = 900;

fn config() -> CircuitConfig {
    let millis = Duration::from_millis;
    CircuitConfig::new()
        .with_consecutive_failures(CONSECUTIVE as u32)
        .with_failure_rate(Ratio::percent(50), MIN_CALLS as u32)
        .with_window(millis(WINDOW_STEPS * STEP))
        .with_slow(millis(SLOW))
        .with_rest(millis(REST))
        .with_max_rest(millis(MAX_REST))
        .with_rest_jitter(Ratio::percent(0))
        .with_relapse_interval(millis(RELAPSE))
        .with_probe_timeout(millis(LEASE))
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End(usize, Ending),
    Advance(u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Success,
    Failure,
    Throttled,
    Dropped,
}

fn step() -> impl Strategy<Value = Step> {
    let ending = prop_oneof![
        3 => Just(Ending::Success),
        4 => Just(Ending::Failure),
        1 => Just(Ending::Throttled),
        2 => Just(Ending::Dropped),
    ];
    prop_oneof![
        5 => Just(Step::Begin),
        5 => (0_usize..4, ending).prop_map(|(which, ending)| Step::End(which, ending)),
        2 => (0_u64..400).prop_map(Step::Advance),
        1 => (0_u64..3_000).prop_map(Step::Advance),
    ]
}

/// Everything that ever happened, in order; whatever the breaker keeps as a number is counted anew from here.
#[derive(Default)]
struct Naive {
    now: u64,
    log: Vec<Entry>,
}

#[derive(Clone, Copy, PartialEq)]
enum Entry {
    Counted { at: u64, failed: bool },
    Opened { at: u64, rest: u64 },
    Probed { at: u64 },
    ProbeFreed,
    Closed { at: u64 },
}

impl Naive {
    /// The last entry that says what state the circuit is in.
    fn last_turn(&self) -> Option<(usize, Entry)> {
        let is_turn = |entry: &Entry| !matches!(entry, Entry::Counted { .. });
        let at = self.log.iter().rposition(is_turn)?;
        Some((at, self.log[at]))
    }

    fn state(&self) -> CircuitState {
        match self.last_turn() {
            None | Some((_, Entry::Closed { .. })) => CircuitState::Closed,
            Some((_, Entry::Opened { .. })) => CircuitState::Open,
            Some(_) => CircuitState::HalfOpen,
        }
    }

    /// Whether a call passes; if so, the length of the log up to which its stamp speaks.
    fn admit(&mut self) -> Option<usize> {
        match self.last_turn() {
            None => return Some(0),
            Some((at, Entry::Closed { .. })) => return Some(at + 1),
            Some((_, Entry::Opened { at, rest })) if self.now < at + rest => return None,
            Some((_, Entry::Probed { at })) if self.now < at + LEASE => return None,
            Some(_) => {}
        }
        self.log.push(Entry::Probed { at: self.now });
        Some(self.log.len())
    }

    fn end(&mut self, stamp: usize, ending: Ending, age: u64) {
        let current = self.last_turn().map_or(0, |(at, _)| at + 1);
        if stamp != current {
            return;
        }
        let failed = match ending {
            Ending::Success => Some(false),
            Ending::Failure => Some(true),
            Ending::Dropped if age >= SLOW => Some(true),
            Ending::Dropped | Ending::Throttled => None,
        };
        match (self.state(), failed) {
            (CircuitState::Closed, Some(failed)) => self.count(current, failed),
            (CircuitState::HalfOpen, Some(false)) => self.log.push(Entry::Closed { at: self.now }),
            (CircuitState::HalfOpen, Some(true)) => {
                let rest = self.last_rest();
                self.log.push(Entry::Opened { at: self.now, rest });
            }
            (CircuitState::HalfOpen, None) => self.log.push(Entry::ProbeFreed),
            _ => {}
        }
    }

    fn count(&mut self, closed_since: usize, failed: bool) {
        let at = self.now;
        self.log.push(Entry::Counted { at, failed });
        let counted = self.log[closed_since..]
            .iter()
            .filter_map(|entry| match entry {
                Entry::Counted { at, failed } => Some((*at, *failed)),
                _ => None,
            });
        let in_a_row = counted
            .clone()
            .rev()
            .take_while(|(_, failed)| *failed)
            .count();
        let recent = counted.filter(|(then, _)| then / STEP + WINDOW_STEPS > at / STEP);
        let calls = recent.clone().count();
        let failures = recent.filter(|(_, failed)| *failed).count();
        if !failed || in_a_row < CONSECUTIVE && (calls < MIN_CALLS || failures * 2 < calls) {
            return;
        }
        let relapsed = matches!(
            self.last_turn(),
            Some((_, Entry::Closed { at: closed_at })) if at < closed_at + RELAPSE
        );
        let rest = if relapsed {
            (2 * self.last_rest()).min(MAX_REST)
        } else {
            REST
        };
        self.log.push(Entry::Opened { at, rest });
    }

    fn last_rest(&self) -> u64 {
        let rest_of = |entry: &Entry| match entry {
            Entry::Opened { rest, .. } => Some(*rest),
            _ => None,
        };
        self.log.iter().rev().find_map(rest_of).unwrap_or(REST)
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_a_full_log(steps in vec(step(), 1..400)) {
        let clock = ManualClock::default();
        let breaker = CircuitBreaker::with_clock(config(), clock.clone());
        let mut naive = Naive::default();
        let mut calls: Vec<(Admission<ManualClock>, usize, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Begin => {
                    let admission = breaker.admit().ok();
                    let stamp = naive.admit();
                    prop_assert_eq!(admission.is_some(), stamp.is_some(), "{:?}", naive.now);
                    calls.extend(admission.zip(stamp).map(|(admission, stamp)| {
                        (admission, stamp, naive.now)
                    }));
                }
                Step::End(which, ending) if which < calls.len() => {
                    let (admission, stamp, begun) = calls.remove(which);
                    naive.end(stamp, ending, naive.now - begun);
                    match ending {
                        Ending::Success => admission.succeed(),
                        Ending::Failure => admission.fail(&Fault::lost().facts()),
                        Ending::Throttled => admission.fail(&Fault::throttled().facts()),
                        Ending::Dropped => drop(admission),
                    }
                }
                Step::End(..) => {}
                Step::Advance(millis) => {
                    clock.advance(Duration::from_millis(millis));
                    naive.now += millis;
                }
            }
            prop_assert_eq!(breaker.state(), naive.state());
        }
    }
}
