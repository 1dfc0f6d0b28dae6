//! A circuit breaker that decides from a full log.

use leeward_resilience::{CircuitMode, CircuitState};

use crate::circuit_log::{
    CONSECUTIVE, Call, Ending, Entry, LEASE, MAX_REST, MIN_CALLS, Naive, RELAPSE, REST, SLOW, STEP,
    Turn,
};

impl Naive {
    fn turn(&mut self, to: Turn) {
        self.log.push(Entry::Turned { at: self.now, to });
    }

    fn note(&mut self) {
        self.log.push(Entry::Noted { at: self.now });
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

    /// Whether a call passes.
    pub(crate) fn admit(&mut self) -> Option<Call> {
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

    pub(crate) fn end(&mut self, which: usize, ending: Ending) {
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

    pub(crate) fn set_mode(&mut self, mode: CircuitMode) {
        if mode != self.mode() {
            self.turn(Turn::Mode(mode));
        }
    }

    pub(crate) fn reset(&mut self) {
        self.log.push(Entry::Forgot);
        self.turn(Turn::Mode(CircuitMode::Active));
    }
}
