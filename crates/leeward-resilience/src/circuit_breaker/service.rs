use std::task::{Context, Poll};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_service::Service;

use super::{CircuitBreaker, ResponseFuture};
use crate::{Clock, Switch, TscClock};

/// Asks a [`CircuitBreaker`] before each call of `inner`; made by [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
#[derive(Clone, Debug)]
pub struct CircuitBreakerService<S, C: Clock = TscClock> {
    inner: S,
    breaker: CircuitBreaker<C>,
    switch: Switch,
}

impl<S, C: Clock> CircuitBreakerService<S, C> {
    pub(super) const fn new(inner: S, breaker: CircuitBreaker<C>, switch: Switch) -> Self {
        Self {
            inner,
            breaker,
            switch,
        }
    }
}

impl<S, C, Request> Service<Request> for CircuitBreakerService<S, C>
where
    S: Service<Request>,
    S::Error: Classify + From<Rejected>,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    // Admission waits for `call`: a probe's place taken here and never used would keep everybody else out.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !self.switch.is_on() {
            return ResponseFuture::passing(self.inner.call(request));
        }
        match self.breaker.admit() {
            Ok(admission) => ResponseFuture::admitted(self.inner.call(request), admission),
            Err(rejected) => ResponseFuture::refused(rejected),
        }
    }
}
