use std::{fmt, ops::ControlFlow, time::Duration};

use fastrand::Rng;
use leeward_error_taxonomy::{Classify, Facts, Failure, Rejected, Verdict};
use tokio::time::{Instant, sleep, timeout_at};

use super::{WaitTimedOut, pauses::Pauses};

/// How long to wait for a state, and how often to ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    timeout: Duration,
    interval: Duration,
    max_interval: Duration,
    seed: Option<u64>,
}

impl Waiter {
    /// Waits this long at the most.
    #[must_use]
    pub const fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            interval: Duration::from_secs(1),
            max_interval: Duration::from_secs(10),
            seed: None,
        }
    }

    /// The longest first pause; 1 s by default. Each one after it may be longer by half.
    #[must_use]
    pub const fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// The longest pause of all; 10 s by default.
    #[must_use]
    pub const fn with_max_interval(self, max_interval: Duration) -> Self {
        Self {
            max_interval,
            ..self
        }
    }

    /// Repeats its pauses, for tests.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// How long it waits at the most.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks by `look` until it breaks with what was waited for; `progress` is told each state before that, and how long was waited.
    ///
    /// # Errors
    ///
    /// What `look` failed with, if that is final; [`WaitTimedOut`] when the time is over.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose time is enabled.
    pub async fn wait<T, P, E, F, Fut>(
        &self,
        mut look: F,
        mut progress: impl FnMut(&P, Duration),
    ) -> Result<T, E>
    where
        P: fmt::Display,
        E: Classify + From<WaitTimedOut>,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<ControlFlow<T, P>, E>>,
    {
        let began = Instant::now();
        // What no clock can tell is beyond the life of the process.
        let deadline = began.checked_add(self.timeout);
        let mut pauses = Pauses::new(self.interval, self.max_interval, self.random());
        let mut state = None;
        let mut failure = None;
        loop {
            let looked = match deadline {
                Some(deadline) => timeout_at(deadline, look()).await,
                None => Ok(look().await),
            };
            let Ok(looked) = looked else { break };
            let asks = match looked {
                Ok(ControlFlow::Break(found)) => return Ok(found),
                Ok(ControlFlow::Continue(seen)) => {
                    progress(&seen, began.elapsed());
                    state = Some(seen.to_string());
                    failure = None;
                    None
                }
                Err(error) => {
                    let facts = error.facts();
                    if !may_pass(&facts) {
                        return Err(error);
                    }
                    failure = Some(Failure::from(&facts));
                    facts.retry_after
                }
            };
            let left = deadline.map(|deadline| deadline.duration_since(Instant::now()));
            match pauses.next(left, asks) {
                Some(pause) => sleep(pause).await,
                None => break,
            }
        }
        Err(WaitTimedOut::new(began.elapsed(), state, failure).into())
    }

    fn random(&self) -> Rng {
        self.seed.map_or_else(Rng::new, Rng::with_seed)
    }
}

/// Whether a look that failed is one of several: the next may be answered.
fn may_pass(facts: &Facts<'_>) -> bool {
    match facts.rejected {
        Some(Rejected::Unavailable { .. }) => false,
        Some(_) => true,
        None => facts.verdict != Verdict::Final,
    }
}
