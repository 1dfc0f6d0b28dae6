mod depart;
mod go_on;
mod hedge;
mod leg;
mod tell;

use std::{ops::ControlFlow, time::Duration};

use leeward_error_taxonomy::{Classify, Obstacle, Rejected, Stage as Sent};
use leeward_resilience::{Clock, Request, Timestamp, Withdrawal};
use tower_service::Service;

pub(crate) use hedge::Second;

use crate::{
    attempt::{Fault, NotReady},
    ranking::Order,
    round::Round,
    seat::Held,
    site::Site,
};
use go_on::Place;
use leg::Leg;

/// One call on its way from Region to Region: carries out what [`Round`] and [`decide`](crate::failover::decide) decide.
///
/// Dropping it reports a call that was given up to the circuit, and puts a token back that was not used.
pub(crate) struct Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    roster: Held<S, C>,
    request: R,
    stage: Stage,
    began: Timestamp,
    round: Round,
    first: Leg<C>,
    // Where the last attempt failed.
    leaves: Option<usize>,
    // What the Region that was called last said, to be the answer if no other one is called.
    failed: Option<S::Error>,
    // What one of two attempts said that is an answer, and where, while the other is under way.
    held: Option<(usize, S::Error)>,
    withdrawal: Option<Withdrawal>,
    // Whether the next attempt is to take the place of the first while a second one is under way.
    replaces_first: bool,
}

/// On what terms the call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It does not go yet.
    NotBegun,
    /// The router is switched off.
    Passing,
    Routed,
    /// To a Region whose circuit is open, which counts the call nowhere.
    Panicking,
}

/// How a call ended, or that it goes on.
pub(crate) type Next<S, R> =
    ControlFlow<Result<<S as Service<R>>::Response, <S as Service<R>>::Error>>;

impl<S, R, C> Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    pub(crate) fn new(roster: impl Into<Held<S, C>>, request: R) -> Self {
        let nowhere = Leg::new(0, None, Timestamp::default());
        Self {
            request,
            stage: Stage::NotBegun,
            began: nowhere.began,
            round: Round::new(Order::of_list(0)),
            first: nowhere,
            leaves: None,
            failed: None,
            held: None,
            withdrawal: None,
            replaces_first: false,
            roster: roster.into(),
        }
    }

    /// The Region of the first attempt that is under way.
    pub(crate) fn site(&self) -> &Site<S> {
        &self.roster.ground.sites[self.first.at]
    }

    /// How long one attempt may take.
    pub(crate) fn attempt_timeout(&self) -> Duration {
        self.roster.ground.attempt_timeout
    }

    /// Whether the router is switched off, so that nobody minds the time.
    pub(crate) fn is_passing(&self) -> bool {
        self.stage == Stage::Passing
    }

    fn end_panic(&mut self) {
        if self.stage == Stage::Panicking {
            self.stage = Stage::Routed;
            self.roster.member(self.first.at).meter.unadmitted.take();
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
    /// Learns how the first attempt ended: the answer of the call, or on to the next Region, unless a `second` one is under
    /// way.
    pub(crate) fn learn(
        &mut self,
        ended: Result<S::Response, Fault<S::Error>>,
        second: Option<&mut Second<S, R, C>>,
    ) -> Next<S, R> {
        let leg = self.first.end();
        self.end_panic();
        match ended {
            Ok(response) => {
                let began = leg.began;
                self.served(leg);
                if let Some(second) = second {
                    self.lose(second, began);
                }
                ControlFlow::Break(Ok(response))
            }
            Err(Fault::Failed { error, .. }) if self.is_passing() => ControlFlow::Break(Err(error)),
            Err(fault) => {
                let at = leg.at;
                let (error, called) = self.settle(leg, fault);
                self.go_on(at, Place::First, error, called, second.is_some())
            }
        }
    }

    /// Tells everybody of a success.
    fn served(&self, leg: Leg<C>) {
        if let Some(placement) = self.request.placement() {
            placement.served_by(&self.roster.ground.sites[leg.at].region);
        }
        if self.is_passing() {
            return;
        }
        let (member, now) = (self.roster.member(leg.at), self.roster.ground.clock.now());
        member.unheard.heard();
        let latency = match leg.admission {
            Some(admission) => admission.succeed_at(now),
            None => {
                member.panics.served(now);
                now.since(leg.began)
            }
        };
        member.meter.succeeded(latency);
    }

    /// Tells circuit and meter of a failure; gives the error, and whether the service was handed the request.
    fn settle(&self, leg: Leg<C>, fault: Fault<S::Error>) -> (S::Error, bool) {
        match fault {
            Fault::Failed { error, called } => {
                let facts = error.facts();
                let is_late = matches!(facts.rejected, Some(Rejected::DeadlineExceeded { .. }))
                    && facts.stage != Sent::NotSent;
                match self.roster.silence(&leg) {
                    Some(silence) if is_late => self.roster.failed(leg, &silence.facts()),
                    _ => self.roster.failed(leg, &facts),
                }
                (error, called)
            }
            Fault::TimedOut { called } => {
                let timeout = self.roster.ground.attempt_timeout;
                let silence = Rejected::AttemptTimedOut { timeout };
                if self.roster.was_being_made(leg.at) {
                    self.roster.excuse(leg.admission);
                } else {
                    self.roster.failed(leg, &silence.facts());
                }
                // To the circuit a service that never gets ready is as silent as one that never answers; but for the
                // request it makes a difference.
                let refusal = if called {
                    silence
                } else {
                    Rejected::unavailable_for(Obstacle::Timeout, NotReady { timeout })
                };
                (refusal.into(), called)
            }
        }
    }
}

impl<S, R, C> Drop for Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    fn drop(&mut self) {
        if self.first.admission.is_some() || self.stage == Stage::Panicking {
            let leg = self.first.end();
            self.roster.give_up(leg);
        }
        self.end_panic();
    }
}
