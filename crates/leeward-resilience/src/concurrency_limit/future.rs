use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use leeward_error_taxonomy::{Classify, Rejected};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Acquire, ConcurrencyPermit};
use crate::{Clock, TscClock, deadline::Claim};

pin_project! {
    /// The answer of [`ConcurrencyLimit`](super::ConcurrencyLimit).
    ///
    /// Dropping it leaves the line or gives the permit back, whichever it has.
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
        // Without a permit while the layer is switched off.
        Calling { #[pin] call: F, permit: Option<ConcurrencyPermit<C>> },
    }
}

pin_project! {
    struct Waiting<S, Request, C: Clock> {
        #[pin]
        acquire: Acquire<C>,
        claim: Claim,
        service: S,
        request: Option<Request>,
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    #[inline]
    pub(super) const fn calling(call: S::Future, permit: Option<ConcurrencyPermit<C>>) -> Self {
        Self {
            step: Step::Calling { call, permit },
        }
    }

    pub(super) fn waiting(acquire: Acquire<C>, claim: Claim, ready: S, request: Request) -> Self {
        let waiting = Box::pin(Waiting {
            acquire,
            claim,
            service: ready,
            request: Some(request),
        });
        Self {
            step: Step::Waiting { waiting },
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
        if let StepProjection::Waiting { waiting } = step.as_mut().project() {
            let waiting = waiting.as_mut().project();
            let permit = ready!(waiting.acquire.poll(cx))?;
            let request = waiting.request.take().expect("not polled after its answer");
            let call = waiting.claim.call(waiting.service, request);
            step.set(Step::Calling {
                call,
                permit: Some(permit),
            });
        }
        Poll::Ready(Ok(()))
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
        let StepProjection::Calling { call, permit } = self.project().step.project() else {
            unreachable!("the turn has come");
        };
        let answer = call.poll(cx);
        if let Poll::Ready(answer) = &answer
            && let Some(permit) = permit.take()
        {
            match answer {
                Ok(_) => permit.succeed(),
                Err(error) => permit.fail(&error.facts()),
            }
        }
        answer
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
