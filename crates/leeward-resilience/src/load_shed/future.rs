use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;

pin_project! {
    /// The answer of [`LoadShed`](super::LoadShed).
    pub struct ResponseFuture<F, E> {
        #[pin]
        state: State<F, E>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, E> {
        Admitted { #[pin] inner: F },
        // The service fails for good.
        Failed { error: Option<E> },
        // There was no room.
        Refused,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) const fn admitted(inner: F) -> Self {
        Self {
            state: State::Admitted { inner },
        }
    }

    pub(super) const fn failed(error: E) -> Self {
        Self {
            state: State::Failed { error: Some(error) },
        }
    }

    pub(super) const fn refused() -> Self {
        Self {
            state: State::Refused,
        }
    }
}

impl<F, Response, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: From<Rejected>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Admitted { inner } => inner.poll(cx),
            StateProjection::Failed { error } => {
                Poll::Ready(Err(error.take().expect("not polled after its answer")))
            }
            StateProjection::Refused => Poll::Ready(Err(Rejected::LimiterFull.into())),
        }
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("ResponseFuture")
            .field("admitted", &admitted)
            .finish_non_exhaustive()
    }
}
