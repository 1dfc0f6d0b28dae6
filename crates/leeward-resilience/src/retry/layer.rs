use std::sync::Arc;

use tower_layer::Layer;

use super::{Retry, RetryCounters, RetryPolicy};
use crate::{Budget, Clock, Switch, TokioClock, clock::Calendar, seed::Seed};

/// Sends failed requests again, within a policy and a budget.
#[derive(Clone, Debug)]
pub struct RetryLayer {
    plan: Arc<Plan>,
}

/// What the calls of one layer share.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) policy: RetryPolicy,
    pub(super) budget: Budget,
    pub(super) counters: RetryCounters,
    pub(super) seed: Arc<Seed>,
    pub(super) switch: Switch,
    pub(super) calendar: Calendar,
}

impl RetryLayer {
    /// Sends again as `policy` says, within a default [`Budget`] of the layer's own. Reads the environment's
    /// `LEEWARD_RETRY`.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        let seed = policy.seed().map_or_else(Seed::random, Seed::new);
        Self {
            plan: Arc::new(Plan {
                policy,
                budget: Budget::default(),
                counters: RetryCounters::default(),
                seed: Arc::new(seed),
                switch: Switch::from_env("LEEWARD_RETRY"),
                calendar: Calendar::of(TokioClock::new()),
            }),
        }
    }

    /// Draws on this budget, and pays each call into it, unless it is [`Budget::withdraw_only`].
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Self {
        let plan = Arc::unwrap_or_clone(self.plan);
        Self {
            plan: Arc::new(Plan { budget, ..plan }),
        }
    }

    /// Obeys this switch and not the environment. While it is off, each request is sent once and not counted. It still pays into
    /// the budget, which hedges and fail-over below may draw on.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        let plan = Arc::unwrap_or_clone(self.plan);
        Self {
            plan: Arc::new(Plan { switch, ..plan }),
        }
    }

    /// Measures dates that a service asks to wait until by this clock's [time of day](Clock::date); the system's by default.
    #[must_use]
    pub fn with_clock<C: Clock>(self, clock: C) -> Self {
        let plan = Arc::unwrap_or_clone(self.plan);
        Self {
            plan: Arc::new(Plan {
                calendar: Calendar::of(clock),
                ..plan
            }),
        }
    }

    /// The counts of everything that this layer and its clones do.
    #[must_use]
    pub fn counters(&self) -> RetryCounters {
        self.plan.counters.clone()
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Retry<S> {
        Retry::new(inner, Arc::clone(&self.plan))
    }
}
