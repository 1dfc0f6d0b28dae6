use std::{cmp::Reverse, time::Duration};

use leeward_error_taxonomy::{Attempt, Classify, Failure, Region, Rejected};

use crate::ranking::Order;

/// Decides which Region a call asks next, and keeps what those before it met.
///
/// Regions are numbers here, places in the list.
#[derive(Debug)]
pub(crate) struct Round {
    order: Order,
    // A bit for each Region that was asked.
    asked: u16,
    // How many services were handed the request.
    called: usize,
    panicked: bool,
    met: Vec<Met>,
}

/// A Region to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The next in order, if its circuit admits the call.
    InTurn(usize),
    /// One whose circuit has refused the call, to be asked all the same.
    InPanic(usize),
}

#[derive(Debug)]
struct Met {
    region: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    HeldBack { retry_in: Duration },
    Refused(Rejected),
    Failed(Failure),
}

impl Round {
    /// A round over these Regions.
    pub(crate) const fn new(order: Order) -> Self {
        Self {
            order,
            asked: 0,
            called: 0,
            panicked: false,
            met: Vec::new(),
        }
    }

    /// The next Region to ask, or `None` if there is none.
    ///
    /// At the end, a call that has not reached any service goes to a Region that its circuit holds back: refusing everybody
    /// would go on after the Regions have recovered. One that starts slowly answers as far as is known, so it goes before
    /// the others; of those, the one that has not `opened` for the longest time, since nobody has found it failing for as long.
    pub(crate) fn pick(&mut self, opened: impl Fn(usize) -> Option<Duration>) -> Option<Pick> {
        let next = self.unasked().next();
        if let Some(next) = next {
            self.ask(next);
            return Some(Pick::InTurn(next));
        }
        let likeliest = self.held_back_ones().min_by_key(|(_, region, retry_in)| {
            let age = opened(*region).unwrap_or(Duration::MAX);
            (!retry_in.is_zero(), Reverse(age))
        });
        let (at, region, _) = likeliest?;
        self.met.remove(at);
        self.panicked = true;
        Some(Pick::InPanic(region))
    }

