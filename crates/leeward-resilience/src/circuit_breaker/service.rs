use std::{
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_service::Service;

use super::{CircuitBreakerLayer, ResponseFuture};
use crate::{Clock, TscClock, deadline::Claim};

/// Asks a [`CircuitBreaker`](super::CircuitBreaker) before each call of `inner`; made by [`CircuitBreakerLayer`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerService<S, C: Clock = TscClock> {
    inner: S,
    // One pointer for breaker and switch: a retry layer above clones the service for each call.
    layer: Arc<CircuitBreakerLayer<C>>,
}

impl<S, C: Clock> CircuitBreakerService<S, C> {
    #[inline(always)]
    pub(super) const fn new(inner: S, layer: Arc<CircuitBreakerLayer<C>>) -> Self {
        Self { inner, layer }
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
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if !self.layer.switch.is_on() {
            return ResponseFuture::passing(claim.call(&mut self.inner, request));
        }
        match self.layer.breaker.admit() {
            Ok(admission) => {
                ResponseFuture::admitted(claim.call(&mut self.inner, request), admission)
            }
            Err(rejected) => ResponseFuture::refused(rejected),
        }
    }
}
