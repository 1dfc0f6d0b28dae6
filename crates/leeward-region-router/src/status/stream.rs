use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{RouterView, RouterWatch};

/// The views of a router, from the present one on; made by [`RouterWatch::into_stream`]. It ends when the router is gone.
pub struct RouterViews {
    // None once the router is gone.
    next: Option<Next>,
}

type Next = Pin<Box<dyn Future<Output = (RouterWatch, Option<RouterView>)> + Send>>;

impl RouterViews {
    pub(super) fn new(watch: RouterWatch) -> Self {
        let next = async move {
            let present = watch.last().clone();
            (watch, Some(present))
        };
        Self {
            next: Some(Box::pin(next)),
        }
    }
}

impl Stream for RouterViews {
    type Item = RouterView;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<RouterView>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (mut watch, view) = ready!(next.as_mut().poll(cx));
        self.next = view.is_some().then(|| {
            Box::pin(async move {
                let view = watch.changed().await;
                (watch, view)
            }) as Next
        });
        Poll::Ready(view)
    }
}

impl fmt::Debug for RouterViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterViews").finish_non_exhaustive()
    }
}
