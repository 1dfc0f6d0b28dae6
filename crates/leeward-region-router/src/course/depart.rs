use std::time::Duration;

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{
    Admission, AdmissionTerms, CircuitState, Clock, Idempotency, Request, Timestamp, deadline,
};
use tokio::time::Instant;
use tower_service::Service;
use tracing::debug;

use super::{
    Course, Stage,
    leg::{Leg, Limit},
};
use crate::{
    attempt::Attempt,
    round::{Pick, Round},
    route,
};

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
            let Some(pick) = self.pick(now) else {
                return Err(self.end());
            };
            if let Some(attempt) = self.set_out(pick, now) {
                return Ok(attempt);
            }
        }
    }

    /// Begins the attempt that takes the place of the first one, which has failed while a second one is under way; `None` if there is
    /// to be none, or no Region takes it.
    pub(crate) fn depart_beside(&mut self) -> Option<Attempt<S, R>> {
        if !std::mem::take(&mut self.replaces_first) {
            return None;
        }
        let now = self.roster.ground.clock.now();
        while let Some(pick) = self.round.pick_calmly() {
            if let Some(attempt) = self.set_out(pick, now) {
                return Some(attempt);
            }
        }
        self.withdrawal = None;
        None
    }

    /// The first attempt is waited for from `now` on; says for how long it is left alone before another begins beside it, if one is to.
    pub(crate) fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.first.limit = Limit::current(now);
        self.hedge_delay()
    }

    fn pick(&mut self, now: Timestamp) -> Option<Pick> {
        let roster = &self.roster;
        self.round.pick(
            |at| roster.hope(at, now),
            |at| roster.is_worth_another(at, now),
        )
    }

    fn begin(&mut self, now: Timestamp) -> Result<(), S::Error> {
        self.began = now;
        let is_on = self.roster.ground.switch.is_on();
        let may_explore = self.roster.ranking.is_some() && self.can_go_on();
        let placement = self.request.placement();
        let order = route::order(&self.roster, placement, is_on, may_explore, now)?;
        self.round = Round::new(order);
        self.stage = if is_on { Stage::Routed } else { Stage::Passing };
        Ok(())
    }

    /// Sends the request to the one Region there is while the router is switched off.
    fn pass(&mut self) -> Result<Attempt<S, R>, S::Error> {
        self.first.at = self.round.first();
        self.first.began = self.began;
        let request = self.request.for_region(&self.site().region)?;
        Ok(Attempt::new(&self.roster.ground, self.site(), request))
    }

    /// Begins the attempt in a Region, if that takes the request; notes a refusal.
    fn set_out(&mut self, pick: Pick, now: Timestamp) -> Option<Attempt<S, R>> {
        let any = AdmissionTerms::new();
        let is_further = self.leaves.is_some();
        let (at, terms) = match pick {
            Pick::InTurn(at) if is_further => (at, any.past_slow_start().without_probing()),
            Pick::InTurn(at) => {
                let mut admission = self.admit(at, any.without_probing(), now);
                if admission.is_none() && self.may_probe(at) {
                    self.round.ask(at);
                    admission = self.admit(at, any, now);
                }
                return self.send(at, Some(admission?), now);
            }
            Pick::PastSlowStart(at) => (at, any.past_slow_start().without_probing()),
            Pick::Probing(at) => (at, any.past_slow_start()),
            Pick::InPanic(at) => {
                if is_further && let Err(refusal) = self.has_time(at) {
                    self.round.refused(at, refusal);
                    return None;
                }
                return self.send(at, None, now);
            }
        };
        let admission = self.admit(at, terms, now)?;
        self.send(at, Some(admission), now)
    }

    /// Asks the circuit of a Region, and whether there is time for it; notes a refusal.
    fn admit(&mut self, at: usize, terms: AdmissionTerms, now: Timestamp) -> Option<Admission<C>> {
        if self.leaves.is_some()
            && let Err(refusal) = self.has_time(at)
        {
            self.round.refused(at, refusal);
            return None;
        }
        match self.roster.admit(at, now, terms) {
            Ok(admission) => return Some(admission),
            Err(Rejected::CircuitOpen { retry_in }) => self.round.held_back(at, retry_in),
            Err(refusal) => self.round.refused(at, refusal),
        }
        None
    }

    /// Refuses a further attempt in a Region that normally takes longer than the caller's deadline leaves.
    pub(super) fn has_time(&self, at: usize) -> Result<(), Rejected> {
        let usual = self.roster.member(at).circuit.baseline();
        match (usual, deadline::remaining()) {
            (Some(usual), Some(left)) if left < usual => {
                Err(Rejected::unavailable(route::NoTime { left, usual }))
            }
            _ => Ok(()),
        }
    }

    /// Makes the attempt, unless the request refuses to go there.
    fn send(
        &mut self,
        at: usize,
        admission: Option<Admission<C>>,
        now: Timestamp,
    ) -> Option<Attempt<S, R>> {
        let region = &self.roster.ground.sites[at].region;
        let request = match self.request.for_region(region) {
            Ok(request) => request,
            Err(refusal) => {
                self.tell_refused(at, &refusal);
                self.round.refused(at, refusal);
                return None;
            }
        };
        let is_panic = admission.is_none();
        self.first = Leg::new(at, admission, now);
        if is_panic {
            self.panic();
        }
        if let Some(withdrawal) = self.withdrawal.take() {
            withdrawal.spend();
        }
        if let Some(left) = self.leaves {
            self.tell_failed_over(left);
        }
        Some(Attempt::new(&self.roster.ground, self.site(), request))
    }

    #[cold]
    fn panic(&mut self) {
        self.stage = Stage::Panicking;
        self.roster.member(self.first.at).meter.unadmitted.add();
        self.roster.meter.panics.add();
        let (operation, region) = (self.request.operation(), &self.site().region);
        debug!(target: "leeward::router", %operation, %region, "no Region left that takes the call, calling one that holds it back");
    }

    /// Whether the request goes on after an attempt that may have been applied: it may be sent again, and can be.
    fn can_go_on(&self) -> bool {
        self.repeats() == Idempotency::Idempotent && self.request.replay().is_some()
    }

    /// Whether the call may be the probe that a Region waits for, which has held it back: it would be lost otherwise if the Region is
    /// still bad.
    #[cold]
    fn may_probe(&self, at: usize) -> bool {
        self.round.has_hesitated(at)
            && self.roster.member(at).circuit.state() != CircuitState::Closed
            && self.can_go_on()
    }
}
