use std::{
    cell::Cell,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::limit::{Due, Hold, Limit, Scope};

thread_local! {
    // Set while a future under a deadline is polled and only then, so that it belongs to a task though it lies in a thread.
    static CURRENT: Cell<Option<Due>> = const { Cell::new(None) };
}

/// When the time of the present task is over: the earliest end of the deadlines that it runs under.
///
/// `None` outside of every deadline, and in a spawned task that does not [carry] its own.
///
/// ```
/// use leeward_resilience::deadline;
/// use std::time::Duration;
/// use tokio::time::Instant;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let end = Instant::now() + Duration::from_secs(3);
/// let seen = deadline::until(end, async { deadline::current() }).await;
/// assert_eq!(seen, Some(end));
/// assert_eq!(deadline::current(), None);
/// # }
/// ```
#[must_use]
pub fn current() -> Option<Instant> {
    CURRENT.get().map(|due| due.end)
}

/// How much of the present task's time is left; zero when it is over, `None` if nothing bounds it.
#[must_use]
pub fn remaining() -> Option<Duration> {
    current().map(|end| end.saturating_duration_since(Instant::now()))
}

/// Whether a layer above drops the present future when its time is over; not so if it was only [told](until).
///
/// What sets a timer of its own need not hurry then, and leaves the refusal, which says more, to the layer.
#[must_use]
pub fn is_enforced() -> bool {
    CURRENT.get().is_some_and(|due| due.hold == Hold::Enforced)
}

/// Refuses if the present task's time is over, for whoever is about to begin something on its behalf.
///
/// Who makes a call wait before it is sent asks at every poll: a deadline layer above polls what is under it before it ends
/// the call, and knows less of it.
///
/// The refusal speaks for the one who asks. A service that does several things in one call (books, then notifies) must not
/// hand it on as its own: "not sent" is true of the second, and a layer above would take it for the whole. Say with an
/// error of your own how far the call got, in its [`facts`](leeward_error_taxonomy::Classify::facts).
///
/// # Errors
///
/// [`Rejected::DeadlineExceeded`] that says that nothing was sent, after which no layer sends anything again; where it is an
/// attempt whose time is over, [`Rejected::AttemptTimedOut`]: whoever asks here cannot know what the attempt has sent
/// before. Only the limiters of this crate know, where nothing but layers of this crate stands between them and the
/// deadline; they refuse with [`Rejected::NotSentInTime`].
pub fn check() -> Result<(), Rejected> {
    match Due::over() {
        Some(due) => Err(due.limit.refuse(due.limit.scope == Scope::Attempt)),
        None => Ok(()),
    }
}

/// Lets `future` know the [current] deadline wherever it is polled: wrap what you spawn in it.
///
/// It tells and does not end: what reads the deadline (the layers of this crate, the clients of `leeward-client-pool`)
/// ends itself in time, other waits need a [`DeadlineLayer`](super::DeadlineLayer) or a timeout of their own.
///
/// ```
/// use leeward_resilience::deadline;
/// # async fn refresh() {}
/// # async fn call(handle: tokio::runtime::Handle) {
/// handle.spawn(deadline::carry(refresh()));
/// # }
/// ```
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Carried {
        future,
        due: CURRENT.get().map(told),
    }
}

/// Lets `future` know that its time is over at `end`, or earlier if the [current] deadline is.
///
/// It tells and does not end, as [`carry`] does.
pub fn until<F: Future>(end: Instant, future: F) -> Carried<F> {
    let above = CURRENT.get().filter(|above| above.end <= end);
    Carried {
        future,
        due: Some(above.unwrap_or_else(|| Due::told_at(end))),
    }
}

/// Lets `future` know that its time is over at `end`, whoever polls it: the [current] deadline is none of its.
///
/// For what several callers wait for together, and which is not to end with the first of them. It tells and does not end, as
/// [`carry`] does.
///
/// ```
/// use leeward_resilience::deadline;
/// use std::time::Duration;
/// use tokio::time::Instant;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let soon = Instant::now() + Duration::from_secs(1);
/// let end = Instant::now() + Duration::from_secs(30);
/// let seen = deadline::until(soon, deadline::apart(end, async { deadline::current() })).await;
/// assert_eq!(seen, Some(end));
/// # }
/// ```
pub fn apart<F: Future>(end: Instant, future: F) -> Carried<F> {
    Carried {
        future,
        due: Some(Due::told_at(end)),
    }
}

/// What is left of a deadline where nobody enforces it.
const fn told(due: Due) -> Due {
    Due {
        hold: Hold::Told,
        ..due
    }
}

pin_project! {
    /// A future that knows a deadline wherever it is polled; made by [`carry`], [`until`] and [`apart`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        future: F,
        due: Option<Due>,
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match *this.due {
            Some(due) => due.within(|| this.future.poll(cx)),
            None => this.future.poll(cx),
        }
    }
}

impl<F> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("end", &self.due.map(|due| due.end))
            .finish_non_exhaustive()
    }
}

impl Due {
    /// One that nobody enforces.
    fn told_at(end: Instant) -> Self {
        Self {
            end,
            limit: Limit {
                timeout: end.saturating_duration_since(Instant::now()),
                scope: Scope::Operation,
            },
            hold: Hold::Told,
        }
    }

    /// What the present task runs under.
    pub(super) fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// What the present task runs under, if its time is over.
    pub(super) fn over() -> Option<Self> {
        Self::current().filter(|due| due.end <= Instant::now())
    }

    /// Makes this the current deadline while `work` is done, and restores the one before it, on a panic too.
    pub(super) fn within<T>(self, work: impl FnOnce() -> T) -> T {
        let _before = Before(CURRENT.replace(Some(self)));
        work()
    }
}

struct Before(Option<Due>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_panic_leaves_no_deadline_behind() {
        let end = Instant::now() + Duration::from_secs(1);
        let mut panics = Box::pin(until(end, async { panic!("of the test") }));
        let poll = std::panic::AssertUnwindSafe(|| {
            let _ = panics
                .as_mut()
                .poll(&mut Context::from_waker(std::task::Waker::noop()));
        });
        std::panic::catch_unwind(poll).unwrap_err();
        assert_eq!(current(), None);
    }
}
