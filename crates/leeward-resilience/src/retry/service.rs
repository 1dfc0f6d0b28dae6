use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::Classify;
use tower_service::Service;

use super::{ResponseFuture, layer::Plan};
use crate::deadline::Claim;

/// Sends the failed requests of `inner` again; made by [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    plan: Arc<Plan>,
}

impl<S> Retry<S> {
    #[inline(always)]
    pub(super) const fn new(inner: S, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

impl<S, Request> Service<Request> for Retry<S>
where
    S: Service<Request> + Clone,
    S::Error: Classify,
    Request: crate::Request,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        // Even while the layer is off: whatever below draws on the budget lives on it too.
        self.plan.budget.deposit();
        let plan = self.plan.switch.is_on().then(|| Arc::clone(&self.plan));
        ResponseFuture::new(ready, request, plan, claim)
    }
}
