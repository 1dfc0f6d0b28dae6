use std::task::{Context, Poll};

use leeward_error_taxonomy::Rejected;
use tower_service::Service;

use super::{ResponseFuture, limit::Limit};

/// Bounds the time that the calls of `inner` may take; made by [`DeadlineLayer`](super::DeadlineLayer).
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
    limit: Limit,
}

impl<S> Deadline<S> {
    pub(super) const fn new(inner: S, limit: Limit) -> Self {
        Self { inner, limit }
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

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.limit)
    }
}
