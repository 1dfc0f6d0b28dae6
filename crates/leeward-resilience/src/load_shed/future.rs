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
    pub struct ResponseFuture<F> {
        // None if there was no room.
        #[pin]
        inner: Option<F>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn admitted(inner: F) -> Self {
        Self { inner: Some(inner) }
    }

    pub(super) const fn refused() -> Self {
        Self { inner: None }
    }
}

impl<F, Response, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response, E>>,
    E: From<Rejected>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().inner.as_pin_mut() {
            Some(inner) => inner.poll(cx),
            None => Poll::Ready(Err(Rejected::LimiterFull.into())),
        }
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("admitted", &self.inner.is_some())
            .finish_non_exhaustive()
    }
}
