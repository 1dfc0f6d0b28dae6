use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use leeward_resilience::{CircuitState, Clock};

use crate::roster::Roster;

/// How many entries are looked at for one that may go.
const LOOKS: usize = 64;

/// What a bounded number of routers know, each under its key.
///
/// When another key comes, one goes that was not used since the hand came by the last time (the clock algorithm, near enough to the
/// least recently used and without a lock for whoever only uses one), and of those rather one that has nothing to lose: no call
/// under way and every circuit closed.
pub(super) struct Kept<K, S, C: Clock> {
    places: HashMap<K, usize>,
    entries: Vec<Entry<K, S, C>>,
    hand: usize,
    max: usize,
}

struct Entry<K, S, C: Clock> {
    key: K,
    roster: Arc<Roster<S, C>>,
    used: AtomicBool,
}

impl<K: Clone + Eq + Hash, S, C: Clock> Kept<K, S, C> {
    /// None yet, and never more than `max`, which is one at least.
    pub(super) fn new(max: usize) -> Self {
        Self {
            places: HashMap::new(),
            entries: Vec::new(),
            hand: 0,
            max,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &Arc<Roster<S, C>>)> {
        self.entries.iter().map(|entry| (&entry.key, &entry.roster))
    }

    /// What is known under `key`.
    pub(super) fn find(&self, key: &K) -> Option<Arc<Roster<S, C>>> {
        let entry = &self.entries[*self.places.get(key)?];
        // What is not written stays in the caches of all processors.
        if !entry.used.load(Relaxed) {
            entry.used.store(true, Relaxed);
        }
        Some(Arc::clone(&entry.roster))
    }

    /// Keeps what is under a key that is new.
    pub(super) fn keep(&mut self, key: K, roster: Arc<Roster<S, C>>) {
        let entry = Entry {
            key: key.clone(),
            roster,
            used: AtomicBool::new(true),
        };
        let place = if self.entries.len() < self.max {
            self.make_room();
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let place = self.choose();
            let gone = std::mem::replace(&mut self.entries[place], entry);
            self.places.remove(&gone.key);
            place
        };
        self.places.insert(key, place);
    }

    /// Grows by doubling, but never beyond what may be kept.
    fn make_room(&mut self) {
        let len = self.entries.len();
        if len == self.entries.capacity() {
            self.entries.reserve_exact(len.max(4).min(self.max - len));
        }
    }

    /// The entry that makes room.
    fn choose(&mut self) -> usize {
        let mut troubled = None;
        for _ in 0..LOOKS {
            let place = self.hand;
            self.hand = (self.hand + 1) % self.entries.len();
            let entry = &self.entries[place];
            if entry.used.swap(false, Relaxed) {
                continue;
            }
            if is_calm(&entry.roster) {
                return place;
            }
            troubled = troubled.or(Some(place));
        }
        troubled.unwrap_or(self.hand)
    }
}

/// Whether nobody holds the router, hence no call of it is under way, and it has nothing against a Region.
fn is_calm<S, C: Clock>(roster: &Arc<Roster<S, C>>) -> bool {
    let is_closed = || {
        let mut known = roster.known();
        known.all(|member| member.circuit.state() == CircuitState::Closed)
    };
    Arc::strong_count(roster) == 1 && is_closed()
}
