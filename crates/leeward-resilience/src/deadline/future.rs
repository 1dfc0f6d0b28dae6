use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::limit::Limit;

pin_project! {
    /// The answer of [`Deadline`](super::Deadline).
    pub struct ResponseFuture<F> {
        // Gone as soon as the time is over, so that it holds nothing while the refusal lies about.
        #[pin]
        inner: Option<F>,
        // Made when the answer is first waited for: most calls that are answered at once never touch the timer.
        #[pin]
        sleep: Option<Sleep>,
        // None if the end lies beyond what the clock can tell.
        end: Option<Instant>,
        limit: Limit,
        started: bool,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, limit: Limit) -> Self {
        Self {
            inner: Some(inner),
            sleep: None,
            end: Instant::now().checked_add(limit.timeout),
            limit,
            started: false,
        }
    }
}

impl<F, Response, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response, E>>,
    E: From<Rejected>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let is_over = |end: Instant| Instant::now() >= end;
        if !*this.started && this.end.is_some_and(is_over) {
            this.inner.set(None);
            return Poll::Ready(Err(this.limit.refuse(false).into()));
        }
        *this.started = true;
        let inner = this.inner.as_mut().as_pin_mut();
        if let Poll::Ready(answer) = inner.expect("not polled after its answer").poll(cx) {
            return Poll::Ready(answer);
        }
        let Some(end) = *this.end else {
            return Poll::Pending;
        };
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep_until(end)));
        }
        let sleep = this.sleep.as_pin_mut().expect("made above");
        // A task that has used up its share of the runtime is told that no timer has fired, hence the look at the clock.
        if sleep.poll(cx).is_pending() && !is_over(end) {
            return Poll::Pending;
        }
        this.inner.set(None);
        Poll::Ready(Err(this.limit.refuse(true).into()))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
