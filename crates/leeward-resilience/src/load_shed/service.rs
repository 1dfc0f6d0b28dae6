use std::task::{Context, Poll};

use leeward_error_taxonomy::Rejected;
use tower_service::Service;

use super::ResponseFuture;
use crate::{Switch, deadline::Claim};

/// Refuses calls while `inner` is not ready; made by [`LoadShedLayer`](super::LoadShedLayer).
#[derive(Debug)]
pub struct LoadShed<S> {
    inner: S,
    // Whether this very instance said so, and has not been called since.
    inner_is_ready: bool,
    switch: Switch,
}

impl<S> LoadShed<S> {
    pub(super) const fn new(inner: S, switch: Switch) -> Self {
        Self {
            inner,
            inner_is_ready: false,
            switch,
        }
    }
}

impl<S: Clone> Clone for LoadShed<S> {
    fn clone(&self) -> Self {
        // A clone is another instance, whose readiness nobody has asked for yet.
        Self::new(self.inner.clone(), self.switch.clone())
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
        let readiness = self.inner.poll_ready(cx);
        self.inner_is_ready = matches!(readiness, Poll::Ready(Ok(())));
        match readiness {
            Poll::Pending if self.switch.is_on() => Poll::Ready(Ok(())),
            readiness => readiness,
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if std::mem::take(&mut self.inner_is_ready) {
            ResponseFuture::admitted(claim.call(&mut self.inner, request))
        } else {
            ResponseFuture::refused()
        }
    }
}
