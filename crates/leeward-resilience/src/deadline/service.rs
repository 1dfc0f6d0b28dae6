use std::task::{Context, Poll};

use leeward_error_taxonomy::Rejected;
use tokio::time::Instant;
use tower_service::Service;

use super::{
    Claim, ResponseFuture,
    limit::{Due, Limit},
};
use crate::Switch;

/// Bounds the time that the calls of `inner` may take; made by [`DeadlineLayer`](super::DeadlineLayer).
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
    limit: Limit,
    switch: Switch,
}

impl<S> Deadline<S> {
    #[inline(always)]
    pub(super) const fn new(inner: S, limit: Limit, switch: Switch) -> Self {
        Self {
            inner,
            limit,
            switch,
        }
    }
}

impl<S, Request> Service<Request> for Deadline<S>
where
    S: Service<Request>,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if !self.switch.is_on() {
            return ResponseFuture::unbounded(claim.call(&mut self.inner, request));
        }
        // The one look at the clock that a call costs.
        let now = Instant::now();
        let above = Due::current();
        let Some(due) = self.limit.begin(now, above) else {
            return ResponseFuture::unbounded(claim.call(&mut self.inner, request));
        };
        // In the name of the deadline above only what that has handed on, in its own name anything.
        let is_own = above.is_none_or(|above| due.end < above.end);
        let claim = if is_own { Claim::GRANTED } else { claim };
        if due.end <= now {
            return ResponseFuture::refused(due, claim);
        }
        let inner = due.within(|| claim.call(&mut self.inner, request));
        ResponseFuture::bounded(inner, due)
    }
}
