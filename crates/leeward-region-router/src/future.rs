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
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use crate::{
    attempt::Attempt,
    course::{Course, Next, Second},
    pace::{Due, Pace},
};

pin_project! {
    /// The answer of [`RegionRouter`](crate::RegionRouter).
    ///
    /// Nothing is sent before it is first polled. Dropping it ends the attempts that are under way and tells their Regions'
    /// circuits so; the request may have been applied.
    pub struct ResponseFuture<S, R, C>
    where
        S: Service<R>,
        C: Clock,
    {
        // The attempts before the course, so that they are over when the circuit hears that they were given up.
        #[pin]
        first: Option<Attempt<S, R>>,
        second: Option<Box<Second<S, R, C>>>,
        // Made when an answer is first waited for: a service that answers at once never touches the timer. One for all.
        #[pin]
        timer: Option<Sleep>,
        pace: Pace,
        course: Option<Course<S, R, C>>,
    }
}

impl<S, R, C> ResponseFuture<S, R, C>
where
    S: Service<R>,
    C: Clock,
{
    pub(crate) fn new(course: Course<S, R, C>) -> Self {
        Self {
            first: None,
            second: None,
            timer: None,
            pace: Pace::default(),
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

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = loop {
            if self.first.is_none() {
                let mut this = self.as_mut().project();
                let course = this.course.as_mut().expect("not polled after its answer");
                if this.second.is_some() {
                    this.first.set(course.depart_beside());
                } else {
                    match course.depart() {
                        Ok(attempt) => this.first.set(Some(attempt)),
                        Err(error) => break Err(error),
                    }
                }
            }
            let next = match self.as_mut().poll_attempts(cx) {
                Some(next) => next,
                None => ready!(self.as_mut().poll_pace(cx)),
            };
            if let ControlFlow::Break(answer) = next {
                break answer;
            }
        };
        let mut this = self.project();
        *this.second = None;
        *this.course = None;
        this.timer.set(None);
        Poll::Ready(answer)
    }
}

impl<S, R, C> ResponseFuture<S, R, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    /// Looks at the attempts under way, the first one first; `None` if neither has ended.
    fn poll_attempts(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Next<S, R>> {
        let mut this = self.project();
        let course = this.course.as_mut()?;
        if let Some(first) = this.first.as_mut().as_pin_mut()
            && let Poll::Ready(ended) = first.poll(cx, course.site())
        {
            this.first.set(None);
            this.pace.end_first();
            return Some(course.learn(ended, this.second.as_deref_mut()));
        }
        let second = this.second.as_mut()?;
        let Poll::Ready(ended) = course.poll_second(second, cx) else {
            return None;
        };
        let second = this.second.take()?;
        let first_under_way = this.first.is_some();
        if ended.is_ok() {
            this.first.set(None);
        }
        // Where a second attempt failed, another Region may take its place at once.
        this.pace.end_second(first_under_way.then(Instant::now));
        Some(course.learn_second(second, ended, first_under_way))
    }

    /// Waits until something is due, and sees to it.
    fn poll_pace(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Next<S, R>> {
        let mut this = self.project();
        let Some(course) = this.course.as_mut() else {
            return Poll::Pending;
        };
        if course.is_passing() {
            return Poll::Pending;
        }
        let timeout = course.attempt_timeout();
        if this.first.is_some() && !this.pace.has_begun() {
            let now = Instant::now();
            let delay = course.wait(now);
            // There are two attempts at the most.
            let delay = delay.filter(|_| this.second.is_none());
            this.pace.begin(now, timeout, delay);
        }
        let Some(next) = this.pace.next() else {
            return Poll::Pending;
        };
        if this.timer.is_none() {
            this.timer.set(Some(sleep_until(next)));
        }
        let mut timer = this.timer.as_mut().as_pin_mut().expect("made above");
        if timer.deadline() != next {
            timer.as_mut().reset(next);
        }
        // A task that has used up its share of the runtime is told that no timer has fired, hence the look at the clock.
        if timer.poll(cx).is_pending() && Instant::now() < next {
            return Poll::Pending;
        }
        let now = Instant::now();
        Poll::Ready(match this.pace.due(now) {
            None => ControlFlow::Continue(()),
            Some(Due::Hedge) => {
                this.pace.hedge_no_more();
                *this.second = course.hedge();
                if this.second.is_some() {
                    this.pace.begin_second(now, timeout);
                }
                ControlFlow::Continue(())
            }
            Some(Due::FirstIsOver) => {
                this.pace.end_first();
                let first = this.first.as_ref().as_pin_ref();
                let silence = first.map(|first| first.timed_out());
                // It lets go of its connection before the next one asks for one.
                this.first.set(None);
                match silence {
                    Some(silence) => course.learn(Err(silence), this.second.as_deref_mut()),
                    None => ControlFlow::Continue(()),
                }
            }
            Some(Due::SecondIsOver) => {
                let first_under_way = this.first.is_some();
                this.pace.end_second(first_under_way.then_some(now));
                match this.second.take() {
                    Some(second) => {
                        let silence = second.timed_out();
                        course.learn_second(second, Err(silence), first_under_way)
                    }
                    None => ControlFlow::Continue(()),
                }
            }
        })
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
