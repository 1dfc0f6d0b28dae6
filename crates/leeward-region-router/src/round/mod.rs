//! Which Region a call asks next, and what those before it met: `met.rs` keeps that.

mod met;

use std::{cmp::Reverse, time::Duration};

use leeward_error_taxonomy::{Attempt, Failure, Region, Rejected};

use crate::ranking::Order;
use met::Met;

/// Decides which Region a call asks next, and keeps what those before it met.
///
/// Regions are numbers here, places in the list.
#[derive(Debug)]
pub(crate) struct Round {
    order: Order,
    // A bit for each Region that was asked.
    asked: u16,
    // Likewise for those that were asked to let the call pass a slow start, and to take it as a probe.
    asked_past_slow_start: u16,
    asked_for_probe: u16,
    // Likewise for those whose refusal by the request was told.
    refusals_told: u16,
    // How many services were handed the request, and of how many of them the circuit had nothing against it.
    called: usize,
    called_in_turn: usize,
    panicked: bool,
    met: Met,
}

/// A Region to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The next in order, if its circuit admits the call.
    InTurn(usize),
    /// One that has held the call back for the moment: if its circuit is closed it is to admit the call.
    PastSlowStart(usize),
    /// Likewise, and if it is open and due for a probe the call is to be the probe.
    Probing(usize),
    /// One whose circuit has refused the call, to be asked all the same.
    InPanic(usize),
}

impl Round {
    /// A round over these Regions.
    pub(crate) const fn new(order: Order) -> Self {
        Self {
            order,
            asked: 0,
            asked_past_slow_start: 0,
            asked_for_probe: 0,
            refusals_told: 0,
            called: 0,
            called_in_turn: 0,
            panicked: false,
            met: Met::new(),
        }
    }

    /// The next Region to ask, or `None` if there is none.
    ///
    /// After all of them those are asked again that held the call back for the moment only: a Region that starts slowly answers as
    /// far as is known, and one that is due for a probe may. At the end, a call goes to a Region that its circuit holds back: refusing
    /// everybody would go on after the Regions have recovered. It is the one that there is most `hope` of; once a service was
    /// called, of those that are worth a further attempt.
    pub(crate) fn pick<H: Ord>(
        &mut self,
        hope: impl Fn(usize) -> H,
        is_worth_another: impl Fn(usize) -> bool,
    ) -> Option<Pick> {
        if let Some(pick) = self.pick_calmly() {
            return Some(pick);
        }
        let places = self.held_back_ones(is_worth_another);
        let likeliest = places.min_by_key(|at| Reverse(hope(*at)))?;
        self.met.forget(likeliest);
        self.panicked = true;
        Some(Pick::InPanic(likeliest))
    }

    /// As [`pick`](Self::pick), but nobody in panic.
    pub(crate) fn pick_calmly(&mut self) -> Option<Pick> {
        let next = self.unasked().next();
        if let Some(next) = next {
            self.ask(next);
            return Some(Pick::InTurn(next));
        }
        let next = self.hesitant(self.asked_past_slow_start).next();
        if let Some(next) = next {
            self.asked_past_slow_start |= 1 << next;
            self.met.forget(next);
            return Some(Pick::PastSlowStart(next));
        }
        let next = self.hesitant(self.asked_for_probe).next()?;
        self.asked_for_probe |= 1 << next;
        self.met.forget(next);
        Some(Pick::Probing(next))
    }

