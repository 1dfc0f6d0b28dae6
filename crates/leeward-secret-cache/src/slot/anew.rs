//! What to do for somebody who wants what is there now, whatever was fetched before.

use super::{Flight, State};
use crate::clock::Moment;

#[derive(Debug)]
pub(crate) enum Anew {
    /// Waits for the fetch under way.
    Join(Flight),
    /// Lets the fetch under way land, which began too early, and looks again.
    Outwait(Flight),
    /// Takes what the last fetch brought.
    Take,
    /// Begins a fetch and waits for it.
    Begin,
}

impl State {
    /// What is done at `now` for who asked after `before` fetches had begun; one that began less than `interval` nanoseconds ago will do.
    pub(crate) fn anew(&self, now: Moment, before: u64, interval: u64) -> Anew {
        let will_do = |began| self.begun > before || now.since(began) < interval;
        let will_do = self.began.is_some_and(will_do) && !self.has_lost(now);
        match self.flight_under_way(now) {
            Some(flight) if will_do => Anew::Join(flight.clone()),
            Some(flight) => Anew::Outwait(flight.clone()),
            None if will_do => Anew::Take,
            None => Anew::Begin,
        }
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
            wall: second * SECOND,
        }
    }

    fn shown(state: &State, now: u64, before: u64) -> &'static str {
        match state.anew(at(now), before, SECOND) {
            Anew::Join(_) => "join",
            Anew::Outwait(_) => "outwait",
            Anew::Take => "take",
            Anew::Begin => "begin",
        }
    }

    #[test]
    fn who_wants_what_is_there_now_takes_no_fetch_from_long_before() {
        let mut state = State::default();
        assert_eq!(shown(&state, 10, 0), "begin");
        let (landing, flight) = Flight::begin(at(10), Duration::from_secs(15));
        state.take_off(flight, at(10));
        for (now, before, under_way, landed) in [
            // Who asked before it began, however long ago that is.
            (20, 0, "join", "take"),
            // Who asked afterwards, and within the second.
            (10, 1, "join", "take"),
            (11, 1, "outwait", "begin"),
        ] {
            assert_eq!(shown(&state, now, before), under_way, "{now} {before}");
            let landed_state = State {
                flight: None,
                begun: state.begun,
                began: state.began,
                ..State::default()
            };
            assert_eq!(shown(&landed_state, now, before), landed, "{now} {before}");
        }
        // It should have landed long ago.
        assert_eq!(shown(&state, 30, 0), "begin");
        drop(landing);
        assert_eq!(shown(&state, 20, 0), "begin");
    }

    #[test]
    fn what_was_declared_void_will_not_do() {
        let mut state = State::default();
        let (_landing, flight) = Flight::begin(at(10), Duration::from_secs(15));
        state.take_off(flight, at(10));
        state.declare_void(false);
        assert_eq!(shown(&state, 10, 0), "begin");
    }
}
