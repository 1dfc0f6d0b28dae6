use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

use super::{Claim, limit::Due};

pin_project! {
    /// The answer of [`Deadline`](super::Deadline).
    pub struct ResponseFuture<F> {
        // None if the call was refused, and as soon as its time is over: it holds nothing while the refusal lies about.
        #[pin]
        inner: Option<F>,
        // Made at the first wait: calls that are answered at once never touch the timer.
        #[pin]
        sleep: Option<Sleep>,
        // None if nothing bounds the call.
        due: Option<Due>,
        // Of a call that was refused.
        claim: Claim,
    }
}

impl<F> ResponseFuture<F> {
    #[inline(always)]
    pub(super) const fn unbounded(inner: F) -> Self {
        Self {
            inner: Some(inner),
            sleep: None,
            due: None,
            claim: Claim::WITHHELD,
        }
    }

    #[inline(always)]
    pub(super) const fn bounded(inner: F, due: Due) -> Self {
        Self {
            inner: Some(inner),
            sleep: None,
            due: Some(due),
            claim: Claim::WITHHELD,
        }
    }

    pub(super) const fn refused(due: Due, claim: Claim) -> Self {
        Self {
            inner: None,
            sleep: None,
            due: Some(due),
            claim,
        }
    }
}

impl<F, Response, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response, E>>,
    E: From<Rejected>,
{
    type Output = Result<Response, E>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(due) = *this.due else {
            let inner = this.inner.as_pin_mut();
            return inner.expect("nothing refuses it").poll(cx);
        };
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(due.limit.refuse(this.claim.has_started()).into()));
        };
        let answer = due.within(|| inner.poll(cx));
        if answer.is_ready() {
            return answer;
        }
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep_until(due.end)));
        }
        let sleep = this.sleep.as_pin_mut().expect("made above");
        if sleep.poll(cx).is_pending() && !is_over_unheard(due.end) {
            return Poll::Pending;
        }
        this.inner.set(None);
        Poll::Ready(Err(due.limit.refuse(true).into()))
    }
}

/// Whether the time is over though the timer says nothing: to a task that has used up its share of the runtime, it does.
fn is_over_unheard(end: Instant) -> bool {
    !coop::has_budget_remaining() && Instant::now() >= end
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("limit", &self.due.map(|due| due.limit))
            .finish_non_exhaustive()
    }
}
