use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::Clock;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    ground::Ground,
    making::Making,
    site::{Kept, Site},
};

pin_project! {
    /// One attempt in one Region: makes its service if need be, readies it and calls it. Others see to its time.
    pub(crate) struct Attempt<S, R>
    where
        S: Service<R>,
    {
        #[pin]
        step: Step<S, S::Future>,
        // Until the service is handed it.
        request: Option<R>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<S, F> {
        Making { making: Making<S> },
        Readying { service: S, number: u64 },
        Calling { #[pin] calling: F },
    }
}

/// Why an attempt gave no response. `called` says whether the service was handed the request.
pub(crate) enum Fault<E> {
    Failed { error: E, called: bool },
    TimedOut { called: bool },
}

/// Says that an attempt's time was over before there was a service to hand the request to.
#[derive(Debug, thiserror::Error)]
#[error("no service ready within {} s", .timeout.as_secs_f64())]
pub(crate) struct NotReady {
    pub(crate) timeout: Duration,
}

impl<S, R> Attempt<S, R>
where
    S: Service<R>,
{
    /// Whether the service was handed the request.
    pub(crate) const fn is_called(&self) -> bool {
        self.request.is_none()
    }

    /// What came of it, now that its time is over.
    pub(crate) const fn timed_out(&self) -> Fault<S::Error> {
        Fault::TimedOut {
            called: self.is_called(),
        }
    }
}

impl<S, R> Attempt<S, R>
where
    S: Service<R> + Clone,
{
    pub(crate) fn new<C: Clock>(ground: &Ground<S, C>, site: &Site<S>, request: R) -> Self {
        let service = if ground.sites.len() > 1 {
            site.service_unless_in_trouble(&ground.maker)
        } else {
            site.service(&ground.maker)
        };
        let step = match service {
            Ok(Kept { service, number }) => Step::Readying { service, number },
            Err(making) => Step::Making { making },
        };
        Self {
            step,
            request: Some(request),
        }
    }

    /// Goes on with it; `site` is the one that it was made with.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        site: &Site<S>,
    ) -> Poll<Result<S::Response, Fault<S::Error>>>
    where
        S::Error: From<Rejected>,
    {
        let this = self.project();
        let (mut step, request) = (this.step, this.request);
        let failed = |error, called| Poll::Ready(Err(Fault::Failed { error, called }));
        loop {
            match step.as_mut().project() {
                StepProjection::Making { making } => {
                    let ended = ready!(Pin::new(&mut *making).poll(cx));
                    match site.settle(making.number, ended) {
                        Ok(Kept { service, number }) => {
                            step.set(Step::Readying { service, number });
                        }
                        Err(rejected) => return failed(rejected.into(), false),
                    }
                }
                StepProjection::Readying { service, number } => match service.poll_ready(cx) {
                    Poll::Ready(Ok(())) => {
                        let request = request.take().expect("handed over once");
                        let calling = service.call(request);
                        step.set(Step::Calling { calling });
                    }
                    // By tower's contract it never gets ready again: the next call has another one made.
                    Poll::Ready(Err(error)) => {
                        site.discard(*number);
                        return failed(error, false);
                    }
                    Poll::Pending => return Poll::Pending,
                },
                StepProjection::Calling { calling } => {
                    return calling.poll(cx).map_err(|error| Fault::Failed {
                        error,
                        called: true,
                    });
                }
            }
        }
    }
}
