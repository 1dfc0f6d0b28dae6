//! Whether to fetch, to wait or to refuse, where there is nothing to serve.

use super::{Failing, Flight};
use crate::{SecretError, clock::Moment};

/// What becomes of a slot's fetches.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Counts how often what was there was declared void, or said to have changed: what a call for several brings that began before
    /// does not count.
    pub(crate) generation: u64,
    /// The last fetch that began, until it has landed or was declared void.
    pub(crate) flight: Option<Flight>,
    /// Whether that one calls, or has: if it does not yet, it will be told what there is then.
    pub(super) is_called: bool,
    pub(crate) failing: Option<Failing>,
    /// Whether there was a value that was let go of since it was over: for who asks, that is as if it were there still.
    pub(crate) was_over: bool,
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

impl State {
    /// What is done at `now`. Where there is a value that is over, an error still tells how things are for `believed` nanoseconds after it
    /// could have been tried again; where there never was one, it does not.
    pub(crate) fn step(&self, now: Moment, believed: Option<u64>) -> Step {
        // Who had a value and is told that it is over wants to know at once; who never had one waits for the first. So does who comes
        // when the machine has slept since: nothing was tried meanwhile, and it may sleep again before what goes on by the side has landed.
        let fails_fast = |failing: &Failing| {
            believed.is_some()
                && failing.error.kind().is_transient()
                && !now.was_asleep_since(failing.next_try)
        };
        let refusal = |failing: &Failing| failing.error.clone();
        // That a replica lags says nothing of the next fetch, which takes what there is instead of what is over.
        let failing = self.failing.as_ref();
        let failing = failing.filter(|failing| !failing.error.is_behind());
        match (self.flight_under_way(now), failing) {
            (Some(_), Some(failing)) if fails_fast(failing) => Step::Refuse(refusal(failing)),
            (Some(flight), _) => Step::Join(flight.clone()),
            (None, Some(failing)) if failing.is_resting(now) => Step::Refuse(refusal(failing)),
            (None, Some(failing))
                if fails_fast(failing)
                    && believed.is_some_and(|time| now.since(failing.next_try) < time) =>
            {
                Step::BeginAndRefuse(refusal(failing))
            }
            (None, _) => Step::Begin,
        }
    }

    /// Whether a fetch by the side may begin for what is due.
    pub(crate) fn may_refresh(&self, now: Moment) -> bool {
        let is_resting = |failing: &Failing| failing.is_resting(now);
        self.flight_under_way(now).is_none() && !self.failing.as_ref().is_some_and(is_resting)
    }

    pub(crate) fn is_under_way(&self, now: Moment) -> bool {
        self.flight_under_way(now).is_some()
    }

    /// Whether a fetch is under way that does not call yet.
    pub(crate) fn is_queued(&self, now: Moment) -> bool {
        self.is_under_way(now) && !self.is_called
    }

    /// Takes note of a fetch that begins at `now`. One that is lost does not count any more, should it land.
    pub(crate) fn take_off(&mut self, flight: Flight, now: Moment) {
        self.flight = Some(flight);
        self.is_called = false;
        self.again = false;
        self.begun = self.begun.wrapping_add(1);
        self.began = Some(now);
    }

    pub(super) fn flight_under_way(&self, now: Moment) -> Option<&Flight> {
        let flight = self.flight.as_ref();
        flight.filter(|flight| flight.is_under_way(now))
    }

    /// Whether the last fetch will not land.
    pub(super) fn has_lost(&self, now: Moment) -> bool {
        self.flight.is_some() && !self.is_under_way(now)
    }

    /// Whether the fetch with this number, of those that began, is the one that counts.
    pub(crate) const fn is_flying(&self, number: u64) -> bool {
        self.flight.is_some() && self.begun == number
    }

    /// Takes note that the fetch with this number calls.
    pub(crate) const fn calls(&mut self, number: u64) {
        if self.is_flying(number) {
            self.is_called = true;
        }
    }

    /// Takes note of a failure at `now`, and from when on it may be tried again, which `jitter` from 0 to 1 makes; gives that back.
    pub(crate) fn fails(&mut self, error: SecretError, now: Moment, jitter: f64) -> &Failing {
        let failing = Failing::after(self.failing.as_ref(), error, now, jitter);
        self.failing.insert(failing)
    }

