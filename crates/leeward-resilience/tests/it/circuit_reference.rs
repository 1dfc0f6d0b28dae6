//! The breaker against a naive one that keeps a full log.

use std::time::Duration;

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{
    Admission, CircuitBreaker, CircuitConfig, CircuitMode, CircuitState, Ratio,
};
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest},
    test_runner::RngSeed,
};

use crate::{fault::Fault, manual_clock::ManualClock};

// All times in milliseconds.
const CONSECUTIVE: usize = 4;
const MIN_CALLS: usize = 6;
const MIN_SLOW_CALLS: usize = 5;
const WINDOW_STEPS: u64 = 10;
const STEP: u64 = 200;
const MAX_GAP: u64 = WINDOW_STEPS * STEP / 2;
const SLOW: u64 = 700;
const SLOW_FACTOR: u64 = 2;
const MIN_SLOW_AGE: u64 = 10_000_000;
const BLOCK: usize = 15;
const REST: u64 = 1_000;
const MAX_REST: u64 = 3_000;
const RELAPSE: u64 = 4_000;
const LEASE: u64 = 900;

fn config() -> CircuitConfig {
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

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End(usize, Ending),
    Advance(u64),
    SetMode(CircuitMode),
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Success,
    Failure,
    TimedOut,
    Throttled,
    Dropped,
}

fn step() -> impl Strategy<Value = Step> {
    let ending = |success, failure| {
        prop_oneof![
            success => Just(Ending::Success),
            failure => Just(Ending::Failure),
            1 => Just(Ending::TimedOut),
            1 => Just(Ending::Throttled),
            2 => Just(Ending::Dropped),
        ]
    };
    let mode = prop_oneof![
        3 => Just(CircuitMode::Active),
        3 => Just(CircuitMode::ObserveOnly),
        1 => Just(CircuitMode::Disabled),
        1 => Just(CircuitMode::ForcedOpen),
    ];
    prop_oneof![
        200 => Just(Step::Begin),
        100 => (0_usize..4, ending(40, 1)).prop_map(|(which, ending)| Step::End(which, ending)),
        100 => (0_usize..4, ending(3, 4)).prop_map(|(which, ending)| Step::End(which, ending)),
        120 => (0_u64..40).prop_map(Step::Advance),
        20 => (0_u64..400).prop_map(Step::Advance),
        10 => (0_u64..3_000).prop_map(Step::Advance),
        2 => mode.prop_map(Step::SetMode),
        1 => Just(Step::Reset),
    ]
}

/// Everything that ever happened, in order; whatever the breaker keeps as a number is counted anew from here.
#[derive(Default)]
struct Naive {
    now: u64,
    log: Vec<Entry>,
    in_flight: Vec<Call>,
}

/// A call that passed; its stamp is the length of the log up to which it speaks, if it is observed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Call {
    begun: u64,
    stamp: Option<usize>,
    // The probes of a half-open circuit are in no window.
    counted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
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
enum Turn {
    Open { rest: u64 },
    Probing,
    ProbeFreed,
    Closed,
    Mode(CircuitMode),
}

impl Naive {
    /// The last turn, and the length of the log up to it.
    fn last_turn(&self) -> Option<(usize, u64, Turn)> {
        let turns = self.log.iter().enumerate().rev();
        let mut turns = turns.filter_map(|(index, entry)| match entry {
            Entry::Turned { at, to } => Some((index + 1, *at, *to)),
            _ => None,
        });
        turns.next()
    }

    fn generation(&self) -> usize {
        self.last_turn().map_or(0, |(length, ..)| length)
    }

    fn mode(&self) -> CircuitMode {
        let mode = |entry: &Entry| match entry {
            Entry::Turned {
                to: Turn::Mode(mode),
                ..
            } => Some(*mode),
            _ => None,
        };
        self.log.iter().rev().find_map(mode).unwrap_or_default()
    }

    fn state(&self) -> CircuitState {
        match (self.mode(), self.last_turn()) {
            (CircuitMode::Disabled, _) => CircuitState::Disabled,
            (CircuitMode::ForcedOpen, _) => CircuitState::ForcedOpen,
            (_, None | Some((.., Turn::Closed | Turn::Mode(_)))) => CircuitState::Closed,
            (_, Some((.., Turn::Open { .. }))) => CircuitState::Open,
            (_, Some(_)) => CircuitState::HalfOpen,
        }
    }

    fn turn(&mut self, to: Turn) {
        self.log.push(Entry::Turned { at: self.now, to });
    }

    fn note(&mut self) {
        self.log.push(Entry::Noted { at: self.now });
    }

