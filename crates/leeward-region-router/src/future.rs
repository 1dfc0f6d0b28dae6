use std::{
    fmt,
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{Clock, Request};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{attempt::Attempt, course::Course};

pin_project! {
    /// The answer of [`RegionRouter`](crate::RegionRouter).
    ///
    /// Nothing is sent before it is first polled. Dropping it ends the attempt that it is in and tells the Region's circuit
    /// so; the request may have been applied.
    pub struct ResponseFuture<S, R, C>
    where
        S: Service<R>,
        C: Clock,
    {
        // Before the course, so that the attempt is over when the circuit hears that it was given up.
        #[pin]
        attempt: Option<Attempt<S, R>>,
        course: Option<Course<S, R, C>>,
    }
}

impl<S, R, C> ResponseFuture<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    pub(crate) const fn new(course: Course<S, R, C>) -> Self {
        Self {
            attempt: None,
            course: Some(course),
        }
    }
}

impl<S, R, C> Future for ResponseFuture<S, R, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let course = this.course.as_mut().expect("not polled after its answer");
        let answer = loop {
            let Some(attempt) = this.attempt.as_mut().as_pin_mut() else {
                match course.depart() {
                    Ok(attempt) => this.attempt.set(Some(attempt)),
                    Err(error) => break Err(error),
                }
                continue;
            };
            let ended = ready!(attempt.poll(cx, course.site()));
            // An attempt that timed out lets go of its connection before the next one asks for one.
            this.attempt.set(None);
            if let ControlFlow::Break(answer) = course.learn(ended) {
                break answer;
            }
        };
        *this.course = None;
        Poll::Ready(answer)
    }
}

impl<S, R, C> fmt::Debug for ResponseFuture<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.course.as_ref().map(|course| &course.site().region);
        f.debug_struct("ResponseFuture")
            .field("region", &region)
            .finish_non_exhaustive()
    }
}
