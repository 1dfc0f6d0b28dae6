use std::{
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    Admission, AdmissionTerms, Clock, Idempotency, Placement, Request, Timestamp, Withdrawal,
};
use tokio::time::Instant;
use tower_service::Service;

use super::{
    Course, Next,
    go_on::Place,
    leg::{Leg, Limit},
};
use crate::{
    attempt::{Attempt, Fault},
    seat::Held,
};

/// An attempt beside the first one, and the token that pays for it.
///
/// Dropping it uses the token up if the request may have been sent.
pub(crate) struct Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    // None once it is over.
    attempt: Pin<Box<Option<Attempt<S, R>>>>,
    leg: Leg<C>,
    withdrawal: Option<Withdrawal>,
    // Whether it has won or lost.
    is_settled: bool,
    roster: Held<S, C>,
}

impl<S, R, C> Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    /// What came of it, now that its time is over.
    pub(crate) fn timed_out(&self) -> Fault<S::Error> {
        Fault::TimedOut {
            called: self.is_called(),
        }
    }

    fn is_called(&self) -> bool {
        let attempt = self.attempt.as_ref().as_pin_ref();
        attempt.is_none_or(|attempt| attempt.is_called())
    }
}

impl<S, R, C> Drop for Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    fn drop(&mut self) {
        if !self.is_settled {
            self.roster.meter.hedges_dropped.add();
        }
        if let Some(withdrawal) = self.withdrawal.take()
            && self.is_called()
        {
            withdrawal.spend();
        }
        // It is over when the circuit hears that it was given up.
        self.attempt.set(None);
        if self.leg.admission.is_some() {
            let leg = self.leg.end();
            self.roster.give_up(leg);
        }
    }
}

impl<S, R, C> Course<S, R, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    /// How long the first attempt is left alone before another begins beside it; `None` if there is to be none.
    pub(super) fn hedge_delay(&self) -> Option<Duration> {
        let ground = &self.roster.ground;
        let hedging = ground.hedging?;
        let admission = self.first.admission.as_ref()?;
        let baseline = self.roster.member(self.first.at).circuit.baseline();
        let left = self.first.limit.map(|limit| limit.time);
        let delay = hedging.delay(baseline, admission.is_probe(), ground.attempt_timeout, left)?;
        self.may_be_hedged().then_some(delay)
    }

    fn may_be_hedged(&self) -> bool {
        let placement = self.request.placement();
        self.request.idempotency() == Idempotency::Idempotent
            && self.held.is_none()
            && placement.is_none_or(Placement::may_be_hedged)
            && self.round.others().next().is_some()
    }

    /// Begins an attempt beside the first, in the next Region that takes the request, if any does and the budget allows it.
    #[cold]
    pub(crate) fn hedge(&mut self) -> Option<Box<Second<S, R, C>>> {
        if !self.may_be_hedged() {
            return None;
        }
        let copy = self.request.replay()?;
        let Some(withdrawal) = self.roster.ground.budget.withdraw() else {
            self.tell_not_hedged();
            return None;
        };
        let now = self.roster.ground.clock.now();
        let (at, admission, request) = self.place(&copy, now)?;
        self.round.ask(at);
        let ground = &self.roster.ground;
        let second = Second {
            attempt: Box::pin(Some(Attempt::new(ground, &ground.sites[at], request))),
            leg: Leg {
                limit: Limit::current(Instant::now()),
                ..Leg::new(at, Some(admission), now)
            },
            withdrawal: Some(withdrawal),
            is_settled: false,
            roster: self.roster.clone(),
        };
        self.roster.meter.hedges.add();
        self.tell_hedged(at);
        Some(Box::new(second))
    }

    /// Looks for a Region that takes the copy, and for one to probe only where there is no other. One that does not take it may take
    /// the call later on, if it fails over.
    fn place(&mut self, copy: &R, now: Timestamp) -> Option<(usize, Admission<C>, R)> {
        let others: Vec<usize> = self.round.others().collect();
        let further = AdmissionTerms::new().past_slow_start();
        for terms in [further.without_probing(), further] {
            for at in others.iter().copied() {
                if self.has_time(at).is_err() {
                    continue;
                }
                let request = match copy.for_region(&self.roster.ground.sites[at].region) {
                    Ok(request) => request,
                    Err(refusal) => {
                        self.tell_refused(at, &refusal);
                        continue;
                    }
                };
                if let Ok(admission) = self.roster.admit(at, now, terms) {
                    return Some((at, admission, request));
                }
            }
        }
        None
    }

    /// Goes on with a second attempt.
    pub(crate) fn poll_second(
        &self,
        second: &mut Second<S, R, C>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, Fault<S::Error>>> {
        let site = &self.roster.ground.sites[second.leg.at];
        let attempt = second.attempt.as_mut().as_pin_mut();
        attempt.expect("not over").poll(cx, site)
    }

    /// Learns how a second attempt ended. If it succeeded, the first one has been dropped before.
    pub(crate) fn learn_second(
        &mut self,
        mut second: Box<Second<S, R, C>>,
        ended: Result<S::Response, Fault<S::Error>>,
        first_under_way: bool,
    ) -> Next<S, R> {
        second.is_settled = true;
        let leg = second.leg.end();
        let (at, began) = (leg.at, leg.began);
        match ended {
            Ok(response) => {
                self.served(leg);
                self.roster.member(at).meter.hedges_won.add();
                // One that took the place of the first began later.
                if first_under_way && self.first.began < began {
                    let first = self.first.end();
                    self.overtaken(first.at, first.admission);
                }
                self.tell_hedge_won(at);
                ControlFlow::Break(Ok(response))
            }
            Err(fault) => {
                let (error, called) = self.settle(leg, fault);
                let facts = error.facts();
                // What a layer of ours refused unsent made no load.
                if facts.stage == Stage::NotSent && facts.rejected.is_some() {
                    second.withdrawal = None;
                }
                drop(second);
                self.roster.meter.hedges_lost.add();
                self.go_on(at, Place::Second, error, called, first_under_way)
            }
        }
    }

    /// The first attempt, which `began` then, has answered before the second.
    pub(super) fn lose(&self, second: &mut Second<S, R, C>, began: Timestamp) {
        second.is_settled = true;
        self.roster.meter.hedges_lost.add();
        if second.leg.began < began {
            self.overtaken(second.leg.at, second.leg.admission.take());
        }
    }

    /// One that began later, elsewhere, has answered before this one.
    fn overtaken(&self, at: usize, admission: Option<Admission<C>>) {
        if self.roster.is_being_made(at) {
            self.roster.excuse(admission);
        } else if let Some(admission) = admission {
            admission.overtaken();
        }
        self.roster.member(at).meter.overtaken.add();
    }
}
