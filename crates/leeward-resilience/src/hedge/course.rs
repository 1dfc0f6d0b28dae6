use std::{fmt, sync::Arc, time::Duration};

use leeward_error_taxonomy::OperationName;
use tracing::debug;

use super::{
    layer::Plan,
    policy::{After, has_time},
};
use crate::{Clock, Idempotency, Timestamp, Withdrawal, deadline};

/// How one call goes that may be hedged.
pub(super) struct Course<C> {
    plan: Arc<Plan<C>>,
    operation: OperationName,
    // Nothing that is hedged after a fixed delay needs to know the time.
    began: Option<Timestamp>,
    // The delay that this call is hedged after, once it was asked for.
    delay: Option<Duration>,
    hedges: u32,
}

impl<C: Clock> Course<C> {
    /// Pays the call into the budget; `None` if it is not to be hedged, because it must not be sent twice or the layer is
    /// switched off.
    pub(super) fn begin<Request: crate::Request>(
        plan: &Arc<Plan<C>>,
        request: &Request,
    ) -> Option<Self> {
        if !plan.switch.is_on() {
            return None;
        }
        plan.budget.deposit();
        if plan.policy.max_hedges == 0 || request.idempotency() == Idempotency::NonIdempotent {
            return None;
        }
        let learns = !matches!(plan.policy.after, After::Fixed(_));
        Some(Self {
            operation: request.operation(),
            began: learns.then(|| plan.clock.now()),
            delay: None,
            hedges: 0,
            plan: Arc::clone(plan),
        })
    }

    /// How long to wait for the answer before the next hedge; `None` if there is to be none.
    pub(super) fn delay(&mut self) -> Option<Duration> {
        let plan = &self.plan;
        self.delay = self.delay.or_else(|| plan.latency.delay(&plan.policy));
        self.delay
    }

    /// The token for the hedge that is due; `None` if there is none, or no time for it.
    pub(super) fn pay(&self) -> Option<Withdrawal> {
        if !has_time(self.plan.latency.usual(), deadline::remaining()) {
            return None;
        }
        let withdrawal = self.plan.budget.withdraw();
        if withdrawal.is_none() {
            self.plan.counters.found_no_token();
        }
        withdrawal
    }

    /// Counts a hedge that is sent, and says whether yet another may follow.
    pub(super) fn hedge(&mut self) -> bool {
        self.hedges += 1;
        self.plan.counters.hedged();
        debug!(
            target: "leeward::hedge",
            operation = %self.operation,
            hedge = self.hedges,
            delay = ?self.delay,
            "not answered yet, sending beside it"
        );
        self.hedges < self.plan.policy.max_hedges
    }

    pub(super) fn primary_won(&self) {
        if let Some(began) = self.began {
            let latency = self.plan.clock.now().since(began);
            self.plan.latency.succeeded(&self.plan.policy, latency);
        }
    }

    /// A hedge was first, the primary being still under way or failed.
    pub(super) fn hedge_won(&self, primary_in_flight: bool) {
        self.plan.counters.hedge_won();
        debug!(
            target: "leeward::hedge",
            operation = %self.operation,
            primary_in_flight,
            "a hedge won"
        );
        if let (true, Some(delay)) = (primary_in_flight, self.delay) {
            self.plan.latency.lost_to_a_hedge(&self.plan.policy, delay);
        }
    }
}

impl<C> fmt::Debug for Course<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Course")
            .field("operation", &self.operation)
            .field("hedges", &self.hedges)
            .finish_non_exhaustive()
    }
}
