use std::{
    mem,
    task::{Context, Poll, Waker},
};

use leeward_error_taxonomy::Rejected;
use tower_service::Service;

use super::ResponseFuture;
use crate::{Switch, deadline::Claim};

/// Refuses calls while `inner` is not ready; made by [`LoadShedLayer`](super::LoadShedLayer).
#[derive(Debug)]
pub struct LoadShed<S> {
    inner: S,
    // Whether this very instance was made ready while the layer was off, and has not been called since.
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
    S: Service<Request> + Clone,
    S::Error: From<Rejected>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Error>;

    // The service is asked in `call`: a place that it gave here, now or later, and that nobody used would be lost to others.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if self.switch.is_on() {
            return Poll::Ready(Ok(()));
        }
        let readiness = self.inner.poll_ready(cx);
        self.inner_is_ready = matches!(readiness, Poll::Ready(Ok(())));
        readiness
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        let was_ready = mem::take(&mut self.inner_is_ready);
        let readiness = if was_ready {
            Poll::Ready(Ok(()))
        } else {
            // Nobody waits for the answer, so nobody is to be woken.
            self.inner
                .poll_ready(&mut Context::from_waker(Waker::noop()))
        };
        match readiness {
            Poll::Ready(Ok(())) => ResponseFuture::admitted(claim.call(&mut self.inner, request)),
            Poll::Ready(Err(error)) => ResponseFuture::failed(error),
            Poll::Pending => {
                // It may stand in a line now, where it would be given a place that it does not use. A clone stands in none.
                let fresh = self.inner.clone();
                self.inner = fresh;
                ResponseFuture::refused()
            }
        }
    }
}
