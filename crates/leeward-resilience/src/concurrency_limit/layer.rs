use std::sync::Arc;

use tower_layer::Layer;

use super::{ConcurrencyLimit, ConcurrencyLimiter};
use crate::{Clock, Switch, TscClock};

/// Puts a [`ConcurrencyLimiter`] before a service.
///
/// Every service that the layer makes shares the one limiter. To limit each service by itself, make a layer for each.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitLayer<C: Clock = TscClock> {
    pub(super) limiter: ConcurrencyLimiter<C>,
    pub(super) switch: Switch,
}

impl<C: Clock> ConcurrencyLimitLayer<C> {
    /// Mounts a limiter; keep a clone of it to look at its numbers.
    ///
    /// The environment variable `LEEWARD_CONCURRENCY_LIMIT` set to `off` makes it a pass-through.
    #[must_use]
    pub fn new(limiter: ConcurrencyLimiter<C>) -> Self {
        Self {
            limiter,
            switch: Switch::from_env("LEEWARD_CONCURRENCY_LIMIT"),
        }
    }

    /// Takes this switch in place of the environment's: while it is off, calls pass without a permit.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }
}

impl<S, C: Clock> Layer<S> for ConcurrencyLimitLayer<C> {
    type Service = ConcurrencyLimit<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcurrencyLimit::new(inner, Arc::new(self.clone()))
    }
}
