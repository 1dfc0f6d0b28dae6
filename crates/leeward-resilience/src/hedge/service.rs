use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::Classify;
use tower_service::Service;

use super::{ResponseFuture, course::Course, layer::Plan};
use crate::{Clock, TscClock, deadline::Claim};

/// Hedges the calls of `inner`; made by [`HedgeLayer`](super::HedgeLayer).
#[derive(Clone, Debug)]
pub struct Hedge<S, C: Clock = TscClock> {
    inner: S,
    plan: Arc<Plan<C>>,
}

impl<S, C: Clock> Hedge<S, C> {
    #[inline(always)]
    pub(super) const fn new(inner: S, plan: Arc<Plan<C>>) -> Self {
        Self { inner, plan }
    }
}

impl<S, C, Request> Service<Request> for Hedge<S, C>
where
    S: Service<Request> + Clone,
    S::Error: Classify,
    C: Clock,
    Request: crate::Request,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request, C>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        let Some(course) = Course::begin(&self.plan, &request) else {
            return ResponseFuture::passing(claim.call(&mut self.inner, request));
        };
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        ResponseFuture::hedged(ready, request, course, claim)
    }
}
