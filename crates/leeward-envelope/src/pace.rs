use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// How many bytes of AES-GCM, or what takes as long, one thread does before other tasks get their turn: some 400 µs at most;
/// several do more, see `parallelism`.
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

/// What was done since other tasks had their turn, for what is polled.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    spent: usize,
}

impl Turns {
    /// Notes what takes as long as so many bytes of AES-GCM.
    pub(crate) const fn spend(&mut self, cost: usize) {
        self.spent = self.spent.saturating_add(cost);
    }

    /// Pending, once, when it is the turn of others.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.spent < TURN {
            return Poll::Ready(());
        }
        self.spent = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
