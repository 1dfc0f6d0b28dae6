use std::{
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    Admission, Clock, Idempotency, Placement, Request, Timestamp, Withdrawal,
};
use tower_service::Service;

use super::{Course, Leg, Next, go_on::Place};
use crate::attempt::{Attempt, Fault};

/// An attempt beside the first one, and the token that pays for it.
///
/// Dropping it uses the token up if the request may have been sent.
pub(crate) struct Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    // Before the leg, so that the attempt is over when the circuit hears that it was given up.
    attempt: Pin<Box<Attempt<S, R>>>,
    leg: Leg<C>,
    withdrawal: Option<Withdrawal>,
}

impl<S, R, C> Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    /// What came of it, now that its time is over.
    pub(crate) fn timed_out(&self) -> Fault<S::Error> {
        self.attempt.timed_out()
    }
}

impl<S, R, C> Drop for Second<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    fn drop(&mut self) {
        if let Some(withdrawal) = self.withdrawal.take()
            && self.attempt.is_called()
        {
            withdrawal.spend();
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
    pub(crate) fn hedge_delay(&self) -> Option<Duration> {
        let ground = &self.roster.ground;
        let hedging = ground.hedging?;
        let admission = self.first.admission.as_ref()?;
        let baseline = self.roster.member(self.first.at).circuit.baseline();
        let delay = hedging.delay(baseline, admission.is_probe(), ground.attempt_timeout)?;
        self.may_be_hedged().then_some(delay)
    }

    fn may_be_hedged(&self) -> bool {
        let placement = self.request.placement();
        self.request.idempotency() == Idempotency::Idempotent
            && self.held.is_none()
            && placement.is_none_or(Placement::may_be_hedged)
            && self.round.unasked().next().is_some()
    }

    /// Begins an attempt beside the first, in the next Region that takes the request, if any does and the budget allows it.
    #[cold]
    pub(crate) fn hedge(&mut self) -> Option<Box<Second<S, R, C>>> {
        if !self.may_be_hedged() {
            return None;
        }
        let copy = self.request.replay()?;
        let Some(withdrawal) = self.roster.ground.budget.withdraw() else {
            self.roster.meter.out_of_budget.add();
            return None;
        };
        let now = self.roster.ground.clock.now();
        let (at, admission, request) = self.place(&copy, now)?;
        self.round.ask(at);
        let ground = &self.roster.ground;
        let second = Second {
            attempt: Box::pin(Attempt::new(ground, &ground.sites[at], request)),
            leg: Leg {
                at,
                admission: Some(admission),
                began: now,
            },
            withdrawal: Some(withdrawal),
        };
        self.roster.meter.hedges.add();
        self.tell_hedged(at);
        Some(Box::new(second))
    }

    /// Looks for a Region that takes the copy. One that does not may take the call later on, if it fails over.
    fn place(&self, copy: &R, now: Timestamp) -> Option<(usize, Admission<C>, R)> {
        self.round.unasked().find_map(|at| {
            self.has_time(at).ok()?;
            let request = copy.for_region(&self.roster.ground.sites[at].region).ok()?;
            let admission = self.roster.admit(at, now).ok()?;
            Some((at, admission, request))
        })
    }

    /// Goes on with a second attempt.
    pub(crate) fn poll_second(
        &self,
        second: &mut Second<S, R, C>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, Fault<S::Error>>> {
        let site = &self.roster.ground.sites[second.leg.at];
        second.attempt.as_mut().poll(cx, site)
    }

    /// Learns how a second attempt ended. If it succeeded, the first one has been dropped before.
    pub(crate) fn learn_second(
        &mut self,
        mut second: Box<Second<S, R, C>>,
        ended: Result<S::Response, Fault<S::Error>>,
        first_under_way: bool,
    ) -> Next<S, R> {
        let (at, began) = (second.leg.at, second.leg.began);
        let admission = second.leg.admission.take();
        match ended {
            Ok(response) => {
                self.served(at, admission, began);
                self.roster.meter.hedges_won.add();
                self.roster.member(at).meter.hedges_won.add();
                if first_under_way {
                    self.overtake();
                }
                self.tell_hedge_won(at);
                ControlFlow::Break(Ok(response))
            }
            Err(fault) => {
                let (error, called) = self.settle(at, fault, admission);
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

    /// The second attempt has answered before the first.
    fn overtake(&mut self) {
        if let Some(admission) = self.first.admission.take() {
            admission.overtaken();
        }
        self.roster.member(self.first.at).meter.overtaken.add();
    }
}
