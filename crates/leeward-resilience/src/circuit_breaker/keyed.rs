use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    CircuitBreaker, CircuitChange, CircuitConfig, CircuitMode, CircuitSnapshot, CircuitState,
    recency::{List, Recency},
};
use crate::{Clock, TscClock};

/// How many entries are looked at for one that may go.
const LOOKS: usize = 8;

/// A breaker for each key: each Region, operation, tenant; or a tuple of them.
///
/// Cloning shares the breakers. There are never more than a bound: when another key comes, the breaker goes that was used
/// longest ago, of those that are closed and have no call on its way; before one that is not closed, any that is. A key
/// whose breaker went gets a new one, which is closed.
///
/// ```
/// use leeward_error_taxonomy::{Category, Facts, Stage, Verdict};
/// use leeward_resilience::{CircuitBreakers, CircuitConfig, CircuitState};
/// use std::num::NonZeroUsize;
///
/// let config = CircuitConfig::new().with_consecutive_failures(1);
/// let breakers = CircuitBreakers::new(config, NonZeroUsize::new(1_000).ok_or("none")?);
/// let silence = Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient);
/// breakers.of(&"PutItem").admit()?.fail(&silence);
/// assert_eq!(breakers.of(&"PutItem").state(), CircuitState::Open);
/// assert_eq!(breakers.of(&"GetItem").state(), CircuitState::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CircuitBreakers<K, C: Clock = TscClock> {
    config: Arc<CircuitConfig>,
    clock: C,
    max_keys: NonZeroUsize,
    observer: Option<Observer<K>>,
    kept: Arc<Mutex<Kept<K, C>>>,
}

type Observer<K> = Arc<dyn Fn(&K, CircuitChange) + Send + Sync>;

struct Kept<K, C: Clock> {
    places: HashMap<K, usize>,
    entries: Vec<Entry<K, C>>,
    recency: Recency,
}

struct Entry<K, C: Clock> {
    key: K,
    breaker: CircuitBreaker<C>,
    list: List,
}

impl<K> CircuitBreakers<K> {
    /// Prepares for at most `max_keys` keys, with the same configuration and the production clock for each.
    #[must_use]
    pub fn new(config: CircuitConfig, max_keys: NonZeroUsize) -> Self {
        Self::with_clock(config, max_keys, TscClock::new())
    }
}

impl<K, C: Clock> CircuitBreakers<K, C> {
    /// Prepares for at most `max_keys` keys, on a clock of the caller's choice.
    pub fn with_clock(config: CircuitConfig, max_keys: NonZeroUsize, clock: C) -> Self {
        Self {
            config: Arc::new(config),
            clock,
            max_keys,
            observer: None,
            kept: Arc::new(Mutex::new(Kept {
                places: HashMap::new(),
                entries: Vec::new(),
                recency: Recency::default(),
            })),
        }
    }

    /// Calls `observer` after every change of state of a breaker that is made from now on, under the terms of
    /// [`on_change`](CircuitBreaker::on_change).
    #[must_use]
    pub fn with_observer(
        self,
        observer: impl Fn(&K, CircuitChange) + Send + Sync + 'static,
    ) -> Self {
        Self {
            observer: Some(Arc::new(observer)),
            ..self
        }
    }

    /// How many keys have a breaker.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept().entries.len()
    }

    /// Whether no key has a breaker.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K, C>> {
        self.kept.lock().expect("not poisoned")
    }
}

impl<K, C> CircuitBreakers<K, C>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    C: Clock,
{
    /// The breaker of `key`, made if need be.
    ///
    /// It takes a lock that all keys share, for a short time: keep what it gives for as long as you work for the key.
    #[must_use]
    pub fn of(&self, key: &K) -> CircuitBreaker<C> {
        let mut kept = self.kept();
        if let Some(place) = kept.places.get(key).copied() {
            return kept.touch(place);
        }
        let breaker = CircuitBreaker::with_clock(Arc::clone(&self.config), self.clock.clone());
        if let Some(observer) = self.observer.clone() {
            let key = key.clone();
            breaker.on_change(move |change| observer(&key, change));
        }
        kept.keep(key.clone(), breaker.clone(), self.max_keys.get());
        breaker
    }

