use super::{
    CachePolicy, Key, Limits, Purge, Refetch, Tally, Value,
    entry::Stale,
    flight::{self, Flight, Seat},
    keeper::{Keeper, MAX_RENEWALS},
    lru::Lru,
    state::{Core, State},
};
use crate::KeyringError;
use futures_util::future::Shared;
use leeward_resilience::Clock;
use std::{
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{runtime::Handle, sync::Notify};

/// Keeps values for a time, and fetches no more of them than the limits of use call for.
///
/// Who asks for a value that is being fetched takes a seat in that flight, which is a share of what the value may serve: it
/// lands with every passenger's share set aside. Who finds no seat starts another flight beside it, so nobody waits for
/// two, unless it was not polled until its value had become too old. The passengers drive a flight together, so any of
/// them may go away, which vacates the seat, and the rest carry on; it ends when the last one goes. A failure reaches all
/// passengers, and is forgotten.
///
/// A renewal is a flight that is begun without passengers, for a value that has come near a limit. The keeper drives it, and
/// who finds the value used up meanwhile takes a seat in it.
pub(crate) struct Cache<K: Key, V: Value> {
    pub(super) core: Arc<Core<K, V>>,
    keeper: Keeper,
}

/// What a cache answered.
#[derive(Debug)]
pub(crate) struct Found<V> {
    pub(crate) value: V,
    pub(crate) how: How,
}

/// Whom a caller has its value from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It was there.
    Hit,
    /// Another's flight brought it.
    Joined,
    /// A flight of its own brought it.
    Started,
}

impl How {
    /// Whether there was no call to the keyring for it.
    pub(crate) const fn is_cached(self) -> bool {
        matches!(self, Self::Hit | Self::Joined)
    }
}

