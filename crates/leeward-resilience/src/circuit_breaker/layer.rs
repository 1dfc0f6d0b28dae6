use tower_layer::Layer;

use super::{CircuitBreaker, CircuitBreakerService};
use crate::{Clock, TscClock};

/// Puts a [`CircuitBreaker`] before a service.
///
/// Every service that the layer makes shares the one circuit. To make a circuit for each service, make a layer for each.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<C: Clock = TscClock> {
    breaker: CircuitBreaker<C>,
}

impl<C: Clock> CircuitBreakerLayer<C> {
    /// Mounts a breaker; keep a clone of it to look at its state.
    #[must_use]
    pub const fn new(breaker: CircuitBreaker<C>) -> Self {
        Self { breaker }
    }
}

impl<S, C: Clock> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreakerService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakerService::new(inner, self.breaker.clone())
    }
}
