use super::{
    CachePolicy,
    lru::Lru,
    usage::{Limits, Usage},
};
use crate::{BoxFuture, KeyringError};
use futures_util::{
    FutureExt,
    future::{Shared, WeakShared},
};
use leeward_resilience::{Clock, Timestamp};
use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// Keeps values for a time, and fetches no more of them than the limits of use call for.
///
/// Who asks for a value that is being fetched takes a seat in that flight, which is a share of what the value may serve: it
/// lands with every passenger's share set aside. Who finds no seat starts another flight beside it, so nobody waits for
/// two, unless it was not polled until its value had become too old. The passengers drive a flight together, so any of
/// them may go away, which vacates the seat, and the rest carry on; it ends when the last one goes. A failure reaches all
/// passengers, and is forgotten.
pub(crate) struct Cache<K, V> {
    core: Arc<Core<K, V>>,
}

/// What a cache answered.
#[derive(Debug)]
pub(crate) struct Found<V> {
    pub(crate) value: V,
    /// Whether no fetch was started for it.
    pub(crate) is_hit: bool,
}

struct Core<K, V> {
    state: Mutex<State<K, V>>,
    /// None if a value serves anything until it is too old.
    limits: Option<Limits>,
    max_age: Duration,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

struct State<K, V> {
    entries: Lru<K, Entry<V>>,
    /// The flights that may still have seats; one that refused a passenger has given way to the next.
    flights: HashMap<K, Boarding<V>>,
    next_flight: u64,
}

struct Entry<V> {
    /// The flight that brought it.
    id: u64,
    landed: Landed<V>,
    usage: Usage,
}

struct Boarding<V> {
    id: u64,
    flight: WeakShared<Flight<V>>,
    usage: Usage,
}

#[derive(Clone)]
struct Landed<V> {
    made: Timestamp,
    value: V,
}

type Flight<V> = BoxFuture<'static, Result<Landed<V>, KeyringError>>;

enum Look<'a, K: Eq + Hash, V: Clone> {
    Found(V),
    Join(Shared<Flight<V>>, Seat<'a, K, V>),
    Start(Shared<Flight<V>>, Seat<'a, K, V>),
}

impl<K, V> Cache<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new<C: Clock>(policy: CachePolicy<C>, limits: Option<Limits>) -> Self {
        let clock = policy.clock;
        Self {
            core: Arc::new(Core {
                state: Mutex::new(State {
                    entries: Lru::new(policy.capacity),
                    flights: HashMap::new(),
                    next_flight: 0,
                }),
                limits,
                max_age: policy.max_age,
                now: Box::new(move || clock.now()),
            }),
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
        let mut is_hit = true;
        loop {
            let (flight, seat) = match self.look(key, bytes, &fetch) {
                Look::Found(value) => return Ok(Found { value, is_hit }),
                Look::Join(flight, seat) => (flight, seat),
                Look::Start(flight, seat) => {
                    is_hit = false;
                    (flight, seat)
                }
            };
            let landed = flight.await?;
            seat.use_up();
            // Too old only for a caller that was not polled for as long.
            if self.core.is_fresh(&landed, (self.core.now)()) {
                let value = landed.value;
                return Ok(Found { value, is_hit });
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

    fn look<'a, F>(&'a self, key: &'a K, bytes: u64, fetch: impl Fn() -> F) -> Look<'a, K, V>
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        let core = &*self.core;
        let now = (core.now)();
        let mut state = core.lock();
        let oldest = state.entries.oldest();
        if oldest.is_some_and(|entry| !core.is_fresh(&entry.landed, now)) {
            state.entries.remove_oldest();
        }
        if let Some(entry) = state.entries.get(key) {
            if core.is_fresh(&entry.landed, now) && core.take(&mut entry.usage, bytes) {
                return Look::Found(entry.landed.value.clone());
            }
            state.entries.remove(key);
        }
        // The seat comes first: a flight taken up only to be let go again might be dropped here, under the lock.
        if let Some(boarding) = state.flights.get_mut(key)
            && core.take(&mut boarding.usage, bytes)
            && let Some(flight) = boarding.flight.upgrade()
        {
            return Look::Join(flight, Seat::new(core, key, boarding.id, bytes));
        }
        let id = state.next_flight;
        state.next_flight += 1;
        let landing = Landing {
            core: Arc::clone(&self.core),
            key: key.clone(),
            id,
        };
        let fetched = fetch();
        let flight: Flight<V> = Box::pin(async move {
            let value = fetched.await?;
            let made = (landing.core.now)();
            let landed = Landed { made, value };
            landing.keep(landed.clone());
            Ok(landed)
        });
        let flight = flight.shared();
        let mut usage = Usage::default();
        core.take(&mut usage, bytes);
        let boarding = Boarding {
            id,
            flight: flight.downgrade().expect("not polled yet"),
            usage,
        };
        state.flights.insert(key.clone(), boarding);
        Look::Start(flight, Seat::new(core, key, id, bytes))
    }
}

impl<K, V> Core<K, V> {
    fn is_fresh(&self, landed: &Landed<V>, now: Timestamp) -> bool {
        now.since(landed.made) < self.max_age
    }

    fn take(&self, usage: &mut Usage, bytes: u64) -> bool {
        let limits = self.limits.as_ref();
        limits.is_none_or(|limits| usage.take(limits, bytes))
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().expect("not poisoned")
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("max_age", &self.core.max_age)
            .finish_non_exhaustive()
    }
}

/// Takes a flight off the list however it ends: landed, failed, or given up by all who waited.
struct Landing<K: Eq + Hash, V> {
    core: Arc<Core<K, V>>,
    key: K,
    id: u64,
}

impl<K: Clone + Eq + Hash, V> Landing<K, V> {
    /// Keeps what the flight brought, and ends the flight in the same moment, so that nobody starts another between.
    ///
    /// A flight that another has followed brought no more than its passengers take.
    fn keep(&self, landed: Landed<V>) {
        let mut state = self.core.lock();
        if let Some(Boarding { id, usage, .. }) = state.end_flight(&self.key, self.id) {
            let entry = Entry { id, landed, usage };
            state.entries.insert(self.key.clone(), entry);
        }
    }
}

impl<K: Eq + Hash, V> State<K, V> {
    /// Ends this flight, not a later one under the same key.
    fn end_flight(&mut self, key: &K, id: u64) -> Option<Boarding<V>> {
        self.flights.get(key).filter(|known| known.id == id)?;
        self.flights.remove(key)
    }
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        // A poisoned lock is met by the next caller; a destructor must not panic on it.
        if let Ok(mut state) = self.core.state.lock() {
            state.end_flight(&self.key, self.id);
        }
    }
}

/// What a waiting caller is to use of the value; given back if it goes away.
struct Seat<'a, K: Eq + Hash, V> {
    core: &'a Core<K, V>,
    key: &'a K,
    flight: u64,
    bytes: u64,
    is_vacated: bool,
}

impl<'a, K: Eq + Hash, V> Seat<'a, K, V> {
    const fn new(core: &'a Core<K, V>, key: &'a K, flight: u64, bytes: u64) -> Self {
        Self {
            core,
            key,
            flight,
            bytes,
            is_vacated: true,
        }
    }

    fn use_up(mut self) {
        self.is_vacated = false;
    }
}

impl<K: Eq + Hash, V> Drop for Seat<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_vacated || self.core.limits.is_none() {
            return;
        }
        let Ok(mut state) = self.core.state.lock() else {
            return;
        };
        let State {
            entries, flights, ..
        } = &mut *state;
        let boarding = flights.get_mut(self.key);
        let boarding = boarding.filter(|boarding| boarding.id == self.flight);
        let usage = match boarding {
            Some(boarding) => Some(&mut boarding.usage),
            None => entries
                .peek(self.key)
                .filter(|entry| entry.id == self.flight)
                .map(|entry| &mut entry.usage),
        };
        if let Some(usage) = usage {
            usage.give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::TokioClock;
    use std::{future, num::NonZeroUsize, sync::Weak};

    fn cache() -> Cache<u8, Arc<u8>> {
        let policy = CachePolicy::new(Duration::from_secs(60))
            .with_capacity(NonZeroUsize::new(2).unwrap())
            .with_clock(TokioClock::new());
        Cache::new(policy, None)
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
