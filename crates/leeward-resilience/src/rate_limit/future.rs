use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};
use tower_service::Service;

use super::{
    RateLimiter,
    limiter::{Place, SentAt},
};
use crate::{
    Clock, TscClock,
    deadline::{self, Claim},
};

pin_project! {
    /// The answer of [`RateLimit`](super::RateLimit) and [`KeyedRateLimit`](super::KeyedRateLimit).
    ///
    /// Dropping one that waits takes nothing from the rate.
    pub struct ResponseFuture<S, Request, C = TscClock>
    where
        S: Service<Request>,
        C: Clock,
    {
        #[pin]
        step: Step<S, S::Future, Request, C>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<S, F, Request, C: Clock> {
        // On the heap, so that a call that need not wait is small.
        Waiting { waiting: Pin<Box<Waiting<S, Request, C>>> },
        // Without a listener where nobody wants to know, and while the layer is switched off.
        Calling { #[pin] call: F, listener: Option<(RateLimiter<C>, SentAt)> },
        Refused,
    }
}

/// The call that was made, and whom to tell of its answer.
type Made<F, C> = (F, Option<(RateLimiter<C>, SentAt)>);

pin_project! {
    struct Waiting<S, Request, C: Clock> {
        place: Place<C>,
        claim: Claim,
        service: S,
        request: Option<Request>,
        wait: Duration,
        // Made when the wait begins, as is the end.
        #[pin]
        sleep: Option<Sleep>,
        end: Option<Instant>,
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    pub(super) const fn calling(
        call: S::Future,
        listener: Option<(RateLimiter<C>, SentAt)>,
    ) -> Self {
        Self {
            step: Step::Calling { call, listener },
        }
    }

    pub(super) fn waiting(
        place: Place<C>,
        wait: Duration,
        claim: Claim,
        ready: S,
        request: Request,
    ) -> Self {
        let waiting = Box::pin(Waiting {
            place,
            claim,
            service: ready,
            request: Some(request),
            wait,
            sleep: None,
            end: None,
        });
        Self {
            step: Step::Waiting { waiting },
        }
    }

    pub(super) const fn refused() -> Self {
        Self {
            step: Step::Refused,
        }
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    /// Waits until the call is made or refused.
    #[cold]
    fn poll_turn(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        let mut step = self.project().step;
        let refused = match step.as_mut().project() {
            StepProjection::Waiting { waiting } => match ready!(waiting.as_mut().poll_call(cx)) {
                Ok((call, listener)) => {
                    step.set(Step::Calling { call, listener });
                    return Poll::Ready(Ok(()));
                }
                Err(refused) => refused,
            },
            StepProjection::Refused => Rejected::LimiterFull,
            StepProjection::Calling { .. } => return Poll::Ready(Ok(())),
        };
        // The place is given up at once.
        step.set(Step::Refused);
        Poll::Ready(Err(refused))
    }
}

impl<S, Request, C> Waiting<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    /// Makes the call when there is a share for it, or refuses it if that takes too long.
    fn poll_call(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Made<S::Future, C>, Rejected>> {
        let mut this = self.project();
        let limiter = &this.place.0;
        this.claim.check()?;
        if this.sleep.is_none() {
            let longest = Instant::now().checked_add(limiter.max_wait());
            *this.end = [longest, deadline::current()].into_iter().flatten().min();
            this.sleep.set(Some(sleep(limiter.nap(*this.wait))));
        }
        let mut sleep = this.sleep.as_pin_mut().expect("made above");
        loop {
            ready!(sleep.as_mut().poll(cx));
            if let Some(sent_at) = limiter.take() {
                let request = this.request.take().expect("not polled after its answer");
                let call = this.claim.call(this.service, request);
                return Poll::Ready(Ok((call, limiter.listener(sent_at))));
            }
            // The rate has fallen, or somebody was quicker.
            let (now, wait) = (Instant::now(), limiter.wait(0));
            let is_too_long = |end: Instant| now.checked_add(wait).is_none_or(|turn| turn > end);
            if this.end.is_some_and(is_too_long) {
                return Poll::Ready(Err(Rejected::LimiterFull));
            }
            sleep.as_mut().reset(now + limiter.nap(wait));
        }
    }
}

impl<S, Request, C> Future for ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    S::Error: Classify + From<Rejected>,
    C: Clock,
{
    type Output = Result<S::Response, S::Error>;

    // Always one with its caller, which spares the answer a way through memory: half of the cost, when measured.
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !matches!(self.step, Step::Calling { .. }) {
            ready!(self.as_mut().poll_turn(cx))?;
        }
        let StepProjection::Calling { call, listener } = self.project().step.project() else {
            unreachable!("the turn has come");
        };
        let answer = call.poll(cx);
        if let (Poll::Ready(answer), Some(listener)) = (&answer, listener) {
            tell(listener, answer);
        }
        answer
    }
}

#[inline(never)]
fn tell<C: Clock, Response, E: Classify>(
    (limiter, sent_at): &(RateLimiter<C>, SentAt),
    answer: &Result<Response, E>,
) {
    match answer {
        Ok(_) => limiter.answered(*sent_at),
        Err(error) => limiter.learn(*sent_at, &error.facts()),
    }
}

impl<S, Request, C> fmt::Debug for ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = matches!(self.step, Step::Waiting { .. });
        f.debug_struct("ResponseFuture")
            .field("waits", &waits)
            .finish_non_exhaustive()
    }
}
