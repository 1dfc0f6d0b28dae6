mod go_on;
mod hedge;
mod tell;

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use leeward_error_taxonomy::{Classify, Facts, Rejected};
use leeward_resilience::{Admission, Clock, Request, Timestamp, Withdrawal, deadline};
use tower_service::Service;
use tracing::debug;

pub(crate) use hedge::Second;

use crate::{
    attempt::{Attempt, Fault, NotReady},
    ranking::Order,
    roster::Roster,
    round::{Pick, Round},
    route,
    site::Site,
};
use go_on::Place;

/// One call on its way from Region to Region: carries out what [`Round`] and [`decide`](crate::failover::decide) decide.
///
/// Dropping it reports a call that was given up to the circuit, and puts a token back that was not used.
pub(crate) struct Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    roster: Arc<Roster<S, C>>,
    request: R,
    stage: Stage,
    began: Timestamp,
    round: Round,
    first: Leg<C>,
    // Where the last attempt failed.
    leaves: Option<usize>,
    // What the Region that was called last said, to be the answer if no other one is called.
    failed: Option<S::Error>,
    // What one of two attempts said that is an answer, while the other is under way.
    held: Option<S::Error>,
    withdrawal: Option<Withdrawal>,
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

/// Where an attempt is, and on what terms.
struct Leg<C: Clock> {
    at: usize,
    admission: Option<Admission<C>>,
    began: Timestamp,
}

/// How a call ended, or that it goes on.
pub(crate) type Next<S, R> =
    ControlFlow<Result<<S as Service<R>>::Response, <S as Service<R>>::Error>>;

impl<S, R, C> Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    pub(crate) fn new(roster: Arc<Roster<S, C>>, request: R) -> Self {
        let nowhere = Leg {
            at: 0,
            admission: None,
            began: Timestamp::default(),
        };
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
            roster,
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
    /// Begins the attempt in the next Region that takes the request, or gives the error for the caller.
    pub(crate) fn depart(&mut self) -> Result<Attempt<S, R>, S::Error> {
        let now = self.roster.ground.clock.now();
        if self.stage == Stage::NotBegun {
            self.begin(now)?;
        }
        if self.is_passing() {
            return self.pass();
        }
        loop {
            let roster = &self.roster;
            let opened = |at: usize| roster.member(at).circuit.snapshot().opened;
            let Some(pick) = self.round.pick(opened) else {
                return Err(self.end());
            };
            let (at, admission) = match pick {
                Pick::InTurn(at) => match self.admit(at, now) {
                    Some(admission) => (at, Some(admission)),
                    None => continue,
                },
                Pick::InPanic(at) => (at, None),
            };
            match self
                .request
                .for_region(&self.roster.ground.sites[at].region)
            {
                Ok(request) => {
                    self.set_out(at, admission, now);
                    return Ok(Attempt::new(&self.roster.ground, self.site(), request));
                }
                Err(refusal) => self.round.refused(at, refusal),
            }
        }
    }

    fn begin(&mut self, now: Timestamp) -> Result<(), S::Error> {
        self.began = now;
        let is_on = self.roster.ground.switch.is_on();
        let order = route::order(&self.roster, self.request.placement(), is_on, now)?;
        self.round = Round::new(order);
        self.stage = if is_on { Stage::Routed } else { Stage::Passing };
        Ok(())
    }

    /// Sends the request to the one Region there is while the router is switched off.
    fn pass(&mut self) -> Result<Attempt<S, R>, S::Error> {
        self.first.at = self.round.unasked().next().unwrap_or_default();
        self.first.began = self.began;
        let request = self.request.for_region(&self.site().region)?;
        Ok(Attempt::new(&self.roster.ground, self.site(), request))
    }

