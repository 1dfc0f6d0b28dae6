use std::ops::ControlFlow;

use leeward_error_taxonomy::{Attempt as Tried, Classify, Failure, Rejected, Stage, Verdict};
use leeward_resilience::{Clock, Request};
use tower_service::Service;
use tracing::debug;

use super::{Course, Next};
use crate::RouterEvent;

impl<S, R, C> Course<S, R, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    /// The answer of a call that no Region is left for.
    ///
    /// What a single Region said is the answer while the others are only held back: it may pass, and a layer above may try
    /// again. What a Region said in panic, or the second one after the first, is a total outage.
    pub(super) fn end(&mut self) -> S::Error {
        if let Some(refusal) = self.round.take_only_refusal() {
            return refusal.into();
        }
        match self.failed.take() {
            Some(error) if self.round.called_one_in_turn() => error,
            _ => self.exhausted().into(),
        }
    }

    /// The answer of a call to which the Region `at` has said this. What is final there may be so there alone, as where a copy lags
    /// behind or a policy is missing: then it is told that others were to serve the call.
    pub(super) fn answer(&self, at: usize, error: S::Error) -> Next<S, R> {
        let facts = error.facts();
        if facts.stage == Stage::Answered && facts.verdict == Verdict::Final {
            let tried = self.tried();
            if !tried.is_empty() {
                self.tell_answered_elsewhere(at, &Failure::from(&facts), tried);
            }
        }
        ControlFlow::Break(Err(error))
    }

    #[cold]
    fn tell_answered_elsewhere(&self, at: usize, failure: &Failure, tried: Vec<Tried>) {
        let operation = self.request.operation();
        let region = &self.roster.ground.sites[at].region;
        let elapsed = self.roster.ground.clock.now().since(self.began);
        let regions: Vec<&str> = tried.iter().map(|tried| tried.region.as_str()).collect();
        debug!(
            target: "leeward::router",
            %operation, %region, after = regions.join(", "), ?elapsed,
            category = %failure.category(),
            code = failure.code(),
            "answered by an error for good, other Regions not serving"
        );
        let observers = &self.roster.ground.observers;
        observers.tell(|| RouterEvent::AnsweredElsewhere {
            operation,
            region: region.clone(),
            failure: failure.clone(),
            tried,
            elapsed,
        });
    }

    pub(super) fn tried(&self) -> Vec<Tried> {
        self.round
            .attempts(|at| self.roster.ground.sites[at].region.clone())
    }

    fn exhausted(&self) -> Rejected {
        self.roster.meter.exhausted.add();
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

    pub(super) fn tell_failed_over(&self, left: usize) {
        self.roster.member(left).meter.left.add();
        let failure = self.round.failure_in(left).expect("noted when it was left");
        let operation = self.request.operation();
        let sites = &self.roster.ground.sites;
        let (from, to) = (&sites[left].region, &self.site().region);
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

    /// There is no token for the attempt that would follow the one that failed.
    #[cold]
    pub(super) fn tell_not_failed_over(&self, left: usize, failure: &Failure) {
        self.roster.meter.out_of_budget.add();
        let operation = self.request.operation();
        let from = &self.roster.ground.sites[left].region;
        let elapsed = self.roster.ground.clock.now().since(self.began);
        debug!(
            target: "leeward::router",
            %operation, %from, ?elapsed,
            category = %failure.category(),
            code = failure.code(),
            "attempt failed, budget spent"
        );
        self.roster
            .ground
            .observers
            .tell(|| RouterEvent::NotFailedOver {
                operation,
                from: from.clone(),
                failure: failure.clone(),
                elapsed,
            });
    }

    /// The request itself refuses to go to a Region; told once, though a hedge and a fail-over may both ask.
    #[cold]
    pub(super) fn tell_refused(&mut self, at: usize, refusal: &Rejected) {
        if !self.round.tells_of_refusal(at) {
            return;
        }
        self.roster.member(at).meter.refused.add();
        let operation = self.request.operation();
        let region = &self.roster.ground.sites[at].region;
        let failure = || Failure::from(&refusal.facts());
        debug!(
            target: "leeward::router",
            %operation, %region, failure = %failure(),
            "the request does not go there"
        );
        self.roster.ground.observers.tell(|| RouterEvent::Refused {
            operation,
            region: region.clone(),
            failure: failure(),
        });
    }

    pub(super) fn tell_hedged(&self, at: usize) {
        let operation = self.request.operation();
        let (from, to) = (&self.site().region, &self.roster.ground.sites[at].region);
        let elapsed = self.roster.ground.clock.now().since(self.began);
        debug!(
            target: "leeward::router",
            %operation, %from, %to, ?elapsed,
            "not answered yet, asking the next Region too"
        );
        self.roster.ground.observers.tell(|| RouterEvent::Hedged {
            operation,
            from: from.clone(),
            to: to.clone(),
            elapsed,
        });
    }

    /// There is no token for the attempt that would begin beside the first.
    #[cold]
    pub(super) fn tell_not_hedged(&self) {
        self.roster.meter.out_of_budget.add();
        let operation = self.request.operation();
        let from = &self.site().region;
        let elapsed = self.roster.ground.clock.now().since(self.began);
        debug!(target: "leeward::router", %operation, %from, ?elapsed, "not answered yet, budget spent");
        self.roster
            .ground
            .observers
            .tell(|| RouterEvent::NotHedged {
                operation,
                from: from.clone(),
                elapsed,
            });
    }

    pub(super) fn tell_hedge_won(&self, at: usize) {
        let operation = self.request.operation();
        let region = &self.roster.ground.sites[at].region;
        let elapsed = self.roster.ground.clock.now().since(self.began);
        debug!(target: "leeward::router", %operation, %region, ?elapsed, "the second Region was first to answer");
        self.roster.ground.observers.tell(|| RouterEvent::HedgeWon {
            operation,
            region: region.clone(),
            elapsed,
        });
    }
}
