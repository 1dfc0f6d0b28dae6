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
use crate::{Clock, TscClock};

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
        service: S,
        request: Option<Request>,
    }
}

impl<S, Request, C> ResponseFuture<S, Request, C>
where
    S: Service<Request>,
    C: Clock,
{
    pub(super) const fn calling(call: S::Future, permit: Option<ConcurrencyPermit<C>>) -> Self {
        Self {
            step: Step::Calling { call, permit },
        }
    }

    pub(super) fn waiting(acquire: Acquire<C>, ready: S, request: Request) -> Self {
        let waiting = Box::pin(Waiting {
            acquire,
            service: ready,
            request: Some(request),
        });
        Self {
            step: Step::Waiting { waiting },
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProjection::Waiting { waiting } => {
                    let waiting = waiting.as_mut().project();
                    let permit = ready!(waiting.acquire.poll(cx))?;
                    let request = waiting.request.take().expect("not polled after its answer");
                    let call = waiting.service.call(request);
                    this.step.set(Step::Calling {
                        call,
                        permit: Some(permit),
                    });
                }
                StepProjection::Calling { call, permit } => {
                    // Handed on in one piece: taking the answer apart and putting it together again costs more than the permit.
                    let answer = call.poll(cx);
                    if let Poll::Ready(answer) = &answer
                        && let Some(permit) = permit.take()
                    {
                        match answer {
                            Ok(_) => permit.succeed(),
                            Err(error) => permit.fail(&error.facts()),
                        }
                    }
                    return answer;
                }
            }
        }
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
