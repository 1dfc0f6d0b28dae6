use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// How many bytes of AES-GCM, or what takes as long, are done before other tasks get their turn: some 400 µs at most.
pub(crate) const TURN: usize = 1 << 20;

/// Lets the other tasks of the thread run.
pub(crate) async fn let_others_run() {
    Yield { yielded: false }.await;
}

struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