    /// The Regions that another attempt may go to beside the present one, in the order in which they are asked.
    pub(crate) fn others(&self) -> impl Iterator<Item = usize> + '_ {
        self.unasked().chain(self.hesitant(self.asked_for_probe))
    }

    /// Counts `region` as asked.
    pub(crate) fn ask(&mut self, region: usize) {
        self.asked |= 1 << region;
        self.met.forget(region);
    }

    /// Whether [`pick`](Self::pick) has another Region.
    pub(crate) fn has_more(&self, is_worth_another: impl Fn(usize) -> bool) -> bool {
        self.others().next().is_some() || self.held_back_ones(is_worth_another).next().is_some()
    }

    /// Whether there is no second Region.
    pub(crate) const fn is_of_one(&self) -> bool {
        self.order.len() == 1
    }

    /// The Region of a round that asks nobody.
    pub(crate) fn first(&self) -> usize {
        self.order.iter().next().unwrap_or_default()
    }

    /// A service is being handed the request.
    pub(crate) const fn called(&mut self) {
        self.called += 1;
        if !self.panicked {
            self.called_in_turn += 1;
        }
    }

    /// Whether any service was handed the request.
    pub(crate) const fn has_called(&self) -> bool {
        self.called > 0
    }

    /// Whether a single service was handed the request whose circuit had nothing against it.
    pub(crate) const fn called_one_in_turn(&self) -> bool {
        self.called_in_turn == 1
    }

    /// Whether the call went to a Region that its circuit holds back.
    pub(crate) const fn has_panicked(&self) -> bool {
        self.panicked
    }

    /// The circuit of `region` holds calls back; this one for the moment only, if it is to wait for no time.
    pub(crate) fn held_back(&mut self, region: usize, retry_in: Duration) {
        self.met.held_back(region, retry_in);
    }

    /// The request does not go to `region`.
    pub(crate) fn refused(&mut self, region: usize, refusal: Rejected) {
        self.met.refused(region, refusal);
    }

    /// Whether it is to be told that the request does not go to `region`; from here on it has been.
    pub(crate) const fn tells_of_refusal(&mut self, region: usize) -> bool {
        let bit = 1 << region;
        let is_new = self.refusals_told & bit == 0;
        self.refusals_told |= bit;
        is_new
    }

    /// The attempt in `region` failed.
    pub(crate) fn failed(&mut self, region: usize, failure: Failure) {
        self.met.failed(region, failure);
    }

    /// How the attempt in `region` failed, if one did.
    pub(crate) fn failure_in(&self, region: usize) -> Option<&Failure> {
        self.met.failure_in(region)
    }

    /// What each Region met, in the order in which they were asked.
    pub(crate) fn attempts(&self, name: impl Fn(usize) -> Region) -> Vec<Attempt> {
        self.met.attempts(name)
    }

    /// The refusal of the only Region, if that is all that this call met.
    pub(crate) fn take_only_refusal(&mut self) -> Option<Rejected> {
        if self.is_of_one() {
            self.met.take_refusal()
        } else {
            None
        }
    }

    fn unasked(&self) -> impl Iterator<Item = usize> + '_ {
        let asked = self.asked;
        self.order.iter().filter(move |at| asked >> at & 1 == 0)
    }

    /// Whether `region` has held the call back for the moment only.
    pub(crate) fn has_hesitated(&self, region: usize) -> bool {
        self.hesitant(0).any(|at| at == region)
    }

    /// The Regions that held the call back for the moment only, without those of the bits.
    fn hesitant(&self, without: u16) -> impl Iterator<Item = usize> + '_ {
        let hesitant = self.met.hesitant();
        hesitant.filter(move |at| without >> at & 1 == 0)
    }

    /// The Regions that may be asked in panic.
    fn held_back_ones(
        &self,
        is_worth_another: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = usize> {
        let is_further = self.called > 0;
        let held_back = self.met.held_back_ones();
        held_back.filter(move |at| !is_further || is_worth_another(*at))
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

    /// Plays a round over as many Regions as `regions` has marks, and notes who is asked: past a slow start with `+`, for a probe with
    /// `?`, in panic as a capital.
    ///
    /// A digit is a circuit that there is so much hope of, `s` one that starts slowly, `p` one that is due for a probe, `r` a refusal of
    /// the request, `m` a maker that fails, `f` a call that fails; one of `hopeful` is worth a further attempt. Where a call is admitted after all its service fails, save that a
    /// refusal in panic is one of the request.
    #[track_caller]
    fn check(regions: &str, refused_in_panic: &str, expected: &str) {
        check_with(regions, "", refused_in_panic, expected);
    }

    #[track_caller]
    fn check_with(regions: &str, hopeful: &str, refused_in_panic: &str, expected: &str) {
        let mut round = Round::new(Order::of_list(regions.len()));
        let mark = |at: usize| regions.as_bytes()[at] as char;
        let mut asked = String::new();
        loop {
            let is_hopeful = |at: usize| hopeful.contains(mark(at));
            let had_more = round.has_more(is_hopeful);
            let pick = round.pick(|at| mark(at).to_digit(10), is_hopeful);
            assert_eq!(had_more, pick.is_some(), "{regions}");
            let Some(pick) = pick else { break };
            let (Pick::InTurn(at)
            | Pick::PastSlowStart(at)
            | Pick::Probing(at)
            | Pick::InPanic(at)) = pick;
            let name = (b'a' + at as u8) as char;
            match (pick, mark(at)) {
                (Pick::InPanic(_), _) => {
                    asked.push(name.to_ascii_uppercase());
                    if refused_in_panic.contains(name) {
                        round.refused(at, Rejected::unavailable("not here"));
                        continue;
                    }
                }
                (Pick::InTurn(_), mark) => {
                    asked.push(name);
                    match mark {
                        'r' => round.refused(at, Rejected::unavailable("not here")),
                        'm' => round.failed(at, failure()),
                        's' | 'p' => round.held_back(at, Duration::ZERO),
                        'f' => {}
                        _ => round.held_back(at, Duration::from_secs(1)),
                    }
                    if mark != 'f' {
                        continue;
                    }
                }
                (Pick::PastSlowStart(_), mark) => {
                    asked.extend([name, '+']);
                    if mark == 'p' {
                        round.held_back(at, Duration::ZERO);
                        continue;
                    }
                }
                (Pick::Probing(_), _) => asked.extend([name, '?']),
            }
            round.called();
            round.failed(at, failure());
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
        assert_eq!(round.pick(|_| (), |_| false), Some(Pick::InTurn(0)));
        round.held_back(0, Duration::ZERO);
        assert_eq!(round.others().collect::<Vec<_>>(), [1, 2, 0]);
        round.ask(1);
        round.ask(0);
        assert_eq!(round.pick(|_| (), |_| false), Some(Pick::InTurn(2)));
        assert_eq!(round.pick(|_| (), |_| false), None);
    }

    #[test]
    fn passes_over_what_is_held_back_once_something_was_called() {
        check("9f1", "", "abc");
        check("f99", "", "abc");
    }

    #[test]
    fn panics_towards_the_region_that_there_is_most_hope_of() {
        check("132", "", "abcB");
        check("111", "", "abcA");
        check("9", "", "aA");
    }

    #[test]
    fn once_something_was_called_panics_only_towards_what_is_worth_it() {
        check_with("132", "1", "", "abcBA");
        check_with("132", "12", "", "abcBCA");
        check_with("f12", "1", "", "abcB");
        check_with("f12", "12", "", "abcCB");
    }

    #[test]
    fn what_a_region_in_turn_said_is_told_from_what_was_met_in_panic() {
        let mut round = Round::new(Order::of_list(2));
        assert_eq!(round.pick(|_| (), |_| true), Some(Pick::InTurn(0)));
        round.called();
        round.failed(0, failure());
        assert!(round.called_one_in_turn() && !round.has_panicked());
        assert_eq!(round.pick(|_| (), |_| true), Some(Pick::InTurn(1)));
        round.held_back(1, Duration::from_secs(1));
        assert_eq!(round.pick(|_| (), |_| true), Some(Pick::InPanic(1)));
        round.called();
        assert!(round.called_one_in_turn() && round.has_panicked());
    }

    #[test]
    fn what_starts_slowly_takes_a_call_that_no_other_region_serves() {
        check("91s", "", "abcc+");
        check("s9s", "", "abca+c+");
        check("sf", "", "aba+");
        check("fs9", "", "abcb+");
    }

    #[test]
    fn a_probe_is_due_only_where_nothing_else_is_left() {
        check("ps", "", "aba+b+a?");
        check("pf", "", "aba+a?");
        check("p9", "", "aba+a?");
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

    #[test]
    fn one_that_holds_a_call_back_whatever_it_may_do_is_asked_in_panic_at_the_end() {
        let mut round = Round::new(Order::of_list(1));
        let mut asked = Vec::new();
        while let Some(pick) = round.pick(|_| (), |_| false) {
            asked.push(pick);
            if asked.len() > 4 {
                break;
            }
            round.held_back(0, Duration::ZERO);
        }
        assert_eq!(
            asked[..4],
            [
                Pick::InTurn(0),
                Pick::PastSlowStart(0),
                Pick::Probing(0),
                Pick::InPanic(0)
            ]
        );
    }
}
