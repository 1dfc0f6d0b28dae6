use std::sync::Arc;

use tower_layer::Layer;

use super::{CircuitBreaker, CircuitBreakerService};
use crate::{Clock, Switch, TscClock};

/// Puts a [`CircuitBreaker`] before a service.
///
/// Every service that the layer makes shares the one circuit. To make a circuit for each service, make a layer for each.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<C: Clock = TscClock> {
    pub(super) breaker: CircuitBreaker<C>,
    pub(super) switch: Switch,
}

impl<C: Clock> CircuitBreakerLayer<C> {
    /// Mounts a breaker; keep a clone of it to look at its state. Reads the environment's `LEEWARD_CIRCUIT_BREAKER`.
    #[must_use]
    pub fn new(breaker: CircuitBreaker<C>) -> Self {
        Self {
            breaker,
            switch: Switch::from_env("LEEWARD_CIRCUIT_BREAKER"),
        }
    }

    /// Obeys this switch and not the environment. While it is off, calls pass without the breaker's knowledge.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }
}

impl<S, C: Clock> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreakerService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakerService::new(inner, Arc::new(self.clone()))
    }
}
