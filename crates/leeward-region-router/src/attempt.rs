use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::Clock;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};
use tower_service::Service;

use crate::{
    ground::{Ground, Site},
    maker::Making,
};

pin_project! {
    /// One attempt in one Region: makes its service if need be, readies it and calls it, all within one timeout.
    pub(crate) struct Attempt<S, R>
    where
        S: Service<R>,
    {
        #[pin]
        step: Step<S, S::Future>,
        // Until the service is handed it.
        request: Option<R>,
        timeout: Duration,
        // Made when an answer is first waited for: a service that answers at once never touches the timer.
        #[pin]
        timer: Option<Sleep>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<S, F> {
        Making { making: Making<S> },
        Readying { service: S },
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
    S: Service<R> + Clone,
{
    pub(crate) fn new<C: Clock>(ground: &Ground<S, C>, site: &Site<S>, request: R) -> Self {
        let step = match site.clone_of_service() {
            Some(service) => Step::Readying { service },
            None => Step::Making {
                making: ground.maker.make(site.region.clone()),
            },
        };
        Self {
            step,
            request: Some(request),
            timeout: ground.attempt_timeout,
            timer: None,
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
        let mut this = self.project();
        if let Poll::Ready(ended) = advance(this.step, this.request, cx, site) {
            return Poll::Ready(ended);
        }
        if this.timer.is_none() {
            this.timer.set(Some(sleep(*this.timeout)));
        }
        let timer = this.timer.as_pin_mut().expect("made above");
        let end = timer.deadline();
        // A task that has used up its share of the runtime is told that no timer has fired, hence the look at the clock.
        if timer.poll(cx).is_pending() && Instant::now() < end {
            return Poll::Pending;
        }
        let called = this.request.is_none();
        Poll::Ready(Err(Fault::TimedOut { called }))
    }
}

fn advance<S, R>(
    mut step: Pin<&mut Step<S, S::Future>>,
    request: &mut Option<R>,
    cx: &mut Context<'_>,
    site: &Site<S>,
) -> Poll<Result<S::Response, Fault<S::Error>>>
where
    S: Service<R> + Clone,
    S::Error: From<Rejected>,
{
    let failed = |error, called| Poll::Ready(Err(Fault::Failed { error, called }));
    loop {
        match step.as_mut().project() {
            StepProjection::Making { making } => match making.as_mut().poll(cx) {
                Poll::Ready(Ok(made)) => {
                    let service = site.keep(made);
                    step.set(Step::Readying { service });
                }
                Poll::Ready(Err(rejected)) => return failed(rejected.into(), false),
                Poll::Pending => return Poll::Pending,
            },
            StepProjection::Readying { service } => match service.poll_ready(cx) {
                Poll::Ready(Ok(())) => {
                    let request = request.take().expect("handed over once");
                    let calling = service.call(request);
                    step.set(Step::Calling { calling });
                }
                Poll::Ready(Err(error)) => return failed(error, false),
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
