use super::{Inner, Owner, SecretCache};
use crate::{
    Freshness, InvalidFreshness, SecretsCalls,
    clock::{Clocks, bounded},
    refresh, rotation,
    stats::{Counts, Observers, SecretEvent},
    table::Table,
    tasks::Tasks,
    upstream::{Through, Upstream},
};
use leeward_resilience::Clock;
use std::{
    collections::HashMap,
    fmt,
    num::NonZeroUsize,
    panic::catch_unwind,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};
use tokio::{runtime::Handle, time::sleep};

/// Sets a [`SecretCache`] up.
#[must_use]
pub struct SecretCacheBuilder {
    upstream: Box<dyn Upstream>,
    freshness: Freshness,
    freshness_of: HashMap<String, Freshness>,
    capacity: NonZeroUsize,
    fetch_timeout: Duration,
    max_fetches: NonZeroUsize,
    on_withdrawal: OnWithdrawal,
    pub(crate) rotation: rotation::Options,
    observers: Observers,
    clocks: Clocks,
    random: fastrand::Rng,
}

/// What becomes of a value when Secrets Manager says that it may not or cannot be read any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnWithdrawal {
    /// It is let go of at once, and wiped when nobody holds it any more.
    #[default]
    Purge,
    /// It is served until it is over, for those who would rather be wrong for minutes than stop: a mistake in a policy is one too.
    KeepUntilOver,
}

impl SecretCacheBuilder {
    pub(super) fn new(service: impl SecretsCalls) -> Self {
        Self {
            upstream: Box::new(Through(service)),
            freshness: Freshness::new(),
            freshness_of: HashMap::new(),
            capacity: const { NonZeroUsize::new(1_000).unwrap() },
            fetch_timeout: Duration::from_secs(10),
            max_fetches: const { NonZeroUsize::new(20).unwrap() },
            on_withdrawal: OnWithdrawal::default(),
            rotation: rotation::Options::new(),
            observers: Observers::default(),
            clocks: Clocks::Coarse,
            random: fastrand::Rng::new(),
        }
    }

    /// Sets how old a value may be; [4 and 5 minutes](Freshness::new) by default.
    pub fn with_freshness(self, freshness: Freshness) -> Self {
        Self { freshness, ..self }
    }

    /// Sets it for the secret that has this name or ARN, in all its versions, whichever of them it is asked for by and whichever Region
    /// answers. Where several are set for one secret, or for secrets of one name in several accounts, the strictest limits hold.
    pub fn with_freshness_of(mut self, id: impl Into<String>, freshness: Freshness) -> Self {
        self.freshness_of.insert(id.into(), freshness);
        self
    }

    /// Keeps so many secrets, each version counted; the one goes that was asked for longest ago. 1,000 by default.
    ///
    /// Those that are [watched](SecretCache::subscribe) stay, even if they are more. Names of which there never was a value have a fifth
    /// of the room: beyond that one of them goes, not a secret that is there.
    pub fn with_capacity(self, capacity: NonZeroUsize) -> Self {
        Self { capacity, ..self }
    }

    /// Gives up on a fetch after this long, waiting for its turn included; 10 seconds by default.
    pub fn with_fetch_timeout(self, fetch_timeout: Duration) -> Self {
        Self {
            fetch_timeout: bounded(fetch_timeout),
            ..self
        }
    }

    /// Fetches so many secrets at once; 20 by default. The others wait for their turn, those of which nothing is there behind those that
    /// are to be refreshed.
    ///
    /// A call that is not answered within a second goes on and makes way to the next, so that what is silent does not keep all others
    /// waiting: while nothing answers there are so many calls more each second, each for as long as
    /// [a fetch may take](Self::with_fetch_timeout).
    ///
    /// Of those of which nothing is there 1,000 wait, or as many as there is [room](Self::with_capacity) for if that is more. Whoever asks
    /// for another is refused at once, as [`Unavailable`](crate::SecretErrorKind::Unavailable), and may ask again in a moment: names that
    /// strangers make up keep nobody from the secrets that are there.
    pub fn with_max_fetches(self, max_fetches: NonZeroUsize) -> Self {
        Self {
            max_fetches,
            ..self
        }
    }

    /// Sets what becomes of a value that was denied, deleted or cannot be decrypted any more; it is purged by default.
    pub fn with_on_withdrawal(self, on_withdrawal: OnWithdrawal) -> Self {
        Self {
            on_withdrawal,
            ..self
        }
    }

