use std::{ops::ControlFlow, sync::Arc};

use leeward_error_taxonomy::{Attempt as Tried, Classify, Facts, Failure, Rejected, Stage};
use leeward_resilience::{Admission, Clock, Request, Timestamp, Withdrawal};
use tower_service::Service;
use tracing::debug;

use crate::{
    RouterEvent,
    attempt::{Attempt, Fault, NotReady},
    failover::{Decision, Others, decide},
    ground::Site,
    roster::Roster,
    round::{Pick, Round},
};

/// One call on its way from Region to Region: carries out what [`Round`] and [`decide`] decide.
///
/// Dropping it reports a call that was given up to the circuit, and puts a token back that was not used.
pub(crate) struct Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    roster: Arc<Roster<S, C>>,
    request: R,
    began: Timestamp,
    round: Round,
    // The Region of the present attempt.
    at: usize,
    admission: Option<Admission<C>>,
    // Where the last attempt failed.
    leaves: Option<usize>,
    // What the Region that was called last said, to be the answer if no other one is called.
    failed: Option<S::Error>,
    withdrawal: Option<Withdrawal>,
}

impl<S, R, C> Course<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    pub(crate) fn new(roster: Arc<Roster<S, C>>, request: R) -> Self {
        Self {
            request,
            began: roster.ground.clock.now(),
            round: Round::new(roster.members.len()),
            at: 0,
            admission: None,
            leaves: None,
            failed: None,
            withdrawal: None,
            roster,
        }
    }

    /// The Region of the present attempt.
    pub(crate) fn site(&self) -> &Site<S> {
        &self.roster.ground.sites[self.at]
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
        while let Some(pick) = self.round.pick() {
            let (at, admission) = match pick {
                Pick::InTurn(at) => match self.roster.admit(at) {
                    Ok(admission) => (at, Some(admission)),
                    Err(Rejected::CircuitOpen { retry_in }) => {
                        self.round.held_back(at, retry_in);
                        continue;
                    }
                    Err(refusal) => {
                        self.round.refused(at, refusal);
                        continue;
                    }
                },
                Pick::InPanic(at) => (at, None),
            };
            match self
                .request
                .for_region(&self.roster.ground.sites[at].region)
            {
                Ok(request) => {
                    self.at = at;
                    self.set_out(admission);
                    return Ok(Attempt::new(&self.roster.ground, self.site(), request));
                }
                Err(refusal) => self.round.refused(at, refusal),
            }
        }
        Err(self.end())
    }

    /// Learns how the attempt ended: the answer of the call, or on to the next Region.
    pub(crate) fn learn(
        &mut self,
        ended: Result<S::Response, Fault<S::Error>>,
    ) -> ControlFlow<Result<S::Response, S::Error>> {
        let admission = self.admission.take();
        match ended {
            Ok(response) => {
                if let Some(admission) = admission {
                    admission.succeed();
                }
                ControlFlow::Break(Ok(response))
            }
            Err(fault) => {
                let (error, called) = self.settle(fault, admission);
                match self.go_on(error, called) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => ControlFlow::Break(Err(error)),
                }
            }
        }
    }

    fn set_out(&mut self, admission: Option<Admission<C>>) {
        if admission.is_none() {
            let (operation, region) = (self.request.operation(), &self.site().region);
            debug!(target: "leeward::router", %operation, %region, "every circuit is open, calling all the same");
        }
        self.admission = admission;
        if let Some(withdrawal) = self.withdrawal.take() {
            withdrawal.spend();
        }
        if let Some(left) = self.leaves {
            self.tell_failed_over(left);
        }
    }

    /// Tells the circuit of a failure; gives the error, and whether the service was handed the request.
    fn settle(&self, fault: Fault<S::Error>, admission: Option<Admission<C>>) -> (S::Error, bool) {
        let report = |facts: &Facts<'_>| {
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

    /// Prepares the next attempt, or gives the error for the caller.
    fn go_on(&mut self, error: S::Error, called: bool) -> Result<(), S::Error> {
        let mut facts = error.facts();
        if called {
            self.round.called();
        } else {
            facts.stage = Stage::NotSent;
        }
        let copy = if called { self.request.replay() } else { None };
        let has_copy = copy.is_some() || !called;
        let decision = decide(&facts, self.request.idempotency(), has_copy, self.others());
        if decision == Decision::PassOn {
            return Err(error);
        }
        if decision == (Decision::FailOver { free: false }) {
            self.withdrawal = self.roster.ground.budget.withdraw();
            if self.withdrawal.is_none() {
                debug!(
                    target: "leeward::router",
                    operation = %self.request.operation(),
                    region = %self.site().region,
                    category = %facts.category,
                    code = facts.code,
                    "attempt failed, budget spent"
                );
                if facts.stage == Stage::Answered {
                    return Err(error);
                }
                self.round.failed(self.at, Failure::from(&facts));
                let tried = self.tried();
                return Err(Rejected::BudgetSpent { tried }.into());
            }
        }
        self.round.failed(self.at, Failure::from(&facts));
        self.leaves = Some(self.at);
        if called {
            self.failed = Some(error);
        }
        if decision == Decision::GiveUp {
            return Err(self.end());
        }
        if let Some(copy) = copy {
            self.request = copy;
        }
        Ok(())
    }

    /// The answer of a call that no Region is left for.
    ///
    /// What a single Region said is the answer while the others are only held back: it may pass, and a layer above may try
    /// again. What a Region said in panic, or the second one after the first, is a total outage.
    fn end(&mut self) -> S::Error {
        if let Some(refusal) = self.round.take_only_refusal() {
            return refusal.into();
        }
        match self.failed.take() {
            Some(error) if self.round.called_one_in_turn() => error,
            _ => self.exhausted().into(),
        }
    }

    fn others(&self) -> Others {
        if self.round.is_of_one() {
            Others::Absent
        } else if self.round.has_more() {
            Others::Left
        } else {
            Others::Tried
        }
    }

    fn tried(&self) -> Vec<Tried> {
        self.round
            .attempts(|at| self.roster.ground.sites[at].region.clone())
    }

    fn exhausted(&self) -> Rejected {
        let operation = self.request.operation();
        let elapsed = self.roster.ground.clock.now().since(self.began);
        let tried = self.tried();
        debug!(target: "leeward::router", %operation, regions = tried.len(), ?elapsed, "no Region answered");
        self.roster
            .ground
            .observers
            .tell(|| RouterEvent::Exhausted {
                operation,
                tried: tried.clone(),
                elapsed,
            });
        Rejected::Exhausted { tried }
    }

    fn tell_failed_over(&self, left: usize) {
        let failure = self.round.failure_in(left).expect("noted when it was left");
        let operation = self.request.operation();
        let (from, to) = (&self.roster.ground.sites[left].region, &self.site().region);
        let elapsed = self.roster.ground.clock.now().since(self.began);
        debug!(
            target: "leeward::router",
            %operation, %from, %to, ?elapsed,
            category = %failure.category(),
            code = failure.code(),
            "failing over"
        );
        self.roster
            .ground
            .observers
            .tell(|| RouterEvent::FailedOver {
                operation,
                from: from.clone(),
                to: to.clone(),
                failure: failure.clone(),
                elapsed,
            });
    }
}