    /// When the last gap between two notes ended, and the length of the log up to there.
    fn woke(&self) -> (u64, usize) {
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
    fn present(&self) -> &[Entry] {
        &self.log[self.generation()..]
    }

    /// In nanoseconds.
    fn baseline(&self) -> Option<u64> {
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

    fn slow_age(&self) -> Option<u64> {
        Some((self.baseline()? * SLOW_FACTOR).max(MIN_SLOW_AGE))
    }

    fn is_slow(&self, age: u64) -> bool {
        self.slow_age().is_some_and(|slow| age * 1_000_000 >= slow)
    }

    fn learn(&mut self, latency: u64) {
        let is_same = |at: u64| at / STEP == self.now / STEP;
        let sampled = self
            .present()
            .iter()
            .any(|entry| matches!(entry, Entry::Learnt { at, .. } if is_same(*at)));
        if self.baseline().is_none() || !sampled {
            let at = self.now;
            self.log.push(Entry::Learnt { at, latency });
        }
    }

    /// The calls in the window that ended, failed, were slow.
    fn tally(&self) -> [usize; 3] {
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

    fn consecutive(&self) -> usize {
        let ended = self.present().iter().rev().filter_map(|entry| match entry {
            Entry::Ended {
                success, failed, ..
            } => Some((*success, *failed)),
            _ => None,
        });
        let since_success = ended.take_while(|(success, _)| !success);
        since_success.filter(|(_, failed)| *failed).count()
    }

    fn overdue(&self) -> usize {
        let Some(slow_age) = self.slow_age() else {
            return 0;
        };
        let Some(before) = (self.now * 1_000_000).checked_sub(slow_age) else {
            return 0;
        };
        let is_overdue = |call: &&Call| {
            let step = call.begun / STEP;
            call.counted
                && call.stamp == Some(self.generation())
                && step < before / 1_000_000 / STEP
                && step >= self.woke().0 / STEP
                && step + WINDOW_STEPS > self.now / STEP
        };
        self.in_flight.iter().filter(is_overdue).count()
    }

    fn lags(&self) -> bool {
        let ([calls, _, slow], overdue) = (self.tally(), self.overdue());
        calls + overdue >= MIN_SLOW_CALLS && (slow + overdue) * 10 >= (calls + overdue) * 6
    }

    /// Whether a call passes.
    fn admit(&mut self) -> Option<Call> {
        let call = self.pass()?;
        self.in_flight.push(call);
        Some(call)
    }

    fn pass(&mut self) -> Option<Call> {
        let begun = self.now;
        let unobserved = Call {
            begun,
            stamp: None,
            counted: false,
        };
        let if_held = match self.mode() {
            CircuitMode::Disabled => return Some(unobserved),
            CircuitMode::ForcedOpen => return None,
            CircuitMode::ObserveOnly => {
                self.note();
                Some(unobserved)
            }
            _ => None,
        };
        match self.last_turn() {
            None | Some((.., Turn::Closed | Turn::Mode(_))) => {
                if if_held.is_some() {
                    self.log.pop();
                }
                return self.pass_closed(if_held);
            }
            Some((_, at, Turn::Open { rest })) if begun < at + rest => return if_held,
            Some((_, at, Turn::Probing)) if begun < at + LEASE => return if_held,
            Some(_) => {}
        }
        self.note();
        self.turn(Turn::Probing);
        Some(Call {
            begun,
            stamp: Some(self.generation()),
            counted: false,
        })
    }

    fn pass_closed(&mut self, if_held: Option<Call>) -> Option<Call> {
        let begun = self.now;
        let is_same = |at: u64| at / STEP == begun / STEP;
        let mut earlier = self.present().iter();
        if !earlier.any(|entry| matches!(entry, Entry::Begun { at } if is_same(*at))) {
            self.note();
            if self.overdue() > 0 && self.lags() {
                self.trip();
                return if_held;
            }
        }
        self.log.push(Entry::Begun { at: begun });
        Some(Call {
            begun,
            stamp: Some(self.generation()),
            counted: true,
        })
    }

    fn end(&mut self, which: usize, ending: Ending) {
        let Call {
            begun,
            stamp: Some(stamp),
            ..
        } = self.in_flight.remove(which)
        else {
            return;
        };
        let age = self.now - begun;
        let is_current = stamp == self.generation();
        let is_closed = self.state() == CircuitState::Closed;
        let may_be_slow = self.slow_age().is_none() || self.is_slow(age);
        if ending == Ending::Success && is_current && is_closed && !may_be_slow {
            return self.succeed_as_ever(age);
        }
        self.note();
        if !is_current {
            return;
        }
        if is_closed {
            self.count(ending, begun);
        } else if self.state() == CircuitState::HalfOpen {
            self.decide(ending, age);
        }
    }

    fn succeed_as_ever(&mut self, age: u64) {
        let at = self.now;
        let is_same = |other: u64| other / STEP == at / STEP;
        let mut earlier = self.present().iter();
        let is_first = !earlier
            .any(|entry| matches!(entry, Entry::Ended { at, ordinary: true, .. } if is_same(*at)));
        if is_first {
            self.note();
            self.learn(age);
        }
        let (success, failed, slow, ordinary) = (true, false, false, true);
        self.log.push(Entry::Ended {
            at,
            success,
            failed,
            slow,
            ordinary,
        });
    }

    fn decide(&mut self, ending: Ending, age: u64) {
        let slow = self.is_slow(age);
        match ending {
            Ending::Success if slow => {
                self.log.push(Entry::Stretched);
                let rest = self.last_rest();
                self.turn(Turn::Open { rest });
            }
            Ending::Success => self.turn(Turn::Closed),
            Ending::Dropped if !slow && age < SLOW => self.turn(Turn::ProbeFreed),
            Ending::Throttled => self.turn(Turn::ProbeFreed),
            _ => {
                let rest = self.last_rest();
                self.turn(Turn::Open { rest });
            }
        }
    }

    fn count(&mut self, ending: Ending, begun: u64) {
        let (at, age) = (self.now, self.now - begun);
        let (woke_at, awake) = self.woke();
        let is_vouched = begun >= woke_at;
        let slow = is_vouched && self.is_slow(age);
        let given_up = ending == Ending::TimedOut || ending == Ending::Dropped && age >= SLOW;
        let failed = given_up || ending == Ending::Failure;
        let success = ending == Ending::Success;
        if ending == Ending::Throttled || !(failed || slow || success) {
            return;
        }
        if given_up && !is_vouched {
            if self.log[awake..].contains(&Entry::Blamed) {
                return;
            }
            self.log.push(Entry::Blamed);
        }
        let ordinary = false;
        self.log.push(Entry::Ended {
            at,
            success,
            failed,
            slow,
            ordinary,
        });
        if success && is_vouched && !slow {
            self.learn(age);
        }
        let [calls, failures, _] = self.tally();
        let too_many = calls >= MIN_CALLS && failures * 2 >= calls;
        if failed && (self.consecutive() >= CONSECUTIVE || too_many) || slow && self.lags() {
            self.trip();
        }
    }

    fn trip(&mut self) {
        let relapsed = matches!(
            self.last_turn(),
            Some((_, closed_at, Turn::Closed)) if self.now < closed_at + RELAPSE
        );
        let rest = if relapsed {
            (2 * self.last_rest()).min(MAX_REST)
        } else {
            REST
        };
        self.turn(Turn::Open { rest });
    }

    fn last_rest(&self) -> u64 {
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

    fn set_mode(&mut self, mode: CircuitMode) {
        if mode != self.mode() {
            self.turn(Turn::Mode(mode));
        }
    }

    fn reset(&mut self) {
        self.log.push(Entry::Forgot);
        self.turn(Turn::Mode(CircuitMode::Active));
    }
}

fn end(admission: Admission<ManualClock>, ending: Ending) {
    let timeout = Duration::from_secs(1);
    match ending {
        Ending::Success => admission.succeed(),
        Ending::Failure => admission.fail(&Fault::lost().facts()),
        Ending::TimedOut => {
            admission.fail(&Fault::from(Rejected::AttemptTimedOut { timeout }).facts());
        }
        Ending::Throttled => admission.fail(&Fault::throttled().facts()),
        Ending::Dropped => admission.give_up(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_a_full_log(steps in vec(step(), 1..600)) {
        let clock = ManualClock::default();
        let breaker = CircuitBreaker::with_clock(config(), clock.clone());
        let mut naive = Naive::default();
        let mut calls: Vec<Admission<ManualClock>> = Vec::new();
        for step in steps {
            match step {
                Step::Begin => {
                    let admission = breaker.admit().ok();
                    prop_assert_eq!(admission.is_some(), naive.admit().is_some(), "at {}", naive.now);
                    calls.extend(admission);
                }
                Step::End(which, ending) if which < calls.len() => {
                    naive.end(which, ending);
                    end(calls.remove(which), ending);
                }
                Step::End(..) => {}
                Step::Advance(millis) => {
                    clock.advance(Duration::from_millis(millis));
                    naive.now += millis;
                }
                Step::SetMode(mode) => {
                    breaker.set_mode(mode);
                    naive.set_mode(mode);
                }
                Step::Reset => {
                    breaker.reset();
                    naive.reset();
                }
            }
            prop_assert_eq!(breaker.state(), naive.state());
            let snapshot = breaker.snapshot();
            let counts = [snapshot.calls, snapshot.failures, snapshot.slow];
            prop_assert_eq!(counts, naive.tally().map(|count| count as u64));
            let present = [u64::from(snapshot.consecutive_failures), snapshot.overdue, snapshot.in_flight];
            let expected = [naive.consecutive(), naive.overdue(), calls.len()];
            prop_assert_eq!(present, expected.map(|count| count as u64), "at {}", naive.now);
            prop_assert_eq!(snapshot.baseline, naive.baseline().map(Duration::from_nanos));
        }
    }
}
