use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
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

/// Who waits, and for how long it has been waited for: time in which nobody does brings no making on.
struct Patience {
    waiting: u32,
    since: Instant,
    before: Duration,
    // By the number of the wait.
    wakers: BTreeMap<u64, Waker>,
    waits: u64,
}

/// The wait of one call for a service in the making.
pub(crate) struct Making<S> {
    pub(crate) number: u64,
    state: State<S>,
}

enum State<S> {
    Waiting {
        patience: Arc<Mutex<Patience>>,
        wait: u64,
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
                wakers: BTreeMap::new(),
                waits: 0,
            })),
            work: work.shared(),
        }
    }

    /// For a call that waits for it from now on.
    pub(crate) fn wait(&self) -> Making<S> {
        let wait = look(&self.patience).begin();
        Making {
            number: self.number,
            state: State::Waiting {
                patience: Arc::clone(&self.patience),
                wait,
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
    fn begin(&mut self) -> u64 {
        if self.waiting == 0 {
            self.since = Instant::now();
        }
        self.waiting += 1;
        self.waits += 1;
        self.waits
    }

    fn polled(&mut self, wait: u64, waker: &Waker) {
        let kept = self.wakers.entry(wait).or_insert_with(|| waker.clone());
        kept.clone_from(waker);
    }

    /// Gives the waker of somebody else, who is to look in the place of the one that goes.
    fn end(&mut self, wait: u64) -> Option<Waker> {
        self.before = self.waited();
        self.since = Instant::now();
        self.waiting -= 1;
        self.wakers.remove(&wait);
        self.wakers.values().next().cloned()
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
            State::Waiting {
                patience,
                wait,
                work,
            } => {
                let mut all = look(patience);
                all.polled(*wait, cx.waker());
                let left = GIVEN_UP.saturating_sub(all.waited());
                drop(all);
                pin!(deadline::apart(Instant::now() + left, work)).poll(cx)
            }
            State::Failed(met) => Poll::Ready(Err(Arc::clone(met))),
        }
    }
}

impl<S> Drop for Making<S> {
    // While one brings the work on, others who are woken have nothing to do. If the work is to be looked at again by then, and he who
    // brought it on goes instead, nobody would.
    fn drop(&mut self) {
        if let State::Waiting { patience, wait, .. } = &self.state {
            let other = look(patience).end(*wait);
            if let Some(other) = other {
                other.wake();
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::pending,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
        task::Wake,
    };

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_lets_another_one_look_in_his_place() {
        let begun: Begun<()> = Begun::new(1, shared(pending()));
        let [mut one, mut other] = [begun.wait(), begun.wait()];
        let [woken, unwoken] = [Arc::new(Woken::default()), Arc::new(Woken::default())];
        for (making, woken) in [(&mut other, &woken), (&mut one, &unwoken)] {
            let waker = Waker::from(Arc::clone(woken));
            let polled = making.poll_unpin(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        drop(one);
        assert_eq!(woken.0.load(Relaxed), 1);
        assert_eq!(unwoken.0.load(Relaxed), 0);
        drop(other);
        assert!(!begun.is_waited_for());
    }

    #[tokio::test(start_paused = true)]
    async fn only_time_in_which_somebody_waits_counts_and_that_once() {
        let begun: Begun<()> = Begun::new(1, shared(pending()));
        tokio::time::advance(GIVEN_UP).await;
        assert_eq!(begun.waited(), Duration::ZERO);
        let (one, other) = (begun.wait(), begun.wait());
        tokio::time::advance(GIVEN_UP / 3).await;
        drop(one);
        tokio::time::advance(GIVEN_UP / 3).await;
        drop(other);
        tokio::time::advance(GIVEN_UP).await;
        assert_eq!(begun.waited(), GIVEN_UP * 2 / 3);
        let _last = begun.wait();
        tokio::time::advance(GIVEN_UP / 3).await;
        assert!(begun.is_given_up());
    }
}
