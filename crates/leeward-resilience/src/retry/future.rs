use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use fastrand::Rng;
use leeward_error_taxonomy::{Classify, Facts, OperationName};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;
use tracing::debug;

use super::{
    layer::Plan,
    policy::{Cause, Decision},
};
use crate::{Idempotency, Withdrawal};

pin_project! {
    /// The answer of [`Retry`](super::Retry).
    ///
    /// Dropping it ends the attempt or the pause that it is in; a token drawn for an attempt that was not made goes back.
    pub struct ResponseFuture<S, Request>
    where
        S: Service<Request>,
    {
        #[pin]
        step: Step<S::Future>,
        service: S,
        course: Course,
        // The copy for the next attempt.
        spare: Option<Request>,
        withdrawal: Option<Withdrawal>,
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F> {
        Calling { #[pin] call: F },
        Pausing { #[pin] sleep: Sleep },
        Readying,
    }
}

/// How the call goes.
struct Course {
    plan: Arc<Plan>,
    operation: OperationName,
    idempotency: Idempotency,
    // The number of the present attempt, counted from one.
    attempt: u32,
    // Split from the layer's seed at the first failure.
    random: Option<Rng>,
}

impl<S, Request> ResponseFuture<S, Request>
where
    S: Service<Request>,
    Request: crate::Request,
{
    pub(super) fn new(mut ready: S, request: Request, plan: Arc<Plan>) -> Self {
        plan.counters.called();
        plan.budget.deposit();
        let course = Course {
            operation: request.operation(),
            idempotency: request.idempotency(),
            attempt: 1,
            random: None,
            plan,
        };
        Self {
            spare: course.spare(&request),
            step: Step::Calling {
                call: ready.call(request),
            },
            service: ready,
            course,
            withdrawal: None,
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProjection::Calling { call } => {
                    let error = match ready!(call.poll(cx)) {
                        Ok(response) => {
                            this.course.succeed();
                            return Poll::Ready(Ok(response));
                        }
                        Err(error) => error,
                    };
                    match this.course.fail(&error.facts(), this.spare.is_some()) {
                        Ok((after, withdrawal)) => {
                            *this.withdrawal = Some(withdrawal);
                            let sleep = sleep(after);
                            this.step.set(Step::Pausing { sleep });
                        }
                        Err(Stopped) => return Poll::Ready(Err(error)),
                    }
                }
                StepProjection::Pausing { sleep } => {
                    ready!(sleep.poll(cx));
                    this.step.set(Step::Readying);
                }
                StepProjection::Readying => {
                    ready!(this.service.poll_ready(cx))?;
                    let request = this.spare.take().expect("looked at before the pause");
                    this.course.begin_another();
                    *this.spare = this.course.spare(&request);
                    if let Some(withdrawal) = this.withdrawal.take() {
                        withdrawal.spend();
                    }
                    let call = this.service.call(request);
                    this.step.set(Step::Calling { call });
                }
            }
        }
    }
}

impl<S, Request> fmt::Debug for ResponseFuture<S, Request>
where
    S: Service<Request>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("operation", &self.course.operation)
            .field("attempt", &self.course.attempt)
            .finish_non_exhaustive()
    }
}

/// The request is not sent again.
struct Stopped;

impl Course {
    /// A copy of the request for the attempt after this one, if there can be one.
    fn spare<Request: crate::Request>(&self, request: &Request) -> Option<Request> {
        if self.plan.policy.allows_more_than(self.attempt) {
            request.replay()
        } else {
            None
        }
    }

    fn succeed(&self) {
        if self.attempt > 1 {
            self.plan.counters.succeeded_after_a_retry();
        }
    }

    /// The pause until the next attempt and the token that pays for it.
    fn fail(
        &mut self,
        facts: &Facts<'_>,
        has_spare: bool,
    ) -> Result<(Duration, Withdrawal), Stopped> {
        let plan = &self.plan;
        let random = self.random.get_or_insert_with(|| plan.seed.split());
        let decision = plan
            .policy
            .decide(facts, self.idempotency, self.attempt, random);
        let cause = match decision {
            Decision::Again { .. } if !has_spare => Cause::NoReplay,
            Decision::Again { after } => match plan.budget.withdraw() {
                Some(withdrawal) => {
                    debug!(
                        target: "leeward::retry",
                        operation = %self.operation,
                        attempt = self.attempt,
                        category = %facts.category,
                        code = facts.code,
                        ?after,
                        "attempt failed, sending again"
                    );
                    return Ok((after, withdrawal));
                }
                None => Cause::OutOfBudget,
            },
            Decision::Stop(cause) => cause,
        };
        plan.counters.stopped(cause);
        debug!(
            target: "leeward::retry",
            operation = %self.operation,
            attempt = self.attempt,
            category = %facts.category,
            code = facts.code,
            ?cause,
            "attempt failed, giving up"
        );
        Err(Stopped)
    }

    fn begin_another(&mut self) {
        self.attempt += 1;
        self.plan.counters.retried();
    }
}
