use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_service::Service;

use super::{ConcurrencyLimitLayer, ResponseFuture};
use crate::{Clock, TscClock, deadline::Claim};

/// Asks a [`ConcurrencyLimiter`](super::ConcurrencyLimiter) before each call of `inner`; made by
/// [`ConcurrencyLimitLayer`].
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit<S, C: Clock = TscClock> {
    inner: S,
    // One pointer for limiter and switch: a retry layer above clones the service for each call.
    layer: Arc<ConcurrencyLimitLayer<C>>,
}

impl<S, C: Clock> ConcurrencyLimit<S, C> {
    #[inline]
    pub(super) const fn new(inner: S, layer: Arc<ConcurrencyLimitLayer<C>>) -> Self {
        Self { inner, layer }
    }
}

impl<S, C, Request> Service<Request> for ConcurrencyLimit<S, C>
where
    S: Service<Request> + Clone,
    S::Error: Classify + From<Rejected>,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request, C>;

    // The permit is the future's: one taken here and never used would keep everybody else out.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if !self.layer.switch.is_on() {
            return ResponseFuture::calling(claim.call(&mut self.inner, request), None);
        }
        if let Ok(permit) = self.layer.limiter.try_acquire() {
            return ResponseFuture::calling(claim.call(&mut self.inner, request), Some(permit));
        }
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        let acquire = self.layer.limiter.acquire().under(claim);
        ResponseFuture::waiting(acquire, claim, ready, request)
    }
}
