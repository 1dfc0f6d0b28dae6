use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use leeward_error_taxonomy::Classify;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::{course::Course, policy::says_more};
use crate::{Clock, TscClock, Withdrawal, budget::Payment, deadline::Claim};

pin_project! {
    /// The answer of [`Hedge`](super::Hedge).
    ///
    /// Dropping it ends every attempt; a token drawn for a hedge that was not sent goes back.
    pub struct ResponseFuture<S, Request, C = TscClock>
    where
        S: Service<Request>,
    {
        #[pin]
        primary: Option<S::Future>,
        // The first hedge has its place here, so that only the rare second one allocates.
        #[pin]
        hedge: Option<S::Future>,
        // Taken with the outcome; on drop, what may have been sent is paid for.
        payment: Option<Payment>,
        further: Vec<(Pin<Box<S::Future>>, Payment)>,
        // Until the next hedge is due.
        #[pin]
        timer: Option<Sleep>,
        // Paid for the hedge that is due, until the service is ready for it.
        withdrawal: Option<Withdrawal>,
        // None, like the course, if the call is not to be hedged.
        service: Option<S>,
        course: Option<Course<C>>,
        // The copy for the next hedge; none if there is to be none.
        spare: Option<Request>,
        failed: Option<S::Error>,
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    Request: crate::Request,
    C: Clock,
{
    /// Sends the request, and its copies from where it was sent.
    #[inline(always)]
    pub(super) fn hedged(mut ready: S, request: Request, course: Course<C>, claim: Claim) -> Self {
        let spare = request.replay();
        let primary = claim.call(&mut ready, request);
        Self::begun(primary, Some(ready), Some(course), spare)
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
{
    /// Waits for a call that is not to be hedged, and needs no copy of the service for it.
    #[inline(always)]
    pub(super) const fn passing(primary: S::Future) -> Self {
        Self::begun(primary, None, None, None)
    }

    // One with its callers, as all of the way of a success: to be moved costs a future of this size more than all the rest here.
    #[inline(always)]
    const fn begun(
        primary: S::Future,
        service: Option<S>,
        course: Option<Course<C>>,
        spare: Option<Request>,
    ) -> Self {
        Self {
            primary: Some(primary),
            hedge: None,
            payment: None,
            further: Vec::new(),
            timer: None,
            withdrawal: None,
            service,
            course,
            spare,
            failed: None,
        }
    }
}

impl<S, Request, C> Future for ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    S::Error: Classify,
    Request: crate::Request,
    C: Clock,
{
    type Output = Result<S::Response, S::Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.course.is_none() {
            let primary = self.project().primary.as_pin_mut();
            return primary.expect("nothing takes it away").poll(cx);
        }
        loop {
            if let Some(response) = self.as_mut().poll_attempts(cx) {
                self.as_mut().end();
                return Poll::Ready(Ok(response));
            }
            if self.primary.is_none() && self.hedge.is_none() && self.further.is_empty() {
                self.as_mut().end();
                let failed = self.project().failed.take();
                return Poll::Ready(Err(failed.expect("kept from the attempt that failed")));
            }
            // A new attempt is to be polled as well; nothing else wakes this task for it.
            ready!(self.as_mut().poll_hedge(cx));
        }
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    S::Error: Classify,
    Request: crate::Request,
    C: Clock,
{
    /// Looks at the attempts, oldest first. A success wins; a failure ends its own attempt and no other.
    fn poll_attempts(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<S::Response> {
        let mut this = self.project();
        let course = this.course.as_ref()?;
        if let Some(primary) = this.primary.as_mut().as_pin_mut()
            && let Poll::Ready(answer) = primary.poll(cx)
        {
            this.primary.set(None);
            match answer {
                Ok(response) => {
                    course.primary_won();
                    return Some(response);
                }
                Err(error) => keep(this.failed, error),
            }
        }
        if let Some(hedge) = this.hedge.as_mut().as_pin_mut()
            && let Poll::Ready(answer) = hedge.poll(cx)
        {
            this.hedge.set(None);
            match answer {
                Ok(response) => {
                    course.hedge_won(this.primary.is_some());
                    return Some(response);
                }
                Err(error) => {
                    if let Some(payment) = this.payment.take() {
                        payment.failed(&error.facts());
                    }
                    keep(this.failed, error);
                }
            }
        }
        let mut at = 0;
        while let Some((attempt, _)) = this.further.get_mut(at) {
            match attempt.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => {
                    course.hedge_won(this.primary.is_some());
                    return Some(response);
                }
                Poll::Ready(Err(error)) => {
                    let (attempt, payment) = this.further.swap_remove(at);
                    drop(attempt);
                    payment.failed(&error.facts());
                    keep(this.failed, error);
                }
                Poll::Pending => at += 1,
            }
        }
        None
    }

    /// Ready when another attempt has been sent.
    fn poll_hedge(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let (Some(course), Some(service), true) = (
            this.course.as_mut(),
            this.service.as_mut(),
            this.spare.is_some(),
        ) else {
            return Poll::Pending;
        };
        if this.withdrawal.is_none() {
            if this.timer.is_none() {
                let Some(delay) = course.delay() else {
                    *this.spare = None;
                    return Poll::Pending;
                };
                this.timer.set(Some(sleep(delay)));
            }
            let timer = this.timer.as_mut().as_pin_mut().expect("made above");
            ready!(timer.poll(cx));
            this.timer.set(None);
            *this.withdrawal = course.pay();
        }
        // Neither an empty budget nor a service that cannot be made ready ends the attempts that are on their way.
        let Some(withdrawal) = this.withdrawal.take() else {
            *this.spare = None;
            return Poll::Pending;
        };
        match service.poll_ready(cx) {
            Poll::Pending => {
                *this.withdrawal = Some(withdrawal);
                return Poll::Pending;
            }
            Poll::Ready(Err(_)) => {
                *this.spare = None;
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) => {}
        }
        let request = this.spare.take().expect("looked at above");
        if course.hedge() {
            *this.spare = request.replay();
        }
        // The primary may have been sent: what is refused from here on speaks for the hedge alone.
        let attempt = Claim::WITHHELD.call(service, request);
        if this.hedge.is_none() {
            this.hedge.set(Some(attempt));
            *this.payment = Some(Payment::new(withdrawal));
        } else {
            let payment = Payment::new(withdrawal);
            this.further.push((Box::pin(attempt), payment));
        }
        Poll::Ready(())
    }

    /// Lets go of everything but the last error: the losers are cancelled now, whenever the answer is looked at.
    fn end(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.primary.set(None);
        this.hedge.set(None);
        *this.payment = None;
        this.further.clear();
        this.timer.set(None);
        *this.withdrawal = None;
    }
}

/// Keeps the failure that says more, for the case that all attempts fail.
fn keep<E: Classify>(failed: &mut Option<E>, error: E) {
    if failed
        .as_ref()
        .is_none_or(|earlier| says_more(&error.facts(), &earlier.facts()))
    {
        *failed = Some(error);
    }
}

impl<S, Request, C> fmt::Debug for ResponseFuture<S, Request, C>
where
    S: Service<Request>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("course", &self.course)
            .finish_non_exhaustive()
    }
}
