use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use super::{RateLimitConfig, RateLimiter};
use crate::{Clock, Timestamp, TscClock};

/// After how long without a call a lowered rate has come back: the curve takes 49 s from 10,000 calls a second.
const RECOVERY: Duration = Duration::from_secs(60);

/// Bounds the number of calls in a time for each key by itself: each tenant, each table; cloning shares the bounds.
///
/// Keys that have been idle for as long as their rate needs to recover are forgotten. While there are as many keys as may
/// be, further ones share one limiter among them: they are held back rather than let through uncounted.
///
/// ```
/// use leeward_resilience::{KeyedRateLimiter, Rate, RateLimitConfig};
/// use std::num::NonZeroUsize;
///
/// let max_keys = NonZeroUsize::new(1_000).ok_or("none")?;
/// let limiters = KeyedRateLimiter::new(RateLimitConfig::fixed(Rate::per_second(1)), max_keys);
/// assert!(limiters.of(&"tenant A").try_acquire().is_ok());
/// assert!(limiters.of(&"tenant B").try_acquire().is_ok());
/// assert!(limiters.of(&"tenant A").try_acquire().is_err());
/// assert_eq!(limiters.keys(), 2);
/// # Ok::<(), &str>(())
/// ```
pub struct KeyedRateLimiter<K, C: Clock = TscClock> {
    core: Arc<Core<K, C>>,
}

struct Core<K, C: Clock> {
    clock: C,
    config: RateLimitConfig,
    max_keys: NonZeroUsize,
    max_idle: Duration,
    others: RateLimiter<C>,
    known: Mutex<Known<K, C>>,
}

struct Known<K, C: Clock> {
    limiters: HashMap<K, Used<C>>,
    swept_at: Timestamp,
}

struct Used<C: Clock> {
    limiter: RateLimiter<C>,
    at: Timestamp,
}

impl<K: Clone + Eq + Hash> KeyedRateLimiter<K> {
    /// Makes limiters of this kind for up to `max_keys` keys at a time, on the production clock.
    #[must_use]
    pub fn new(config: RateLimitConfig, max_keys: NonZeroUsize) -> Self {
        Self::with_clock(config, max_keys, TscClock::new())
    }
}

impl<K: Clone + Eq + Hash, C: Clock> KeyedRateLimiter<K, C> {
    /// Makes limiters of this kind for up to `max_keys` keys at a time, on a clock of the caller's choice.
    pub fn with_clock(config: RateLimitConfig, max_keys: NonZeroUsize, clock: C) -> Self {
        let refill = config.rate.map_or(Duration::ZERO, |rate| rate.refill());
        let recovery = if config.is_adaptive {
            RECOVERY
        } else {
            Duration::ZERO
        };
        Self {
            core: Arc::new(Core {
                config,
                max_keys,
                max_idle: refill.max(recovery).max(config.max_pause()),
                others: RateLimiter::with_clock(config, clock.clone()),
                known: Mutex::new(Known {
                    limiters: HashMap::new(),
                    swept_at: clock.now(),
                }),
                clock,
            }),
        }
    }

    /// The limiter of `key`, or that of all keys for which there is no room.
    pub fn of(&self, key: &K) -> RateLimiter<C> {
        let core = &self.core;
        let now = core.clock.now();
        let mut known = self.known();
        if let Some(used) = known.limiters.get_mut(key) {
            used.at = used.at.max(now);
            return used.limiter.clone();
        }
        // At most once in that time, so that a flood of new keys does not look through the old ones for each.
        if now.since(known.swept_at) >= core.max_idle {
            known.sweep(now, core.max_idle);
        }
        if known.limiters.len() >= core.max_keys.get() {
            return core.others.clone();
        }
        let limiter = RateLimiter::with_clock(core.config, core.clock.clone());
        let used = Used {
            limiter: limiter.clone(),
            at: now,
        };
        known.limiters.insert(key.clone(), used);
        limiter
    }

    /// How many keys have a limiter of their own.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.known().limiters.len()
    }

    fn known(&self) -> MutexGuard<'_, Known<K, C>> {
        self.core.known.lock().expect("not poisoned")
    }
}

impl<K: Eq + Hash, C: Clock> Known<K, C> {
    /// Forgets the keys whose limiter is as good as new and in nobody's hands.
    fn sweep(&mut self, now: Timestamp, max_idle: Duration) {
        self.limiters
            .retain(|_, used| !used.limiter.is_unused() || now.since(used.at) < max_idle);
        self.swept_at = now;
    }
}

impl<K, C: Clock> Clone for KeyedRateLimiter<K, C> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
        }
    }
}

/// Prints no key, which may name a customer.
impl<K, C: Clock> fmt::Debug for KeyedRateLimiter<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedRateLimiter")
            .field("config", &self.core.config)
            .field("max_keys", &self.core.max_keys)
            .finish_non_exhaustive()
    }
}
