use std::{sync::Arc, time::Duration};

use tower_layer::Layer;

use super::{Hedge, HedgeCounters, HedgePolicy, latency::Latency};
use crate::{Budget, Clock, Switch, TscClock};

/// Sends a call that is not answered in time a second time, and takes the first success.
#[derive(Clone, Debug)]
pub struct HedgeLayer<C: Clock = TscClock> {
    plan: Arc<Plan<C>>,
}

/// What the calls of one layer share.
#[derive(Clone, Debug)]
pub(super) struct Plan<C> {
    pub(super) policy: HedgePolicy,
    pub(super) latency: Arc<Latency>,
    pub(super) budget: Budget,
    pub(super) counters: HedgeCounters,
    pub(super) switch: Switch,
    pub(super) clock: C,
}

impl HedgeLayer {
    /// Hedges as `policy` says, within a default [`Budget`] of the layer's own, on the production clock. Reads the
    /// environment's `LEEWARD_HEDGE`.
    #[must_use]
    pub fn new(policy: HedgePolicy) -> Self {
        Self::with_clock(policy, TscClock::new())
    }
}

impl<C: Clock> HedgeLayer<C> {
    /// As [`new`](HedgeLayer::new), on a clock of the caller's choice.
    #[must_use]
    pub fn with_clock(policy: HedgePolicy, clock: C) -> Self {
        Self {
            plan: Arc::new(Plan {
                policy,
                latency: Arc::new(Latency::new()),
                budget: Budget::default(),
                counters: HedgeCounters::default(),
                switch: Switch::from_env("LEEWARD_HEDGE"),
                clock,
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

    /// Obeys this switch and not the environment. While it is off, each request is sent once, and nothing is learned of
    /// it.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        let plan = Arc::unwrap_or_clone(self.plan);
        Self {
            plan: Arc::new(Plan { switch, ..plan }),
        }
    }

    /// The counts of everything that this layer and its clones do.
    #[must_use]
    pub fn counters(&self) -> HedgeCounters {
        self.plan.counters.clone()
    }

    /// After how long a call would be hedged now; `None` while too few calls have been seen.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.plan.latency.delay(&self.plan.policy)
    }
}

impl<S, C: Clock> Layer<S> for HedgeLayer<C> {
    type Service = Hedge<S, C>;

    fn layer(&self, inner: S) -> Hedge<S, C> {
        Hedge::new(inner, Arc::clone(&self.plan))
    }
}