enum Look<'a, K: Key, V: Value> {
    Found(V),
    Stale(Stale<V>),
    Join(Shared<Flight<V>>, Seat<'a, K, V>),
    Start(Shared<Flight<V>>, Seat<'a, K, V>),
}

impl<K: Key, V: Value> Cache<K, V> {
    pub(crate) fn new<C: Clock>(
        policy: CachePolicy<C>,
        limits: Option<Limits>,
        refetch: Option<Refetch<K, V>>,
    ) -> Self {
        let tenant_capacity = policy.tenant_capacity();
        let clock = policy.clock;
        let runtime = policy.runtime.or_else(|| Handle::try_current().ok());
        Self {
            core: Arc::new(Core {
                state: Mutex::new(State {
                    entries: Lru::new(policy.capacity, tenant_capacity),
                    flights: HashMap::new(),
                    next_flight: 0,
                    begun: Vec::new(),
                    renewing: 0,
                    alarm: None,
                    withdrawals: Default::default(),
                    purges: 0,
                    siblings: Vec::new(),
                    random: policy
                        .seed
                        .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
                    tally: Tally::default(),
                }),
                limits,
                max_age: policy.max_age,
                max_stale: policy.max_stale,
                renewal: policy.renewal,
                refetch,
                now: Box::new(move || clock.now()),
                bell: Arc::new(Notify::new()),
            }),
            keeper: Keeper::new(runtime),
        }
    }

    /// The value under `key` that is young enough and may serve `bytes` more, fetched if there is none.
    ///
    /// The limits must allow a fresh value to serve so many.
    pub(crate) async fn find<F>(
        &self,
        key: &K,
        bytes: u64,
        fetch: impl Fn() -> F,
    ) -> Result<Found<V>, KeyringError>
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        let mut how = How::Joined;
        loop {
            let (flight, seat) = match self.look(key, bytes, &fetch) {
                Look::Found(value) => {
                    return Ok(Found {
                        value,
                        how: How::Hit,
                    });
                }
                Look::Stale(stale) => return Ok(stale.found()),
                Look::Join(flight, seat) => (flight, seat),
                Look::Start(flight, seat) => {
                    how = How::Started;
                    (flight, seat)
                }
            };
            let landed = match flight.await {
                Ok(landed) => landed,
                Err(error) => {
                    let met_outage = error.met_outage();
                    let stale = met_outage.then(|| self.core.find_stale(key, bytes));
                    return stale.flatten().map(Stale::found).ok_or(error);
                }
            };
            seat.use_up();
            // Too old only for a caller that was not polled for as long.
            if self.core.is_fresh(&landed, (self.core.now)()) {
                let value = landed.value;
                return Ok(Found { value, how });
            }
        }
    }

    /// Lets go of the value under `key`, if it is the one that is meant.
    pub(crate) fn remove(&self, key: &K, is_meant: impl Fn(&V) -> bool) {
        let mut state = self.core.lock();
        let entry = state.entries.peek(key);
        if entry.is_some_and(|entry| is_meant(&entry.landed.value)) {
            state.entries.remove(key);
        }
    }

    /// Lets go of what is meant, and answers how many values that were.
    pub(crate) fn purge(&self, what: &Purge) -> u64 {
        self.core.purge(what)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.core.tally()
    }

    fn look<'a, F>(&'a self, key: &'a K, bytes: u64, fetch: impl Fn() -> F) -> Look<'a, K, V>
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        let core = &self.core;
        let now = (core.now)();
        let mut state = core.lock();
        let state = &mut *state;
        state.withdraw(now);
        let oldest = state.entries.oldest();
        if oldest.is_some_and(|entry| !core.is_kept(&entry.landed, now)) {
            state.entries.remove_oldest();
        }
        if let Some(entry) = state.entries.get(key) {
            let is_fresh = core.is_fresh(&entry.landed, now);
            if is_fresh && core.take(&mut entry.usage, bytes) {
                let value = entry.landed.value.clone();
                let is_first = !entry.is_used;
                entry.is_used = true;
                state.tally.hits += 1;
                let due = entry.renewal_due();
                if due.is_some_and(|due| due <= now) {
                    self.renew(state, key, &fetch);
                } else if let Some(due) = due.filter(|_| is_first) {
                    core.ring_for(&mut state.alarm, due);
                }
                return Look::Found(value);
            }
            if is_fresh || !core.is_kept(&entry.landed, now) {
                state.entries.remove(key);
            } else if entry.rests_in_outage(now) && core.take(&mut entry.usage, bytes) {
                state.tally.stale += 1;
                return Look::Stale(entry.serve_stale(now));
            }
        }
        // The seat comes first: a flight taken up only to be let go again might be dropped here, under the lock.
        if let Some(boarding) = state.flights.get_mut(key)
            && core.take(&mut boarding.usage, bytes)
            && let Some(flight) = boarding.flight.upgrade()
        {
            boarding.has_passengers = true;
            return Look::Join(flight, Seat::new(core, key, boarding.id, bytes));
        }
        let (id, flight) = flight::begin(core, state, key, Some(bytes), fetch());
        self.keeper.start(core);
        Look::Start(flight, Seat::new(core, key, id, bytes))
    }

    /// Has the keeper renew what is under `key`, unless it has its hands full: then a later hit asks again.
    #[cold]
    fn renew<F>(&self, state: &mut State<K, V>, key: &K, fetch: impl Fn() -> F)
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        // What a sibling fetched has not started it.
        self.keeper.start(&self.core);
        if state.renewing < MAX_RENEWALS && self.keeper.is_at_work() {
            self.core.renew(state, key, (self.core.now)(), fetch());
            self.core.bell.notify_one();
        }
    }
}

impl<V> Stale<V> {
    /// Tells the first time, when nothing is locked.
    fn found(self) -> Found<V> {
        if let Some(age) = self.untold {
            tracing::warn!(
                ?age,
                "the keyring is unavailable: a data key serves that is too old"
            );
        }
        Found {
            value: self.value,
            how: How::Hit,
        }
    }
}

