use std::{
    error::Error,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, future::Shared};
use leeward_error_taxonomy::Rejected;
use tokio::time::Instant;

/// After this time nobody new waits for a making that has not ended, and another one begins.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// A service in the making, for all calls that wait for it.
///
/// It goes on while anybody waits, whoever began it: what a call has not brought to its end before it was dropped, the next
/// one takes up. Nothing is spawned.
pub(crate) struct Making<S> {
    pub(crate) number: u64,
    began: Instant,
    work: Shared<Work<S>>,
}

/// What it takes to make a service.
pub(crate) type Work<S> = Pin<Box<dyn Future<Output = Ended<S>> + Send>>;

/// How a making ended; everybody is told who waits.
pub(crate) type Ended<S> = Result<Made<S>, Arc<Rejected>>;

/// Locked to be cloned; it spares services from having to be `Sync`.
type Made<S> = Arc<Mutex<S>>;

/// Makes that of a making which everybody can be told of. One that panics has failed.
pub(crate) fn shared<S: 'static>(
    work: impl Future<Output = Result<S, Rejected>> + Send + 'static,
) -> Work<S> {
    let ended = AssertUnwindSafe(work).catch_unwind().map(|ended| {
        let ended = ended.unwrap_or_else(|_| Err(Rejected::unavailable(Panicked)));
        match ended {
            Ok(service) => Ok(Arc::new(Mutex::new(service))),
            Err(rejected) => Err(Arc::new(rejected)),
        }
    });
    Box::pin(ended)
}

impl<S> Making<S> {
    /// Begins the making of that number.
    pub(crate) fn begin(number: u64, work: Work<S>) -> Self {
        Self {
            number,
            began: Instant::now(),
            work: work.shared(),
        }
    }

    /// Whether it takes longer than anybody should wait for.
    pub(crate) fn is_given_up(&self) -> bool {
        self.began.elapsed() >= GIVEN_UP
    }
}

impl<S> Future for Making<S> {
    type Output = Ended<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<S>> {
        self.work.poll_unpin(cx)
    }
}

impl<S> Clone for Making<S> {
    fn clone(&self) -> Self {
        Self {
            number: self.number,
            began: self.began,
            work: self.work.clone(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the maker of the service panicked")]
struct Panicked;

/// The refusal for one of those who waited.
pub(crate) fn refusal(met: Arc<Rejected>) -> Rejected {
    Arc::try_unwrap(met).unwrap_or_else(|met| match &*met {
        Rejected::NotSentInTime { timeout } => Rejected::NotSentInTime { timeout: *timeout },
        Rejected::CircuitOpen { retry_in } => Rejected::CircuitOpen {
            retry_in: *retry_in,
        },
        Rejected::LimiterFull => Rejected::LimiterFull,
        _ => Rejected::unavailable(Echo(met)),
    })
}

/// What another call met as well.
#[derive(Debug)]
struct Echo(Arc<Rejected>);

impl Echo {
    fn met(&self) -> &(dyn Error + 'static) {
        match &*self.0 {
            Rejected::Unavailable { source, .. } => &**source,
            other => other,
        }
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.met())
    }
}

impl Error for Echo {
    // Itself and not its source, so that whoever looks for a type finds it.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.met())
    }
}
