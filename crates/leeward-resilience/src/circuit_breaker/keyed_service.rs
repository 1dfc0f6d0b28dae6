use std::{
    fmt,
    hash::Hash,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_layer::Layer;
use tower_service::Service;

use super::{CircuitBreakers, ResponseFuture};
use crate::{Clock, Switch, TscClock, deadline::Claim};

/// Puts [`CircuitBreakers`] before a service; a function tells the key of each request.
///
/// Every service that the layer makes shares the circuits. A call takes the lock of all keys for a short time, to find its own.
///
/// ```
/// use leeward_error_taxonomy::OperationName;
/// use leeward_resilience::{CircuitBreakers, CircuitBreakersLayer, CircuitConfig, Plain, Request};
/// use std::num::NonZeroUsize;
///
/// // One circuit for each operation: writes that fail do not keep reads out.
/// let breakers = CircuitBreakers::new(CircuitConfig::new(), NonZeroUsize::new(100).ok_or("none")?);
/// let layer = CircuitBreakersLayer::new(breakers.clone(), |request: &Plain<u32>| request.operation());
/// # let _: &CircuitBreakersLayer<OperationName, _> = &layer;
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreakersLayer<K, F, C: Clock = TscClock> {
    breakers: CircuitBreakers<K, C>,
    key_of: F,
    switch: Switch,
}

impl<K, F, C: Clock> CircuitBreakersLayer<K, F, C> {
    /// Mounts breakers; `key_of` is called for every request and should be quick.
    ///
    /// Keep a clone of the breakers to look at them. Reads the environment's `LEEWARD_CIRCUIT_BREAKER`.
    pub fn new(breakers: CircuitBreakers<K, C>, key_of: F) -> Self {
        Self {
            breakers,
            key_of,
            switch: Switch::from_env("LEEWARD_CIRCUIT_BREAKER"),
        }
    }

    /// Obeys this switch and not the environment. While it is off, calls pass without the breakers' knowledge, and nobody
    /// asks for their keys.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }
}

impl<S, K, F: Clone, C: Clock> Layer<S> for CircuitBreakersLayer<K, F, C> {
    type Service = CircuitBreakersService<S, K, F, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakersService {
            inner,
            breakers: self.breakers.clone(),
            key_of: self.key_of.clone(),
            switch: self.switch.clone(),
        }
    }
}

impl<K, F, C: Clock> fmt::Debug for CircuitBreakersLayer<K, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakersLayer")
            .field("breakers", &self.breakers)
            .finish_non_exhaustive()
    }
}

/// Asks the breaker of each call's key before it calls `inner`; made by [`CircuitBreakersLayer`].
#[derive(Clone)]
pub struct CircuitBreakersService<S, K, F, C: Clock = TscClock> {
    inner: S,
    breakers: CircuitBreakers<K, C>,
    key_of: F,
    switch: Switch,
}

impl<S, K, F, C, Request> Service<Request> for CircuitBreakersService<S, K, F, C>
where
    S: Service<Request>,
    S::Error: Classify + From<Rejected>,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    F: Fn(&Request) -> K,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if !self.switch.is_on() {
            return ResponseFuture::passing(claim.call(&mut self.inner, request));
        }
        match self.breakers.of(&(self.key_of)(&request)).admit() {
            Ok(admission) => {
                ResponseFuture::admitted(claim.call(&mut self.inner, request), admission)
            }
            Err(rejected) => ResponseFuture::refused(rejected),
        }
    }
}

impl<S: fmt::Debug, K, F, C: Clock> fmt::Debug for CircuitBreakersService<S, K, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakersService")
            .field("inner", &self.inner)
            .field("breakers", &self.breakers)
            .finish_non_exhaustive()
    }
}
