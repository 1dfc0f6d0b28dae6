use aws_smithy_types::body::{self, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// A body that keeps something until it has ended, has failed or is dropped.
    struct Held<T, F> {
        #[pin]
        body: SdkBody,
        is_over: bool,
        // None once the body is done.
        kept: Option<(T, F)>,
    }
}

/// Keeps `kept` for as long as `body` comes in; lets it go at once if there is nothing to come. A body that fails says so to
/// `broken`.
pub(crate) fn hold<T, F>(body: SdkBody, kept: T, broken: F) -> SdkBody
where
    T: Send + Sync + 'static,
    F: FnOnce() + Send + Sync + 'static,
{
    if body.bytes().is_some() || Body::is_end_stream(&body) {
        return body;
    }
    SdkBody::from_body_1_x(Held {
        body,
        is_over: false,
        kept: Some((kept, broken)),
    })
}

impl<T, F: FnOnce()> Body for Held<T, F> {
    type Data = Bytes;
    type Error = body::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, body::Error>>> {
        let mut this = self.project();
        // The SDK's bodies ask for the end twice each, once for trailers: twice two times where one lies in another.
        if *this.is_over {
            return Poll::Ready(None);
        }
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        *this.is_over = frame.is_none();
        // Whoever knows the length may not ask for the end.
        if !matches!(frame, Some(Ok(_))) || Body::is_end_stream(&*this.body) {
            let kept = this.kept.take();
            if let (Some((_, broken)), Some(Err(_))) = (kept, &frame) {
                broken();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::VecDeque,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::Waker,
    };

    struct Frames(VecDeque<Result<&'static str, &'static str>>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = body::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, body::Error>>> {
            let next = self.0.pop_front();
            Poll::Ready(next.map(|frame| {
                frame
                    .map(|data| Frame::data(Bytes::from_static(data.as_bytes())))
                    .map_err(Into::into)
            }))
        }
    }

    /// How many polls it takes until the body lets go, if it does.
    fn polls_until_free(frames: &[Result<&'static str, &'static str>]) -> Option<usize> {
        let kept = Arc::new(());
        let body = SdkBody::from_body_1_x(Frames(frames.iter().copied().collect()));
        let mut body = hold(body, kept.clone(), || {});
        for polls in 0..=frames.len() {
            if Arc::strong_count(&kept) == 1 {
                return Some(polls);
            }
            let _ = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
        }
        (Arc::strong_count(&kept) == 1).then_some(frames.len() + 1)
    }

    #[test]
    fn what_is_kept_goes_with_the_end_of_the_body_and_not_before() {
        assert_eq!(polls_until_free(&[Ok("a"), Ok("b")]), Some(3));
        assert_eq!(polls_until_free(&[]), Some(1));
    }

    #[test]
    fn what_is_kept_goes_with_a_broken_body() {
        assert_eq!(polls_until_free(&[Ok("a"), Err("torn"), Ok("b")]), Some(2));
    }

    #[test]
    fn a_body_says_once_that_it_broke_off_and_only_then() {
        for (frames, expected) in [
            (&[Ok("a"), Err("torn"), Err("torn")][..], 1),
            (&[Ok("a"), Ok("b")][..], 0),
        ] {
            let told = Arc::new(AtomicUsize::new(0));
            let teller = Arc::clone(&told);
            let body = SdkBody::from_body_1_x(Frames(frames.iter().copied().collect()));
            let mut body = hold(body, (), move || {
                teller.fetch_add(1, Relaxed);
            });
            for _ in 0..4 {
                let _ = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
            }
            drop(body);
            assert_eq!(told.load(Relaxed), expected);
        }
    }

    #[test]
    fn what_is_kept_goes_with_a_dropped_body() {
        let kept = Arc::new(());
        let body = SdkBody::from_body_1_x(Frames([Ok("a")].into()));
        drop(hold(body, kept.clone(), || {}));
        assert_eq!(Arc::strong_count(&kept), 1);
    }

    #[test]
    fn nothing_is_kept_for_a_body_that_is_here() {
        for body in [SdkBody::empty(), SdkBody::from("all of it")] {
            let kept = Arc::new(());
            let body = hold(body, kept.clone(), || {});
            assert_eq!(Arc::strong_count(&kept), 1);
            assert!(body.bytes().is_some(), "it stays in memory");
        }
    }
}
