use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use pin_project_lite::pin_project;

use super::Admission;
use crate::Clock;

pin_project! {
    /// The answer of [`CircuitBreakerService`](super::CircuitBreakerService); dropping it tells the breaker so.
    pub struct ResponseFuture<F, C: Clock> {
        #[pin]
        state: State<F, C>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, C: Clock> {
        // Without admission if the breaker was not asked.
        Admitted { #[pin] inner: F, admission: Option<Admission<C>> },
        Refused { rejected: Option<Rejected> },
    }
}

impl<F, C: Clock> ResponseFuture<F, C> {
    #[inline(always)]
    pub(super) const fn admitted(inner: F, admission: Admission<C>) -> Self {
        Self {
            state: State::Admitted {
                inner,
                admission: Some(admission),
            },
        }
    }

    #[inline(always)]
    pub(super) const fn passing(inner: F) -> Self {
        Self {
            state: State::Admitted {
                inner,
                admission: None,
            },
        }
    }

    pub(super) const fn refused(rejected: Rejected) -> Self {
        Self {
            state: State::Refused {
                rejected: Some(rejected),
            },
        }
    }
}

impl<F, C, Response, E> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<Response, E>>,
    E: Classify + From<Rejected>,
    C: Clock,
{
    type Output = Result<Response, E>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Admitted { inner, admission } => {
                // Handed on in one piece: to take it apart and put it together again costs as much as the breaker's counters.
                let answer = inner.poll(cx);
                if let Poll::Ready(answer) = &answer
                    && let Some(admission) = admission.take()
                {
                    match answer {
                        Ok(_) => admission.succeed(),
                        Err(error) => admission.fail(&error.facts()),
                    }
                }
                answer
            }
            StateProjection::Refused { rejected } => {
                let rejected = rejected.take().expect("not polled after its answer");
                Poll::Ready(Err(rejected.into()))
            }
        }
    }
}

impl<F, C: Clock> fmt::Debug for ResponseFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("ResponseFuture")
            .field("admitted", &admitted)
            .finish_non_exhaustive()
    }
}
