use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{StateStore, direct::NotKeyed},
};

use super::{
    Rate,
    atomic::{AtomicU64, Ordering},
};
use crate::{Clock, Timestamp};

/// A fixed rate: `governor`'s, on our clock, with its one word open to view.
pub(super) struct Bucket<C: Clock> {
    limiter: RateLimiter<NotKeyed, Word, Since<C>, NoOpMiddleware<Nanos>>,
    clock: Since<C>,
    word: Word,
    interval: u64,
    tolerance: u64,
}

/// Our clock as governor wants it: in nanoseconds since the limiter was made.
#[derive(Clone)]
struct Since<C> {
    clock: C,
    origin: Timestamp,
}

impl<C: Clock> GovernorClock for Since<C> {
    type Instant = Nanos;

    #[inline(always)]
    fn now(&self) -> Nanos {
        Nanos::from(self.nanos())
    }
}

impl<C: Clock> Since<C> {
    fn nanos(&self) -> u64 {
        self.clock.now().nanos().saturating_sub(self.origin.nanos())
    }
}

/// When the next call would come if calls came at the rate; zero before the first.
#[derive(Clone)]
struct Word(Arc<AtomicU64>);

impl StateStore for Word {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (outcome, next) = decide((seen != 0).then(|| Nanos::from(seen)))?;
            match self.0.compare_exchange_weak(
                seen,
                next.as_u64(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(outcome),
                Err(now) => seen = now,
            }
        }
    }
}

impl<C: Clock> Bucket<C> {
    pub(super) fn new(rate: Rate, clock: C) -> Self {
        let burst = NonZeroU32::new(rate.burst()).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(rate.interval()).expect("a rate has an interval");
        let origin = clock.now();
        let clock = Since { clock, origin };
        let word = Word(Arc::new(AtomicU64::new(0)));
        let interval = Timestamp::new(rate.interval()).nanos();
        Self {
            limiter: RateLimiter::new(quota.allow_burst(burst), word.clone(), clock.clone()),
            clock,
            word,
            interval,
            tolerance: interval * u64::from(burst.get() - 1),
        }
    }

    /// Takes a call's share of the rate, if there is one now.
    #[inline(always)]
    pub(super) fn take(&self) -> bool {
        self.limiter.check().is_ok()
    }

    /// How long until there is a share for one more call than `ahead` others.
    pub(super) fn wait(&self, ahead: u32) -> Duration {
        let now = self.clock.nanos();
        let next = self.word.0.load(Ordering::Relaxed).max(now);
        let ahead = self.interval.saturating_mul(u64::from(ahead));
        let earliest = next.saturating_add(ahead).saturating_sub(self.tolerance);
        Duration::from_nanos(earliest.saturating_sub(now))
    }
}

impl<C: Clock> fmt::Debug for Bucket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").finish_non_exhaustive()
    }
}
