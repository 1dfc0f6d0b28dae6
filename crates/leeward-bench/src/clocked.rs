use pin_project_lite::pin_project;
use std::{
    hint::black_box,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};
use tower::Service;

/// The least that a layer pays which measures how long calls take: two readings of std's clock and one shared counter.
#[derive(Clone, Debug)]
pub(crate) struct Clocked<S> {
    inner: S,
    counter: Arc<AtomicU64>,
}

impl<S> Clocked<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            counter: Arc::default(),
        }
    }
}

impl<S, Request> Service<Request> for Clocked<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "std's clock is what the floor is made of"
    )]
    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture {
            inner: self.inner.call(request),
            start: Instant::now(),
            counter: Arc::clone(&self.counter),
        }
    }
}

pin_project! {
    /// The answer of [`Clocked`].
    pub(crate) struct ResponseFuture<F> {
        #[pin]
        inner: F,
        start: Instant,
        counter: Arc<AtomicU64>,
    }
}

impl<F: Future> Future for ResponseFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        black_box(this.start.elapsed());
        this.counter.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(answer)
    }
}