    /// Declares void what was fetched, and what is being fetched; a fetch that does not call yet goes on if it `may_wait`.
    pub(crate) fn declare_void(&mut self, may_wait: bool) {
        self.generation = self.generation.wrapping_add(1);
        self.failing = None;
        self.was_over = false;
        self.again = false;
        if self.is_called || !may_wait {
            self.flight = None;
            self.began = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Landed;
    use std::time::Duration;
    use tokio::sync::watch;

    const SECOND: u64 = 1_000_000_000;
    const RECENT: Option<u64> = Some(5 * SECOND);

    fn at(second: u64) -> Moment {
        Moment {
            steady: second * SECOND,
            wall: second * SECOND,
        }
    }

    fn flight() -> (watch::Sender<Option<Landed>>, Flight) {
        Flight::begin(at(0), Duration::from_secs(10))
    }

    fn failing(next_try: u64) -> Failing {
        Failing {
            error: SecretError::unanswered("db", Duration::from_secs(1)),
            count: 1,
            since: at(0),
            next_try: at(next_try),
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
        assert_eq!(shown(&state.step(at(0), None)), "begin");
        let (landing, flight) = flight();
        state.flight = Some(flight);
        assert_eq!(shown(&state.step(at(0), None)), "join");
        // Who fetched is gone without a word.
        drop(landing);
        assert_eq!(shown(&state.step(at(0), None)), "begin");
    }

    #[test]
    fn what_failed_is_refused_until_it_may_be_tried_again() {
        for (believed, table) in [
            (None, [(9, "refuse"), (10, "begin"), (20, "begin")]),
            (
                RECENT,
                [(9, "refuse"), (10, "begin and refuse"), (20, "begin")],
            ),
            (
                Some(20 * SECOND),
                [(9, "refuse"), (20, "begin and refuse"), (30, "begin")],
            ),
        ] {
            let state = State {
                failing: Some(failing(10)),
                ..State::default()
            };
            for (now, step) in table {
                assert_eq!(
                    shown(&state.step(at(now), believed)),
                    step,
                    "{believed:?} {now}"
                );
                assert_eq!(state.may_refresh(at(now)), now >= 10);
            }
        }
    }

    #[test]
    fn during_an_outage_nobody_waits_for_the_next_try() {
        let (_landing, flight) = flight();
        let state = State {
            flight: Some(flight),
            failing: Some(failing(0)),
            ..State::default()
        };
        assert_eq!(shown(&state.step(at(1), RECENT)), "refuse");
        assert!(!state.may_refresh(at(1)));
    }

    #[test]
    fn when_the_machine_has_slept_who_comes_waits_for_a_fetch() {
        let woken = |asleep: u64| Moment {
            steady: 0,
            ..at(asleep)
        };
        let (_landing, flight) = flight();
        let mut state = State {
            flight: Some(flight),
            failing: Some(failing(5)),
            ..State::default()
        };
        assert_eq!(shown(&state.step(woken(4), RECENT)), "refuse");
        assert_eq!(shown(&state.step(woken(6), RECENT)), "begin");
        let (_landing, flight) = Flight::begin(woken(6), Duration::from_secs(10));
        state.take_off(flight, woken(6));
        assert!(!state.is_flying(0) && state.is_flying(1));
        assert_eq!(shown(&state.step(woken(7), RECENT)), "join");
    }

    #[test]
    fn what_was_declared_void_is_begun_anew() {
        let (_landing, flight) = flight();
        let mut state = State {
            flight: Some(flight),
            failing: Some(failing(10)),
            generation: 3,
            again: true,
            ..State::default()
        };
        state.declare_void(false);
        assert_eq!(shown(&state.step(at(1), None)), "begin");
        assert_eq!((state.generation, state.again), (4, false));
    }

    #[test]
    fn a_fetch_that_does_not_call_yet_outlives_what_is_declared_void() {
        let mut state = State::default();
        let (_landing, flight) = flight();
        state.take_off(flight, at(0));
        let number = state.begun;
        state.declare_void(true);
        assert_eq!(shown(&state.step(at(1), None)), "join");
        // Another one's call is not its own.
        state.calls(number - 1);
        state.declare_void(true);
        assert!(state.is_flying(number));
        state.calls(number);
        state.declare_void(true);
        assert!(!state.is_flying(number));
        assert_eq!(shown(&state.step(at(1), None)), "begin");
    }
}
