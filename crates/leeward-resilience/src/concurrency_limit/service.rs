use std::{
    mem,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_service::Service;

use super::{ConcurrencyLimiter, ResponseFuture};
use crate::{Clock, Switch, TscClock};

/// Asks a [`ConcurrencyLimiter`] before each call of `inner`; made by
/// [`ConcurrencyLimitLayer`](super::ConcurrencyLimitLayer).
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit<S, C: Clock = TscClock> {
    inner: S,
    limiter: ConcurrencyLimiter<C>,
    switch: Switch,
}

impl<S, C: Clock> ConcurrencyLimit<S, C> {
    #[inline]
    pub(super) const fn new(inner: S, limiter: ConcurrencyLimiter<C>, switch: Switch) -> Self {
        Self {
            inner,
            limiter,
            switch,
        }
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
        if !self.switch.is_on() {
            return ResponseFuture::calling(self.inner.call(request), None);
        }
        if let Ok(permit) = self.limiter.try_acquire() {
            return ResponseFuture::calling(self.inner.call(request), Some(permit));
        }
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        ResponseFuture::waiting(self.limiter.acquire(), ready, request)
    }
}