    /// Asks the circuit of a Region, and whether there is time for it; notes a refusal.
    fn admit(&mut self, at: usize, now: Timestamp) -> Option<Admission<C>> {
        if self.leaves.is_some()
            && let Err(refusal) = self.has_time(at)
        {
            self.round.refused(at, refusal);
            return None;
        }
        match self.roster.admit(at, now) {
            Ok(admission) => return Some(admission),
            Err(Rejected::CircuitOpen { retry_in }) => self.round.held_back(at, retry_in),
            Err(refusal) => self.round.refused(at, refusal),
        }
        None
    }

    /// Refuses a further attempt in a Region that normally takes longer than the caller's deadline leaves.
    fn has_time(&self, at: usize) -> Result<(), Rejected> {
        let usual = self.roster.member(at).circuit.baseline();
        match (usual, deadline::remaining()) {
            (Some(usual), Some(left)) if left < usual => {
                Err(Rejected::unavailable(route::NoTime { left, usual }))
            }
            _ => Ok(()),
        }
    }

    fn set_out(&mut self, at: usize, admission: Option<Admission<C>>, now: Timestamp) {
        self.first = Leg {
            at,
            admission,
            began: now,
        };
        if self.first.admission.is_none() {
            self.panic();
        }
        if let Some(withdrawal) = self.withdrawal.take() {
            withdrawal.spend();
        }
        if let Some(left) = self.leaves {
            self.tell_failed_over(left);
        }
    }

    #[cold]
    fn panic(&mut self) {
        self.stage = Stage::Panicking;
        self.roster.member(self.first.at).meter.unadmitted.add();
        self.roster.meter.panics.add();
        let (operation, region) = (self.request.operation(), &self.site().region);
        debug!(target: "leeward::router", %operation, %region, "every circuit is open, calling all the same");
    }

    /// Learns how the first attempt ended: the answer of the call, or on to the next Region, unless a second one is under
    /// way.
    pub(crate) fn learn(
        &mut self,
        ended: Result<S::Response, Fault<S::Error>>,
        second_under_way: bool,
    ) -> Next<S, R> {
        let (at, admission) = (self.first.at, self.first.admission.take());
        self.end_panic();
        match ended {
            Ok(response) => {
                self.served(at, admission, self.first.began);
                if second_under_way {
                    self.roster.meter.hedges_lost.add();
                }
                ControlFlow::Break(Ok(response))
            }
            Err(Fault::Failed { error, .. }) if self.is_passing() => ControlFlow::Break(Err(error)),
            Err(fault) => {
                let (error, called) = self.settle(at, fault, admission);
                self.go_on(at, Place::First, error, called, second_under_way)
            }
        }
    }

    /// Tells everybody of a success.
    fn served(&self, at: usize, admission: Option<Admission<C>>, began: Timestamp) {
        if let Some(placement) = self.request.placement() {
            placement.served_by(&self.roster.ground.sites[at].region);
        }
        if self.is_passing() {
            return;
        }
        let now = self.roster.ground.clock.now();
        let latency = match admission {
            Some(admission) => admission.succeed_at(now),
            None => now.since(began),
        };
        self.roster.member(at).meter.succeeded(latency);
    }

    /// Tells circuit and meter of a failure; gives the error, and whether the service was handed the request.
    fn settle(
        &self,
        at: usize,
        fault: Fault<S::Error>,
        admission: Option<Admission<C>>,
    ) -> (S::Error, bool) {
        let report = |facts: &Facts<'_>| {
            let now = self.roster.ground.clock.now();
            self.roster.member(at).meter.failed(facts, now);
            if let Some(admission) = admission {
                admission.fail(facts);
            }
        };
        match fault {
            Fault::Failed { error, called } => {
                report(&error.facts());
                (error, called)
            }
            Fault::TimedOut { called } => {
                let timeout = self.roster.ground.attempt_timeout;
                let silence = Rejected::AttemptTimedOut { timeout };
                report(&silence.facts());
                // To the circuit a service that never gets ready is as silent as one that never answers; but for the
                // request it makes a difference.
                let refusal = if called {
                    silence
                } else {
                    Rejected::unavailable(NotReady { timeout })
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
        self.end_panic();
    }
}
