use std::task::{Context, Poll};

use leeward_error_taxonomy::Rejected;
use tokio::time::Instant;
use tower_service::Service;

use super::{
    ResponseFuture,
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
        if !self.switch.is_on() {
            return ResponseFuture::unbounded(self.inner.call(request));
        }
        // The one look at the clock that a call costs.
        let now = Instant::now();
        match self.limit.begin(now, Due::current()) {
            None => ResponseFuture::unbounded(self.inner.call(request)),
            Some(due) if due.end <= now => ResponseFuture::refused(due),
            Some(due) => {
                let inner = due.within(|| self.inner.call(request));
                ResponseFuture::bounded(inner, due)
            }
        }
    }
}
