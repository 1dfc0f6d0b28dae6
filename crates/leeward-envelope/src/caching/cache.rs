use super::{CachePolicy, lru::Lru};
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

/// Keeps values for a time, and fetches each at most once at a time.
///
/// Who asks for a value that is being fetched waits for that fetch; the waiting callers drive it together, so any of them
/// may go away and the rest carry on, and it ends when the last one goes. A failure reaches all who waited, and is
/// forgotten.
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
    max_age: Duration,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

struct State<K, V> {
    entries: Lru<K, Entry<V>>,
    flights: HashMap<K, (u64, WeakShared<Flight<V>>)>,
    next_flight: u64,
}

#[derive(Clone)]
struct Entry<V> {
    made: Timestamp,
    value: V,
}

type Flight<V> = BoxFuture<'static, Result<Entry<V>, KeyringError>>;

enum Look<V: Clone> {
    Found(V),
    Join(Shared<Flight<V>>),
    Start(Shared<Flight<V>>),
}

impl<K, V> Cache<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new<C: Clock>(policy: CachePolicy<C>) -> Self {
        let clock = policy.clock;
        Self {
            core: Arc::new(Core {
                state: Mutex::new(State {
                    entries: Lru::new(policy.capacity),
                    flights: HashMap::new(),
                    next_flight: 0,
                }),
                max_age: policy.max_age,
                now: Box::new(move || clock.now()),
            }),
        }
    }

    /// The value under `key` that is young enough and that `accept` takes, fetched if there is none.
    ///
    /// A value that `accept` refuses is replaced.
    pub(crate) async fn find<F>(
        &self,
        key: &K,
        accept: impl Fn(&V) -> bool,
        fetch: impl Fn() -> F,
    ) -> Result<Found<V>, KeyringError>
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        let mut is_hit = true;
        // Every turn but the last one is a flight whose value was used up by others, so somebody got on.
        loop {
            let flight = match self.look(key, &accept, &fetch) {
                Look::Found(value) => return Ok(Found { value, is_hit }),
                Look::Join(flight) => flight,
                Look::Start(flight) => {
                    is_hit = false;
                    flight
                }
            };
            let entry = flight.await?;
            if self.core.is_fresh(&entry, (self.core.now)()) && accept(&entry.value) {
                let value = entry.value;
                return Ok(Found { value, is_hit });
            }
        }
    }

    fn look<F>(&self, key: &K, accept: impl Fn(&V) -> bool, fetch: impl Fn() -> F) -> Look<V>
    where
        F: Future<Output = Result<V, KeyringError>> + Send + 'static,
    {
        let now = (self.core.now)();
        let mut state = self.core.lock();
        let oldest = state.entries.oldest();
        if oldest.is_some_and(|entry| !self.core.is_fresh(entry, now)) {
            state.entries.remove_oldest();
        }
        if let Some(entry) = state.entries.get(key) {
            if self.core.is_fresh(entry, now) && accept(&entry.value) {
                return Look::Found(entry.value.clone());
            }
            state.entries.remove(key);
        }
        let running = state.flights.get(key);
        if let Some(flight) = running.and_then(|(_, flight)| flight.upgrade()) {
            return Look::Join(flight);
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
            let entry = Entry { made, value };
            landing.keep(entry.clone());
            Ok(entry)
        });
        let flight = flight.shared();
        let weak = flight.downgrade().expect("not polled yet");
        state.flights.insert(key.clone(), (id, weak));
        Look::Start(flight)
    }
}

impl<K, V> Core<K, V> {
    fn is_fresh(&self, entry: &Entry<V>, now: Timestamp) -> bool {
        now.since(entry.made) < self.max_age
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
    fn keep(&self, entry: Entry<V>) {
        let mut state = self.core.lock();
        state.entries.insert(self.key.clone(), entry);
        state.end_flight(&self.key, self.id);
    }
}

impl<K: Eq + Hash, V> State<K, V> {
    /// Ends this flight, not a later one under the same key.
    fn end_flight(&mut self, key: &K, id: u64) {
        if self.flights.get(key).is_some_and(|(known, _)| *known == id) {
            self.flights.remove(key);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::TokioClock;
    use std::{future, num::NonZeroUsize, sync::Weak};

    fn cache() -> Cache<u8, Arc<u8>> {
        let policy = CachePolicy::new(Duration::from_secs(60))
            .with_capacity(NonZeroUsize::new(2).unwrap())
            .with_clock(TokioClock::new());
        Cache::new(policy)
    }

    /// Has `key` fetched or found; the cache alone keeps the value afterwards.
    async fn touch(cache: &Cache<u8, Arc<u8>>, key: u8) -> Weak<u8> {
        let fetch = || future::ready(Ok(Arc::new(key)));
        let found = cache.find(&key, |_| true, fetch).await.unwrap();
        Arc::downgrade(&found.value)
    }

    #[tokio::test(start_paused = true)]
    async fn what_gives_way_or_is_replaced_is_dropped() {
        let cache = cache();
        let (one, two) = (touch(&cache, 1).await, touch(&cache, 2).await);
        assert!(one.upgrade().is_some());
        touch(&cache, 3).await;
        assert!(one.upgrade().is_none(), "the least recently used");
        assert!(two.upgrade().is_some());
        let refused = cache
            .find(&2, |value| **value != 2, || future::ready(Ok(Arc::new(9))))
            .await
            .unwrap();
        assert_eq!(*refused.value, 9);
        assert!(two.upgrade().is_none(), "replaced");
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
        assert!(cache.find(&2, |_| true, failure).await.is_err());
        assert_eq!(flights(), 0, "failed");

        let given_up = cache.find(&3, |_| true, future::pending);
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
        cache.find(&1, |_| true, fetch).await.unwrap();
    }
}
