//! A few who ask all the time.

use crate::secrets::contender::Get;
use std::{sync::Arc, time::Duration};
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};

/// How many there are.
pub(super) const CALLERS: usize = 16;

/// How long each rests between two calls.
const REST: Duration = Duration::from_millis(5);

/// Longer than this nobody should have to wait for what is in memory.
const AT_ONCE: Duration = Duration::from_millis(1);

/// What they saw.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) slowest: Duration,
    /// How many calls took longer than a millisecond.
    pub(super) slow: u64,
    pub(super) errors: u64,
    /// When somebody was given the value for the last time, counted from the start.
    pub(super) last_served: Duration,
}

impl Seen {
    fn take(&mut self, took: Duration, served: Option<Duration>) {
        self.slowest = self.slowest.max(took);
        self.slow += u64::from(took > AT_ONCE);
        self.errors += u64::from(served.is_none());
        self.last_served = self.last_served.max(served.unwrap_or_default());
    }

    fn with(self, other: Self) -> Self {
        Self {
            slowest: self.slowest.max(other.slowest),
            slow: self.slow + other.slow,
            errors: self.errors + other.errors,
            last_served: self.last_served.max(other.last_served),
        }
    }
}

/// Lets all of them ask for `span`; moments count from `start`.
pub(super) async fn ask(get: &Get, start: Instant, span: Duration) -> Result<Seen, JoinError> {
    let mut callers = JoinSet::new();
    let end = Instant::now() + span;
    for _ in 0..CALLERS {
        let get = Arc::clone(get);
        callers.spawn(async move {
            let mut seen = Seen::default();
            while Instant::now() < end {
                let asked = Instant::now();
                let answer = get().await;
                let served = answer.is_ok().then(|| start.elapsed());
                seen.take(asked.elapsed(), served);
                sleep(REST).await;
            }
            seen
        });
    }
    let mut all = Seen::default();
    while let Some(seen) = callers.join_next().await {
        all = all.with(seen?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoxError, secrets::Answer};

    #[tokio::test(start_paused = true)]
    async fn what_each_saw_is_put_together() {
        let start = Instant::now();
        let get: Get = Arc::new(move || -> Answer {
            Box::pin(async move {
                sleep(Duration::from_millis(3)).await;
                match start.elapsed() < Duration::from_millis(50) {
                    true => Ok("hunter2".to_owned()),
                    false => Err(BoxError::from("throttled")),
                }
            })
        });
        let seen = ask(&get, start, Duration::from_millis(80)).await.unwrap();
        // Each asks every 8 ms: ten times, of which the last four are answered after 50 ms.
        let callers = CALLERS as u64;
        assert_eq!(seen.slowest, Duration::from_millis(3));
        assert_eq!((seen.slow, seen.errors), (10 * callers, 4 * callers));
        assert_eq!(seen.last_served, Duration::from_millis(43));
    }
}
