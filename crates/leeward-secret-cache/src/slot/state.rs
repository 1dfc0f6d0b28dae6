//! Whether to fetch, to wait or to refuse, where there is nothing to serve.

use super::{Failing, Flight};
use crate::{SecretError, clock::Moment};

/// What becomes of a slot's fetches.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Counts how often what was there was declared void: a fetch that began before does not count.
    pub(crate) generation: u64,
    pub(crate) flight: Option<Flight>,
    pub(crate) failing: Option<Failing>,
    /// Whether it is to be fetched once more as soon as the fetch under way has landed.
    pub(crate) again: bool,
    /// Counts the fetches that began.
    pub(crate) begun: u64,
    /// When the last of them began, unless it was declared void.
    pub(crate) began: Option<Moment>,
}

/// What somebody does who finds nothing to serve.
#[derive(Debug)]
pub(crate) enum Step {
    /// Waits for the fetch under way.
    Join(Flight),
    /// Begins one and waits for it.
    Begin,
    /// Goes away with the last error.
    Refuse(SecretError),
    /// Begins one, and goes away with the last error all the same.
    BeginAndRefuse(SecretError),
}

/// How long after it could have been tried again an error still tells how things are, in nanoseconds.
const RECENT: u64 = 5_000_000_000;

impl State {
    /// What is done at `now`; `had_value` says whether there is a value that is over.
    pub(crate) fn step(&self, now: Moment, had_value: bool) -> Step {
        // Who had a value and is told that it is over wants to know at once; who never had one waits for the first.
        let fails_fast = |failing: &Failing| had_value && failing.error.kind().is_transient();
        let refusal = |failing: &Failing| failing.error.clone();
        // That a replica lags says nothing of the next fetch, which takes what there is instead of what is over.
        let failing = self.failing.as_ref();
        let failing = failing.filter(|failing| !failing.error.is_behind());
        match (self.flight_under_way(), failing) {
            (Some(_), Some(failing)) if fails_fast(failing) => Step::Refuse(refusal(failing)),
            (Some(flight), _) => Step::Join(flight.clone()),
            (None, Some(failing)) if now.steady < failing.next_try => {
                Step::Refuse(refusal(failing))
            }
            (None, Some(failing))
                if fails_fast(failing) && now.steady - failing.next_try < RECENT =>
            {
                Step::BeginAndRefuse(refusal(failing))
            }
            (None, _) => Step::Begin,
        }
    }

    /// Whether a fetch by the side may begin for what is due.
    pub(crate) fn may_refresh(&self, now: Moment) -> bool {
        let is_early = |failing: &Failing| now.steady < failing.next_try;
        self.flight_under_way().is_none() && !self.failing.as_ref().is_some_and(is_early)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.flight_under_way().is_some()
    }

    /// Takes note of a fetch that begins at `now`.
    pub(crate) fn take_off(&mut self, flight: Flight, now: Moment) {
        self.flight = Some(flight);
        self.begun = self.begun.wrapping_add(1);
        self.began = Some(now);
    }

    pub(super) fn flight_under_way(&self) -> Option<&Flight> {
        self.flight.as_ref().filter(|flight| flight.is_under_way())
    }

    /// Declares void what was fetched, and what is being fetched.
    pub(crate) fn declare_void(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.flight = None;
        self.failing = None;
        self.again = false;
        self.began = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: u64 = 1_000_000_000;

    fn at(second: u64) -> Moment {
        Moment {
            steady: second * SECOND,
            wall: 0,
        }
    }

    fn failing(next_try: u64) -> Failing {
        Failing {
            error: SecretError::unanswered("db", Duration::from_secs(1)),
            count: 1,
            since: 0,
            next_try: next_try * SECOND,
            is_outlasted: false,
        }
    }

    fn shown(step: &Step) -> &'static str {
        match step {
            Step::Join(_) => "join",
            Step::Begin => "begin",
            Step::Refuse(_) => "refuse",
            Step::BeginAndRefuse(_) => "begin and refuse",
        }
    }

    #[test]
    fn the_first_who_asks_begins_and_the_others_join() {
        let mut state = State::default();
        assert_eq!(shown(&state.step(at(0), false)), "begin");
        let (landing, flight) = Flight::begin();
        state.flight = Some(flight);
        assert_eq!(shown(&state.step(at(0), false)), "join");
        // Who fetched is gone without a word.
        drop(landing);
        assert_eq!(shown(&state.step(at(0), false)), "begin");
    }

    #[test]
    fn what_failed_is_refused_until_it_may_be_tried_again() {
        for (had_value, table) in [
            (false, [(9, "refuse"), (10, "begin"), (20, "begin")]),
            (
                true,
                [(9, "refuse"), (10, "begin and refuse"), (20, "begin")],
            ),
        ] {
            let state = State {
                failing: Some(failing(10)),
                ..State::default()
            };
            for (now, step) in table {
                assert_eq!(
                    shown(&state.step(at(now), had_value)),
                    step,
                    "{had_value} {now}"
                );
                assert_eq!(state.may_refresh(at(now)), now >= 10);
            }
        }
    }

    #[test]
    fn during_an_outage_nobody_waits_for_the_next_try() {
        let (_landing, flight) = Flight::begin();
        let state = State {
            flight: Some(flight),
            failing: Some(failing(0)),
            ..State::default()
        };
        assert_eq!(shown(&state.step(at(1), true)), "refuse");
        assert!(!state.may_refresh(at(1)));
    }

    #[test]
    fn what_was_declared_void_is_begun_anew() {
        let (_landing, flight) = Flight::begin();
        let mut state = State {
            flight: Some(flight),
            failing: Some(failing(10)),
            generation: 3,
            again: true,
            ..State::default()
        };
        state.declare_void();
        assert_eq!(shown(&state.step(at(1), false)), "begin");
        assert_eq!((state.generation, state.again), (4, false));
    }
}