    /// Reads this clock and its date; by default the system's, as of its last tick, some milliseconds ago.
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self {
            clocks: Clocks::given(clock),
            ..self
        }
    }

    /// Tells `observer` of what happens to each secret: fetches, failures, and what is let go of; never of a hit, and never a value.
    ///
    /// It is called on the thread on which it happens, outside any lock: hand over to a channel what takes time. One that panics is
    /// logged, and harms nothing else. May be called several times.
    pub fn with_observer(
        mut self,
        observer: impl Fn(&SecretEvent) + Send + Sync + 'static,
    ) -> Self {
        self.observers.add(observer);
        self
    }

    /// Draws jitter from this seed, for tests; from the system's randomness by default.
    pub fn with_seed(self, seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            ..self
        }
    }

    /// Builds it; nothing is fetched before somebody asks.
    ///
    /// Fetches run on the tokio runtime that this is called in, whichever their callers are in: let it be one that goes on for as long as the
    /// cache is used. In one of a single thread that nobody drives any more no fetch goes on, nor does the time that would end it.
    ///
    /// # Errors
    ///
    /// [`SecretCacheError::NoRuntime`] outside of a tokio runtime, [`SecretCacheError::NoTimer`] within one that keeps no time (of which tokio
    /// tells by a panic, which is caught here), [`SecretCacheError::ZeroTimeout`] if fetches get no time,
    /// [`SecretCacheError::Freshness`] if one of them cannot be meant, and [`SecretCacheError::FreshnessOfNone`] if one is of no secret.
    pub fn build(self) -> Result<SecretCache, SecretCacheError> {
        let runtime = Handle::try_current().map_err(|_| SecretCacheError::NoRuntime)?;
        if catch_unwind(|| drop(sleep(Duration::ZERO))).is_err() {
            return Err(SecretCacheError::NoTimer);
        }
        if self.fetch_timeout.is_zero() {
            return Err(SecretCacheError::ZeroTimeout);
        }
        self.freshness.check()?;
        for (id, freshness) in &self.freshness_of {
            if id.is_empty() {
                return Err(SecretCacheError::FreshnessOfNone);
            }
            freshness.check()?;
        }
        let inner = Inner {
            table: Table::new(self.capacity),
            upstream: self.upstream,
            clocks: self.clocks,
            counts: Counts::new(),
            observers: self.observers,
            voids: AtomicU64::new(0),
            tasks: Tasks::on(runtime),
            line: refresh::Line::new(self.max_fetches.get(), self.capacity.get()),
            loudness: refresh::Loudness::default(),
            fetch_timeout: self.fetch_timeout,
            on_withdrawal: self.on_withdrawal,
            rotation: self.rotation,
            keeper: rotation::Keeper::default(),
            freshness: self.freshness,
            freshness_of: self.freshness_of,
            random: Mutex::new(self.random),
        };
        let inner = Arc::new(inner);
        if inner.rotation.follows_schedule {
            inner.keeper.begin(&inner);
        }
        Ok(SecretCache {
            owner: Arc::new(Owner(inner)),
        })
    }
}

impl fmt::Debug for SecretCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretCacheBuilder")
            .field("freshness", &self.freshness)
            .field("capacity", &self.capacity)
            .field("fetch_timeout", &self.fetch_timeout)
            .field("max_fetches", &self.max_fetches)
            .field("on_withdrawal", &self.on_withdrawal)
            .finish_non_exhaustive()
    }
}

/// Says why a [`SecretCache`] cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretCacheError {
    /// There is no runtime to fetch in.
    #[error("a cache of secrets fetches on a tokio runtime: build it within one")]
    NoRuntime,
    /// The runtime was built without its timer, so that no fetch would ever end.
    #[error(
        "a cache of secrets needs the timer of its tokio runtime: build that with enable_time or enable_all"
    )]
    NoTimer,
    /// Every fetch would be over before it begins.
    #[error("the fetch timeout is zero: no secret would ever be fetched")]
    ZeroTimeout,
    /// Values would be too old at once, or never be refreshed.
    #[error(transparent)]
    Freshness(#[from] InvalidFreshness),
    /// Limits are set for the secret whose name or ARN is empty.
    #[error(
        "a freshness is set for a secret whose name is empty: give its name or ARN, or set it for all by with_freshness"
    )]
    FreshnessOfNone,
}
