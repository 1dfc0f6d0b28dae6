use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use leeward_error_taxonomy::{Classify, Stage};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::{
    course::{Again, Course},
    layer::Plan,
    policy::Cause,
};
use crate::deadline::Claim;

pin_project! {
    /// The answer of [`Retry`](super::Retry).
    ///
    /// Dropping it ends the attempt or the pause that it is in; a token drawn for an attempt that was not made goes back.
    pub struct ResponseFuture<S, Request>
    where
        S: Service<Request>,
    {
        #[pin]
        step: Step<S::Future, S::Error>,
        service: S,
        course: Course,
        // The copy for the next attempt.
        spare: Option<Request>,
        // What an attempt failed with that may have been sent, for the case that none after it is. On the heap, as above.
        sent: Option<Box<S::Error>>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F, E> {
        Calling { #[pin] call: F },
        // On the heap, so that a call that goes well at once is small.
        Pausing { pause: Pin<Box<Pause<E>>> },
    }
}

pin_project! {
    /// From the failure of an attempt to the beginning of the next.
    struct Pause<E> {
        // Over for good once it is over, while the service takes its time to be ready.
        #[pin]
        sleep: Sleep,
        failed: Option<Failed<E>>,
    }
}

/// An error, and what is to follow it.
struct Failed<E> {
    error: E,
    again: Again,
}

impl<E> Pause<E> {
    fn after(error: E, again: Again) -> Pin<Box<Self>> {
        Box::pin(Self {
            sleep: sleep(again.after),
            failed: Some(Failed { error, again }),
        })
    }
}

impl<S, Request> ResponseFuture<S, Request>
where
    S: Service<Request>,
    Request: crate::Request,
{
    /// Begins the first attempt; without a plan it is the only one.
    #[inline(always)]
    pub(super) fn new(
        mut ready: S,
        request: Request,
        plan: Option<Arc<Plan>>,
        claim: Claim,
    ) -> Self {
        let course = Course::begin(plan, request.operation(), request.idempotency(), claim);
        Self {
            spare: course.spare(&request),
            step: Step::Calling {
                call: claim.call(&mut ready, request),
            },
            service: ready,
            course,
            sent: None,
        }
    }
}

impl<S, Request> Future for ResponseFuture<S, Request>
where
    S: Service<Request>,
    S::Error: Classify,
    Request: crate::Request,
{
    type Output = Result<S::Response, S::Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProjection::Calling { call } => {
                    // A success is handed on in one piece: to take it apart and put it together again would cost more than
                    // all the rest here.
                    let error = match call.poll(cx) {
                        Poll::Ready(Err(error)) => error,
                        answer => {
                            if answer.is_ready() {
                                this.course.succeed();
                            }
                            return answer;
                        }
                    };
                    let Some(again) = this.course.fail(&error.facts(), this.spare.is_some()) else {
                        return Poll::Ready(Err(furthest(error, this.sent.take())));
                    };
                    let pause = Pause::after(error, again);
                    this.step.set(Step::Pausing { pause });
                }
                StepProjection::Pausing { pause } => {
                    let pause = pause.as_mut().project();
                    ready!(pause.sleep.poll(cx));
                    if let Err(error) = ready!(this.service.poll_ready(cx)) {
                        this.course.give_up(&error.facts(), Cause::NotReady);
                        return Poll::Ready(Err(furthest(error, this.sent.take())));
                    }
                    let Failed { error, again } =
                        pause.failed.take().expect("kept from the failure on");
                    // A service that took long to be ready again may have used the time up.
                    if !this.course.has_time() {
                        this.course.give_up(&error.facts(), Cause::OutOfTime);
                        return Poll::Ready(Err(furthest(error, this.sent.take())));
                    }
                    if got_further(&error, this.sent.as_deref()) {
                        *this.sent = Some(Box::new(error));
                    }
                    let request = this.spare.take().expect("looked at before the pause");
                    this.course.begin_another(again);
                    *this.spare = this.course.spare(&request);
                    let claim = this.course.claim(this.sent.is_some());
                    let call = claim.call(this.service, request);
                    this.step.set(Step::Calling { call });
                }
            }
        }
    }
}

/// What the whole call failed with: its last attempt, unless that was not sent and one before it may have been.
///
/// Whoever is told "not sent" may send the request once more, and then it could be applied twice.
fn furthest<E: Classify>(last: E, sent: Option<Box<E>>) -> E {
    match sent {
        Some(sent) if !was_sent(&last) => *sent,
        _ => last,
    }
}

/// Whether a failed attempt is the one to remember: it may have been sent, and if it was answered, none before it says less
/// of what became of it.
fn got_further<E: Classify>(error: &E, sent: Option<&E>) -> bool {
    let stage = error.facts().stage;
    let is_unknown = |sent: &E| sent.facts().stage != Stage::Answered;
    stage != Stage::NotSent && !(stage == Stage::Answered && sent.is_some_and(is_unknown))
}

fn was_sent(error: &impl Classify) -> bool {
    error.facts().stage != Stage::NotSent
}

impl<S, Request> fmt::Debug for ResponseFuture<S, Request>
where
    S: Service<Request>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("course", &self.course)
            .finish_non_exhaustive()
    }
}
