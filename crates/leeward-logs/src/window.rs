//! Which events of a tail are new.

use std::collections::BTreeSet;

/// The time from which a tail asks, and the events from then on that were seen.
#[derive(Debug)]
pub(crate) struct Window {
    /// Milliseconds since 1970, as all times here.
    from: i64,
    overlap: i64,
    seen: BTreeSet<(i64, String)>,
    max_seen: usize,
}

impl Window {
    pub(crate) const fn new(from: i64, overlap: i64, max_seen: usize) -> Self {
        Self {
            from,
            overlap,
            seen: BTreeSet::new(),
            max_seen,
        }
    }

    /// The time from which to ask.
    pub(crate) const fn from(&self) -> i64 {
        self.from
    }

    /// Whether an event is new; from now on it is not.
    pub(crate) fn admit(&mut self, at: i64, id: &str) -> bool {
        let is_new = at >= self.from && self.seen.insert((at, id.to_owned()));
        if self.seen.len() > self.max_seen
            && let Some((oldest, _)) = self.seen.pop_first()
        {
            // It is forgotten, hence not asked for again.
            self.forget_before(oldest.saturating_add(1));
        }
        is_new
    }

    /// All was read that was there at `now`: from here on, only what comes later than the overlap is too late.
    pub(crate) fn advance(&mut self, now: i64) {
        self.forget_before(now.saturating_sub(self.overlap));
    }

    fn forget_before(&mut self, from: i64) {
        if from > self.from {
            self.from = from;
            self.seen = self.seen.split_off(&(from, String::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls, each at a time and with what the service has by then; what is new is given as text.
    #[track_caller]
    fn check(mut window: Window, polls: &[(i64, &[(i64, &str)])], expected: &str) {
        let mut new = String::new();
        for (now, events) in polls {
            for (at, id) in *events {
                if *at >= window.from() && window.admit(*at, id) {
                    new.push_str(id);
                }
            }
            window.advance(*now);
            new.push('|');
        }
        assert_eq!(new, expected);
    }

    #[test]
    fn what_was_seen_is_not_new() {
        let polls: &[(i64, &[_])] = &[
            (100, &[(95, "a"), (96, "b")]),
            (110, &[(95, "a"), (96, "b"), (104, "c")]),
            (120, &[(104, "c"), (115, "d")]),
        ];
        check(Window::new(90, 10, 100), polls, "ab|c|d|");
    }

    #[test]
    fn what_comes_late_is_new_within_the_overlap() {
        let polls: &[(i64, &[_])] = &[
            (100, &[(99, "a")]),
            (110, &[(91, "b"), (99, "a")]),
            (120, &[(99, "c"), (101, "d")]),
        ];
        check(Window::new(90, 10, 100), polls, "a|b|d|");
    }

    #[test]
    fn two_of_one_time_are_two() {
        check(
            Window::new(0, 10, 100),
            &[(5, &[(1, "a"), (1, "b"), (1, "a")])],
            "ab|",
        );
    }

    #[test]
    fn a_flood_is_forgotten_and_never_told_twice() {
        let flood: &[_] = &[(1, "a"), (2, "b"), (3, "c"), (4, "d")];
        check(Window::new(0, 100, 2), &[(5, flood), (5, flood)], "abcd||");
    }

    #[test]
    fn a_clock_that_is_set_back_tells_nothing_twice() {
        let events: &[_] = &[(95, "a")];
        check(
            Window::new(90, 10, 9),
            &[(100, events), (50, events)],
            "a||",
        );
    }
}
