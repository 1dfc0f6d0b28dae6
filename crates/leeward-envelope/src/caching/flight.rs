use super::{
    Key, Usage, Value,
    entry::{Entry, Landed},
    sibling::TakeOver,
    state::{Core, State},
};
use crate::{BoxFuture, KeyringError};
use futures_util::{
    FutureExt,
    future::{Shared, WeakShared},
};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError},
};

/// A call to a keyring that any number of callers drive together.
pub(super) type Flight<V> = BoxFuture<'static, Result<Landed<V>, KeyringError>>;

/// A flight that may still have seats.
pub(super) struct Boarding<V> {
    pub(super) id: u64,
    pub(super) flight: WeakShared<Flight<V>>,
    pub(super) usage: Usage,
    pub(super) has_passengers: bool,
}

/// Begins a flight, with a seat for `bytes` or, to renew what is there, with none; nothing is polled yet.
pub(super) fn begin<K: Key, V: Value>(
    core: &Arc<Core<K, V>>,
    state: &mut State<K, V>,
    key: &K,
    bytes: Option<u64>,
    fetched: impl Future<Output = Result<V, KeyringError>> + Send + 'static,
) -> (u64, Shared<Flight<V>>) {
    let id = state.next_flight;
    state.next_flight += 1;
    let landing = Landing {
        core: Arc::clone(core),
        key: key.clone(),
        id,
        purges: state.purges,
        is_renewal: bytes.is_none(),
        end: End::GivenUp,
    };
    let flight: Flight<V> = Box::pin(fly(landing, fetched));
    let flight = flight.shared();
    let mut usage = Usage::default();
    if let Some(bytes) = bytes {
        state.tally.misses += 1;
        core.take(&mut usage, bytes);
    } else {
        state.tally.renewals += 1;
        state.renewing += 1;
    }
    let boarding = Boarding {
        id,
        flight: flight.downgrade().expect("not polled yet"),
        usage,
        has_passengers: bytes.is_some(),
    };
    state.flights.insert(key.clone(), boarding);
    (id, flight)
}

async fn fly<K: Key, V: Value>(
    mut landing: Landing<K, V>,
    fetched: impl Future<Output = Result<V, KeyringError>> + Send + 'static,
) -> Result<Landed<V>, KeyringError> {
    let fetched = async {
        let value = fetched.await?;
        // What others make of it is theirs, keyrings among them: nothing is locked.
        let siblings = landing.core.lock().siblings.clone();
        let siblings = siblings.iter();
        let taken: Vec<_> = siblings
            .filter_map(|sibling| sibling.hear(&landing.key, &value))
            .collect();
        Ok((value, taken))
    };
    let fetched = if landing.is_renewal {
        // A panic is the caller's to see, and a renewal has none.
        let caught = AssertUnwindSafe(fetched).catch_unwind().await;
        caught.unwrap_or_else(|_| Err(KeyringError::contract("it panicked")))
    } else {
        fetched.await
    };
    match fetched {
        Ok((value, taken)) => {
            let made = (landing.core.now)();
            let landed = Landed { made, value };
            landing.keep(landed.clone(), taken);
            Ok(landed)
        }
        Err(error) => {
            landing.end = End::Failed;
            landing.core.fail(&landing.key, &error);
            Err(error)
        }
    }
}

/// Takes a flight off the list however it ends: landed, failed, or given up by all who waited.
struct Landing<K: Key, V: Value> {
    core: Arc<Core<K, V>>,
    key: K,
    id: u64,
    /// How many purges there had been when it began.
    purges: u64,
    is_renewal: bool,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Landed,
    Failed,
    GivenUp,
}

impl<K: Key, V: Value> Landing<K, V> {
    /// Keeps what the flight brought, has siblings take it over, and ends the flight in the same moment, so that nobody starts
    /// another between.
    ///
    /// A flight that another has followed brought no more than its passengers take, and one whose key was purged brings
    /// nothing back.
    fn keep(&mut self, landed: Landed<V>, taken: Vec<TakeOver>) {
        self.end = End::Landed;
        let core = &*self.core;
        // Before the lock, hence dropped behind it.
        let mut held = Vec::with_capacity(taken.len());
        let mut state = core.lock();
        let state = &mut *state;
        let boarding = state.end_flight(&self.key, self.id);
        let is_wanted = boarding.as_ref().is_none_or(|it| it.has_passengers);
        let old = state.entries.peek(&self.key);
        // A renewal of what has given way meanwhile, which nobody asked for since.
        if old.is_none() && !is_wanted {
            return;
        }
        if state.purges == self.purges {
            held.extend(taken.into_iter().map(|take_over| take_over()));
        }
        let Some(boarding) = boarding else {
            return;
        };
        if let Some(old) = old {
            landed.value.succeed(&old.landed.value);
        }
        let schedule = core.schedule(landed.made, &mut state.random);
        let entry = Entry {
            id: boarding.id,
            schedule,
            is_used: is_wanted,
            landed,
            usage: boarding.usage,
            is_renewing: false,
            met_outage: false,
            is_told: false,
        };
        let due = entry.renewal_due();
        state.tally.evictions += state.entries.insert(self.key.clone(), entry);
        if let Some(due) = due {
            core.ring_for(&mut state.alarm, due);
        }
    }
}

impl<K: Key, V: Value> Drop for Landing<K, V> {
    fn drop(&mut self) {
        // A destructor must not panic on a lock that is poisoned, and what it puts right is right all the same.
        let mut state = self
            .core
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        state.end_flight(&self.key, self.id);
        if self.is_renewal {
            state.renewing -= 1;
            state.tally.failed_renewals += u64::from(self.end != End::Landed);
            let Some(entry) = state.entries.peek(&self.key) else {
                return;
            };
            entry.is_renewing = false;
            if self.end == End::GivenUp
                && let Some(schedule) = &mut entry.schedule
            {
                schedule.failed((self.core.now)(), state.random.f64());
            }
            if let Some(due) = entry.renewal_due().filter(|_| self.end != End::Landed) {
                self.core.ring_for(&mut state.alarm, due);
            }
        }
    }
}

/// What a waiting caller is to use of the value; given back if it goes away.
pub(super) struct Seat<'a, K: Key, V: Value> {
    core: &'a Core<K, V>,
    key: &'a K,
    flight: u64,
    bytes: u64,
    is_vacated: bool,
}

impl<'a, K: Key, V: Value> Seat<'a, K, V> {
    pub(super) const fn new(core: &'a Core<K, V>, key: &'a K, flight: u64, bytes: u64) -> Self {
        Self {
            core,
            key,
            flight,
            bytes,
            is_vacated: true,
        }
    }

    pub(super) fn use_up(mut self) {
        self.is_vacated = false;
    }
}

impl<K: Key, V: Value> Drop for Seat<'_, K, V> {
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
