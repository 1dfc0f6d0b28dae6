use std::{
    mem,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_service::Service;

use super::{RateLimiter, ResponseFuture};
use crate::{Clock, Switch, TscClock, deadline::Claim};

/// Asks a [`RateLimiter`] before each call of `inner`; made by [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Clone, Debug)]
pub struct RateLimit<S, C: Clock = TscClock> {
    inner: S,
    limiter: RateLimiter<C>,
    switch: Switch,
}

impl<S, C: Clock> RateLimit<S, C> {
    pub(super) const fn new(inner: S, limiter: RateLimiter<C>, switch: Switch) -> Self {
        Self {
            inner,
            limiter,
            switch,
        }
    }
}

impl<S, C, Request> Service<Request> for RateLimit<S, C>
where
    S: Service<Request> + Clone,
    S::Error: Classify + From<Rejected>,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request, C>;

    // A share is taken in `call`: one taken here and never used would be lost to everybody else.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if self.switch.is_on() {
            limited(&mut self.inner, request, &self.limiter, claim)
        } else {
            ResponseFuture::calling(claim.call(&mut self.inner, request), None)
        }
    }
}

/// Calls `inner`, which is ready, now or when `limiter` has a share for the call.
#[inline(always)]
pub(super) fn limited<S, C, Request>(
    inner: &mut S,
    request: Request,
    limiter: &RateLimiter<C>,
    claim: Claim,
) -> ResponseFuture<S, Request, C>
where
    S: Service<Request> + Clone,
    C: Clock,
{
    if let Some(sent_at) = limiter.pass() {
        return ResponseFuture::calling(claim.call(inner, request), limiter.listener(sent_at));
    }
    queued(inner, request, limiter, claim)
}

#[cold]
#[inline(never)]
fn queued<S, C, Request>(
    inner: &mut S,
    request: Request,
    limiter: &RateLimiter<C>,
    claim: Claim,
) -> ResponseFuture<S, Request, C>
where
    S: Service<Request> + Clone,
    C: Clock,
{
    let Some((place, wait)) = limiter.join() else {
        return ResponseFuture::refused();
    };
    let next = inner.clone();
    let ready = mem::replace(inner, next);
    ResponseFuture::waiting(place, wait, claim, ready, request)
}
