use std::{
    error::Error,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, future::Shared};
use leeward_error_taxonomy::Rejected;
use leeward_resilience::deadline;
use tokio::time::Instant;

/// Once calls have waited so long in all for a making that has not ended, it is given up, and another one begins.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// A service in the making, for all calls that wait for it.
///
/// It goes on while anybody waits, whoever began it: what a call has not brought to its end before it was dropped, the next
/// one takes up, however late. Nothing is spawned.
pub(crate) struct Begun<S> {
    pub(crate) number: u64,
    patience: Arc<Mutex<Patience>>,
    work: Shared<Work<S>>,
}

/// For how long it has been waited for: time in which nobody does brings no making on.
struct Patience {
    waiting: u32,
    since: Instant,
    before: Duration,
}

/// The wait of one call for a service in the making.
pub(crate) struct Making<S> {
    pub(crate) number: u64,
    state: State<S>,
}

enum State<S> {
    Waiting {
        patience: Arc<Mutex<Patience>>,
        work: Shared<Work<S>>,
    },
    /// Before it was asked for.
    Failed(Arc<Rejected>),
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

impl<S> Begun<S> {
    /// The making of that number.
    pub(crate) fn new(number: u64, work: Work<S>) -> Self {
        Self {
            number,
            patience: Arc::new(Mutex::new(Patience {
                waiting: 0,
                since: Instant::now(),
                before: Duration::ZERO,
            })),
            work: work.shared(),
        }
    }

    /// For a call that waits for it from now on.
    pub(crate) fn wait(&self) -> Making<S> {
        look(&self.patience).begin();
        Making {
            number: self.number,
            state: State::Waiting {
                patience: Arc::clone(&self.patience),
                work: self.work.clone(),
            },
        }
    }

    /// For how long it has been waited for.
    pub(crate) fn waited(&self) -> Duration {
        look(&self.patience).waited()
    }

    /// Whether anybody waits for it now.
    pub(crate) fn is_waited_for(&self) -> bool {
        look(&self.patience).waiting > 0
    }

    /// Whether it takes longer than anybody should wait for.
    pub(crate) fn is_given_up(&self) -> bool {
        self.waited() >= GIVEN_UP
    }
}

impl Patience {
    fn begin(&mut self) {
        if self.waiting == 0 {
            self.since = Instant::now();
        }
        self.waiting += 1;
    }

    fn end(&mut self) {
        self.before = self.waited();
        self.since = Instant::now();
        self.waiting -= 1;
    }

    fn waited(&self) -> Duration {
        match self.waiting {
            0 => self.before,
            _ => self.before + self.since.elapsed(),
        }
    }
}

// Nothing in it panics half-way.
fn look(patience: &Mutex<Patience>) -> MutexGuard<'_, Patience> {
    patience.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S> Making<S> {
    /// One that has failed before it was asked for.
    pub(crate) const fn failed(met: Arc<Rejected>) -> Self {
        Self {
            number: 0,
            state: State::Failed(met),
        }
    }
}

impl<S> Future for Making<S> {
    type Output = Ended<S>;

    /// The work has a deadline of its own: that of whoever happens to bring it on is not that of the others.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<S>> {
        match &mut self.state {
            State::Waiting { patience, work } => {
                let left = GIVEN_UP.saturating_sub(look(patience).waited());
                pin!(deadline::apart(Instant::now() + left, work)).poll(cx)
            }
            State::Failed(met) => Poll::Ready(Err(Arc::clone(met))),
        }
    }
}

impl<S> Drop for Making<S> {
    fn drop(&mut self) {
        if let State::Waiting { patience, .. } = &self.state {
            look(patience).end();
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
        Rejected::Unavailable { obstacle, .. } => {
            let obstacle = *obstacle;
            Rejected::unavailable_for(obstacle, Echo(met))
        }
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
