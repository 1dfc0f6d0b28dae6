use std::task::{Context, Poll};

use leeward_error_taxonomy::Rejected;
use tower_service::Service;

use super::ResponseFuture;

/// Refuses calls while `inner` is not ready; made by [`LoadShedLayer`](super::LoadShedLayer).
#[derive(Debug)]
pub struct LoadShed<S> {
    inner: S,
    // Whether this very instance said so, and has not been called since.
    inner_is_ready: bool,
}

impl<S> LoadShed<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self {
            inner,
            inner_is_ready: false,
        }
    }
}

impl<S: Clone> Clone for LoadShed<S> {
    fn clone(&self) -> Self {
        // A clone is another instance, whose readiness nobody has asked for yet.
        Self::new(self.inner.clone())
    }
}

impl<S, Request> Service<Request> for LoadShed<S>
where
    S: Service<Request>,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self.inner.poll_ready(cx) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => self.inner_is_ready = true,
            Poll::Pending => self.inner_is_ready = false,
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if std::mem::take(&mut self.inner_is_ready) {
            ResponseFuture::admitted(self.inner.call(request))
        } else {
            ResponseFuture::refused()
        }
    }
}