    /// How each circuit stands, in no order.
    #[must_use]
    pub fn snapshots(&self) -> Vec<(K, CircuitSnapshot)> {
        let breakers: Vec<_> = {
            let kept = self.kept();
            let entries = kept.entries.iter();
            entries
                .map(|entry| (entry.key.clone(), entry.breaker.clone()))
                .collect()
        };
        breakers
            .into_iter()
            .map(|(key, breaker)| (key, breaker.snapshot()))
            .collect()
    }
}

impl<K: Clone + Eq + Hash, C: Clock> Kept<K, C> {
    fn touch(&mut self, place: usize) -> CircuitBreaker<C> {
        self.sort(place);
        self.entries[place].breaker.clone()
    }

    /// Moves an entry to the newest end of the list in which it belongs.
    fn sort(&mut self, place: usize) {
        let entry = &mut self.entries[place];
        self.recency.remove(entry.list, place);
        // One that is calm is looked at when its turn comes to go.
        if entry.list == List::Troubled {
            entry.list = list_of(&entry.breaker);
        }
        self.recency.add(entry.list, place);
    }

    fn keep(&mut self, key: K, breaker: CircuitBreaker<C>, max_keys: usize) {
        let entry = Entry {
            key: key.clone(),
            breaker,
            list: List::Calm,
        };
        let place = if self.entries.len() < max_keys {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let place = self.choose();
            self.recency.remove(self.entries[place].list, place);
            let gone = std::mem::replace(&mut self.entries[place], entry);
            self.places.remove(&gone.key);
            place
        };
        self.recency.add(List::Calm, place);
        self.places.insert(key, place);
    }

    /// The entry that makes room.
    fn choose(&mut self) -> usize {
        let mut busy = None;
        let mut looks = 0;
        // An entry leaves the calm list here at most once for each time that its circuit opens.
        while looks < LOOKS
            && let Some(place) = self.recency.oldest(List::Calm)
            && busy != Some(place)
        {
            let entry = &mut self.entries[place];
            match list_of(&entry.breaker) {
                List::Calm if entry.breaker.is_idle() => return place,
                List::Calm => {
                    busy = busy.or(Some(place));
                    looks += 1;
                }
                List::Troubled => {}
            }
            self.recency.remove(entry.list, place);
            entry.list = list_of(&entry.breaker);
            self.recency.add(entry.list, place);
        }
        busy.or_else(|| self.recovered())
            .or_else(|| self.recency.oldest(List::Troubled))
            .expect("as many keys as may be, and that is one at least")
    }

    /// An entry that is troubled no longer, among those that were used longest ago.
    fn recovered(&self) -> Option<usize> {
        let first = self.recency.oldest(List::Troubled);
        std::iter::successors(first, |place| self.recency.newer(*place))
            .take(LOOKS)
            .find(|place| list_of(&self.entries[*place].breaker) == List::Calm)
    }
}

/// A breaker that somebody has set to a mode is kept like one in trouble, or the command would be lost without a word.
fn list_of<C: Clock>(breaker: &CircuitBreaker<C>) -> List {
    match (breaker.mode(), breaker.state()) {
        (CircuitMode::Active, CircuitState::Closed) => List::Calm,
        _ => List::Troubled,
    }
}

impl<K, C: Clock> Clone for CircuitBreakers<K, C> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            clock: self.clock.clone(),
            max_keys: self.max_keys,
            observer: self.observer.clone(),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<K, C: Clock> fmt::Debug for CircuitBreakers<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakers")
            .field("keys", &self.len())
            .field("max_keys", &self.max_keys)
            .finish_non_exhaustive()
    }
}