/// Renewals that the keeper has not taken up would keep the core, which keeps them.
impl<K: Key, V: Value> Drop for Cache<K, V> {
    fn drop(&mut self) {
        let state = self.core.state.lock();
        let begun = mem::take(&mut state.unwrap_or_else(PoisonError::into_inner).begun);
        // They take the lock themselves.
        drop(begun);
    }
}

impl<K: Key, V: Value> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("max_age", &self.core.max_age)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Partition, keyring::KeyDigest};
    use futures_util::FutureExt;
    use leeward_resilience::TokioClock;
    use std::{future, num::NonZeroUsize, sync::Weak, time::Duration};

    impl Key for u8 {
        fn tenant(&self) -> Option<&Arc<str>> {
            None
        }

        fn is_in(&self, _: &Partition) -> bool {
            false
        }
    }

    impl Value for Arc<u8> {
        fn under(&self) -> &[KeyDigest] {
            &[]
        }

        fn relied_on(&self) -> &[KeyDigest] {
            &[]
        }

        fn succeed(&self, _: &Self) {}
    }

    fn cache() -> Cache<u8, Arc<u8>> {
        let policy = CachePolicy::new(Duration::from_secs(60))
            .with_capacity(NonZeroUsize::new(2).unwrap())
            .with_clock(TokioClock::new());
        Cache::new(policy, None, None)
    }

    /// Has `key` fetched or found; the cache alone keeps the value afterwards.
    async fn touch(cache: &Cache<u8, Arc<u8>>, key: u8) -> Weak<u8> {
        let fetch = || future::ready(Ok(Arc::new(key)));
        let found = cache.find(&key, 0, fetch).await.unwrap();
        Arc::downgrade(&found.value)
    }

    #[tokio::test(start_paused = true)]
    async fn what_gives_way_is_dropped() {
        let cache = cache();
        let (one, two) = (touch(&cache, 1).await, touch(&cache, 2).await);
        assert!(one.upgrade().is_some());
        touch(&cache, 3).await;
        assert!(one.upgrade().is_none(), "the least recently used");
        assert!(two.upgrade().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_is_dropped_while_other_keys_are_in_use() {
        let cache = cache();
        let one = touch(&cache, 1).await;
        tokio::time::advance(Duration::from_secs(30)).await;
        touch(&cache, 2).await;
        tokio::time::advance(Duration::from_secs(30)).await;
        touch(&cache, 2).await;
        assert!(one.upgrade().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_flight_is_left_however_it_ended() {
        let cache = cache();
        let flights = || cache.core.lock().flights.len();
        touch(&cache, 1).await;
        assert_eq!(flights(), 0, "landed");

        let failure = || future::ready(Err(KeyringError::contract("test")));
        assert!(cache.find(&2, 0, failure).await.is_err());
        assert_eq!(flights(), 0, "failed");

        let given_up = cache.find(&3, 0, future::pending);
        let mut given_up = Box::pin(given_up);
        assert!(given_up.as_mut().now_or_never().is_none());
        assert_eq!(flights(), 1, "under way");
        drop(given_up);
        assert_eq!(flights(), 0, "given up");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_was_just_begun_goes_with_its_cache() {
        let cache = cache();
        touch(&cache, 1).await;
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(50)).await;
        let value = touch(&cache, 1).await;
        assert_eq!(cache.core.lock().begun.len(), 1, "nobody has taken it up");
        let core = Arc::downgrade(&cache.core);
        drop(cache);
        assert!(core.upgrade().is_none() && value.upgrade().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_keyring_is_not_called_under_the_lock() {
        let cache = cache();
        let fetch = || {
            let core = Arc::clone(&cache.core);
            async move {
                drop(core.state.try_lock().expect("nobody holds it"));
                Ok(Arc::new(1))
            }
        };
        cache.find(&1, 0, fetch).await.unwrap();
    }
}