    /// The Regions that were not asked, in order.
    pub(crate) fn unasked(&self) -> impl Iterator<Item = usize> + '_ {
        let asked = self.asked;
        self.order.iter().filter(move |at| asked >> at & 1 == 0)
    }

    /// Counts `region` as asked.
    pub(crate) const fn ask(&mut self, region: usize) {
        self.asked |= 1 << region;
    }

    /// Whether [`pick`](Self::pick) has another Region.
    pub(crate) fn has_more(&self) -> bool {
        self.unasked().next().is_some() || self.held_back_ones().next().is_some()
    }

    /// Whether there is no second Region.
    pub(crate) const fn is_of_one(&self) -> bool {
        self.order.len() == 1
    }

    /// A service is being handed the request: from here on there is no panic.
    pub(crate) const fn called(&mut self) {
        self.called += 1;
    }

    /// Whether any service was handed the request.
    pub(crate) const fn has_called(&self) -> bool {
        self.called > 0
    }

    /// Whether a single service was handed the request, one whose circuit had nothing against it.
    pub(crate) const fn called_one_in_turn(&self) -> bool {
        self.called == 1 && !self.panicked
    }

    /// The circuit of `region` holds calls back.
    pub(crate) fn held_back(&mut self, region: usize, retry_in: Duration) {
        self.note(region, What::HeldBack { retry_in });
    }

    /// The request does not go to `region`.
    pub(crate) fn refused(&mut self, region: usize, refusal: Rejected) {
        self.note(region, What::Refused(refusal));
    }

    /// The attempt in `region` failed.
    pub(crate) fn failed(&mut self, region: usize, failure: Failure) {
        self.note(region, What::Failed(failure));
    }

    /// How the attempt in `region` failed, if one did.
    pub(crate) fn failure_in(&self, region: usize) -> Option<&Failure> {
        self.met.iter().find_map(|met| match &met.what {
            What::Failed(failure) if met.region == region => Some(failure),
            _ => None,
        })
    }

    /// What each Region met, in the order in which they were asked.
    pub(crate) fn attempts(&self, name: impl Fn(usize) -> Region) -> Vec<Attempt> {
        let attempts = self.met.iter().map(|met| {
            let failure = match &met.what {
                What::HeldBack { retry_in } => {
                    let retry_in = *retry_in;
                    Failure::from(&Rejected::CircuitOpen { retry_in }.facts())
                }
                What::Refused(refusal) => Failure::from(&refusal.facts()),
                What::Failed(failure) => failure.clone(),
            };
            Attempt::new(name(met.region), failure)
        });
        attempts.collect()
    }

    /// The refusal of the only Region, if that is all that this call met.
    pub(crate) fn take_only_refusal(&mut self) -> Option<Rejected> {
        match (self.is_of_one(), self.met.pop()?) {
            (
                true,
                Met {
                    what: What::Refused(refusal),
                    ..
                },
            ) => Some(refusal),
            (_, met) => {
                self.met.push(met);
                None
            }
        }
    }

    /// The Regions that may be asked in panic: where they stand in what was met, which they are, when they are due.
    fn held_back_ones(&self) -> impl Iterator<Item = (usize, usize, Duration)> + '_ {
        let met = if self.called > 0 { &[][..] } else { &self.met };
        met.iter().enumerate().filter_map(|(at, met)| {
            let What::HeldBack { retry_in } = met.what else {
                return None;
            };
            Some((at, met.region, retry_in))
        })
    }

    fn note(&mut self, region: usize, what: What) {
        self.met.push(Met { region, what });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Category, Facts, Stage, Verdict};

    fn failure() -> Failure {
        Failure::from(&Facts::new(
            Stage::NotSent,
            Category::Network,
            Verdict::Transient,
        ))
    }

    /// Plays a round over as many Regions as `regions` has marks, and notes who is asked; in panic as a capital.
    ///
    /// A digit is a circuit that opened so many seconds ago, `s` one that starts slowly, `r` a refusal of the request, `m` a maker that fails,
    /// `f` a call that fails. In panic every service fails, save that a refusal after a slash is one of the request.
    #[track_caller]
    fn check(regions: &str, refused_in_panic: &str, expected: &str) {
        let mut round = Round::new(Order::of_list(regions.len()));
        let opened = |at: usize| {
            let digit = (regions.as_bytes()[at] as char).to_digit(10);
            digit.map(|seconds| Duration::from_secs(seconds.into()))
        };
        let mut asked = String::new();
        loop {
            let had_more = round.has_more();
            let pick = round.pick(opened);
            assert_eq!(had_more, pick.is_some(), "{regions}");
            match pick {
                None => break,
                Some(Pick::InTurn(at)) => {
                    asked.push((b'a' + at as u8) as char);
                    match regions.as_bytes()[at] {
                        b'r' => round.refused(at, Rejected::unavailable("not here")),
                        b'm' => round.failed(at, failure()),
                        b'f' => {
                            round.called();
                            round.failed(at, failure());
                        }
                        b's' => round.held_back(at, Duration::ZERO),
                        _ => round.held_back(at, Duration::from_secs(1)),
                    }
                }
                Some(Pick::InPanic(at)) => {
                    let name = (b'a' + at as u8) as char;
                    asked.push(name.to_ascii_uppercase());
                    if refused_in_panic.contains(name) {
                        round.refused(at, Rejected::unavailable("not here"));
                    } else {
                        round.called();
                        round.failed(at, failure());
                    }
                }
            }
        }
        assert_eq!(asked, expected, "{regions}");
        let names = ["a", "b", "c", "d"].map(Region::from_static);
        let met = round.attempts(|at| names[at].clone());
        assert_eq!(met.len(), regions.len(), "each Region has met something");
    }

    #[test]
    fn goes_through_the_list_in_order() {
        check("fff", "", "abc");
        check("rrr", "", "abc");
        check("mrf", "", "abc");
        check("f", "", "a");
    }

    #[test]
    fn one_that_was_asked_out_of_turn_is_not_asked_again() {
        let mut round = Round::new(Order::of_list(3));
        assert_eq!(round.pick(|_| None), Some(Pick::InTurn(0)));
        assert_eq!(round.unasked().collect::<Vec<_>>(), [1, 2]);
        round.ask(1);
        assert_eq!(round.pick(|_| None), Some(Pick::InTurn(2)));
        assert_eq!(round.pick(|_| None), None);
    }

    #[test]
    fn passes_over_what_is_held_back_once_something_was_called() {
        check("9f1", "", "abc");
        check("f99", "", "abc");
    }

    #[test]
    fn panics_towards_the_region_that_opened_the_longest_time_ago() {
        check("132", "", "abcB");
        check("111", "", "abcA");
        check("9", "", "aA");
    }

    #[test]
    fn panics_towards_one_that_starts_slowly_before_any_that_is_open() {
        check("91s", "", "abcC");
        check("s9s", "", "abcA");
    }

    #[test]
    fn what_never_reached_a_service_does_not_keep_it_from_panic() {
        check("r12", "", "abcC");
        check("m12", "", "abcC");
        check("mr5", "", "abcC");
    }

    #[test]
    fn a_request_that_a_region_refuses_panics_towards_another() {
        check("132", "b", "abcBC");
        check("132", "bc", "abcBCA");
        check("132", "abc", "abcBCA");
    }
}
