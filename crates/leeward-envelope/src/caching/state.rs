use super::{
    Key, Limits, Purge, Refetch, Tally, Usage, Value,
    entry::{Entry, Landed, Stale},
    flight::Boarding,
    keeper::Begun,
    lru::Lru,
    renewal::{self, Schedule},
    sibling::Siblings,
    withdrawal::{Withdrawals, Withdrawn},
};
use crate::{KeyringError, keyring::KeyDigest};
use leeward_resilience::{Ratio, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::Notify;

/// What the callers of a cache, its flights and its keeper share.
pub(super) struct Core<K, V> {
    pub(super) state: Mutex<State<K, V>>,
    /// None if a value serves anything until it is too old.
    pub(super) limits: Option<Limits>,
    pub(super) max_age: Duration,
    pub(super) max_stale: Duration,
    pub(super) renewal: Option<Ratio>,
    pub(super) refetch: Option<Refetch<K, V>>,
    pub(super) now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Wakes the keeper.
    pub(super) bell: Arc<Notify>,
}

pub(super) struct State<K, V> {
    pub(super) entries: Lru<K, Entry<V>>,
    /// The flights that may still have seats; one that refused a passenger has given way to the next.
    pub(super) flights: HashMap<K, Boarding<V>>,
    pub(super) next_flight: u64,
    /// Renewals that the keeper has not taken up yet.
    pub(super) begun: Vec<Begun<V>>,
    /// How many renewals there are, those with the keeper included.
    pub(super) renewing: usize,
    /// When the keeper looks at the entries again.
    pub(super) alarm: Option<Timestamp>,
    pub(super) withdrawals: Withdrawals,
    /// How often something was let go of: a flight that is older hands nothing on.
    pub(super) purges: u64,
    pub(super) siblings: Siblings<K, V>,
    pub(super) random: fastrand::Rng,
    pub(super) tally: Tally,
}

const ALL: Ratio = Ratio::percent(100);

impl<K: Key, V: Value> Core<K, V> {
    pub(super) fn is_fresh(&self, landed: &Landed<V>, now: Timestamp) -> bool {
        now.since(landed.made) < self.max_age
    }

    /// Whether it may serve while there is an outage.
    pub(super) fn is_kept(&self, landed: &Landed<V>, now: Timestamp) -> bool {
        now.since(landed.made) < self.max_age.saturating_add(self.max_stale)
    }

    pub(super) fn take(&self, usage: &mut Usage, bytes: u64) -> bool {
        let limits = self.limits.as_ref();
        limits.is_none_or(|limits| usage.take(limits, bytes))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().expect("not poisoned")
    }

    pub(super) fn schedule(&self, made: Timestamp, random: &mut fastrand::Rng) -> Option<Schedule> {
        // Without renewals it paces what is asked in an outage.
        self.schedule_at(self.renewal.unwrap_or(ALL), made, random)
    }

    /// Of what a sibling has fetched.
    pub(super) fn schedule_primed(
        &self,
        made: Timestamp,
        random: &mut fastrand::Rng,
    ) -> Option<Schedule> {
        let share = self.renewal.map_or(ALL, renewal::after_sibling);
        self.schedule_at(share, made, random)
    }

    fn schedule_at(
        &self,
        share: Ratio,
        made: Timestamp,
        random: &mut fastrand::Rng,
    ) -> Option<Schedule> {
        let limits = self.limits.as_ref();
        Some(Schedule::new(
            share,
            self.max_age,
            limits,
            made,
            random.f64(),
        ))
        .filter(|_| self.renewal.is_some() || !self.max_stale.is_zero())
    }

    /// Notes that the flight `id` for `key` met `error`.
    pub(super) fn fail(&self, key: &K, error: &KeyringError) {
        let now = (self.now)();
        // Before the lock: a message may name many keys.
        let withdrawn = Withdrawn::of(error);
        let mut locked = self.lock();
        let state = &mut *locked;
        let mut siblings = Vec::new();
        if let Some(withdrawn) = withdrawn {
            let entry = state.entries.peek(key);
            if entry.is_some_and(|it| withdrawn.ends(&it.landed.value)) {
                state.tally.purged += u64::from(state.entries.remove(key));
            }
            state.withdraw_all(withdrawn, now);
            siblings = state.siblings.clone();
        }
        // What came of another key than those that were withdrawn is as good as before.
        if let Some(entry) = state.entries.peek(key) {
            entry.met_outage = error.met_outage();
            if let Some(schedule) = &mut entry.schedule
                && !schedule.rests(now)
            {
                schedule.failed(now, state.random.f64());
            }
        }
        drop(locked);
        siblings.iter().for_each(|it| it.withdraw(error));
    }

    /// What is too old and may serve nevertheless, the keyring being unavailable.
    pub(super) fn find_stale(&self, key: &K, bytes: u64) -> Option<Stale<V>> {
        if self.max_stale.is_zero() {
            return None;
        }
        let now = (self.now)();
        let mut state = self.lock();
        let State { entries, tally, .. } = &mut *state;
        let entry = entries.get(key)?;
        if !self.is_kept(&entry.landed, now) || !self.take(&mut entry.usage, bytes) {
            return None;
        }
        tally.stale += 1;
        Some(entry.serve_stale(now))
    }

    pub(super) fn purge(&self, what: &Purge) -> u64 {
        let mut state = self.lock();
        let state = &mut *state;
        let under = match what {
            Purge::WrappingKey(under) => Some(KeyDigest::of(under)),
            _ => None,
        };
        let is_meant = |key: &K| match what {
            Purge::All | Purge::WrappingKey(_) => true,
            Purge::Partition(partition) => key.is_in(partition),
            Purge::Tenant(tenant) => key.tenant().is_some_and(|it| **it == **tenant),
        };
        // What a flight will bring nobody knows yet: of a wrapping key's, none may leave anything.
        state.flights.retain(|key, _| !is_meant(key));
        state.purges += 1;
        let purged = state.entries.purge(|key, entry| match &under {
            Some(under) => entry.landed.value.under().contains(under),
            None => is_meant(key),
        });
        state.tally.purged += purged;
        purged
    }

    pub(super) fn tally(&self) -> Tally {
        let now = (self.now)();
        let state = self.lock();
        let made = state.entries.iter().map(|(_, entry)| entry.landed.made);
        Tally {
            entries: state.entries.len() as u64,
            oldest: made.min().map(|made| now.since(made)),
            ..state.tally
        }
    }
}

impl<K: Key, V: Value> State<K, V> {
    /// Ends this flight, not a later one under the same key.
    pub(super) fn end_flight(&mut self, key: &K, id: u64) -> Option<Boarding<V>> {
        self.flights.get(key).filter(|known| known.id == id)?;
        self.flights.remove(key)
    }

    /// Notes what was withdrawn, as far as something is kept that it ends: who sends a message names any key he likes.
    pub(super) fn withdraw_all(&mut self, withdrawn: Withdrawn, now: Timestamp) {
        let values = self.entries.iter().map(|(_, it)| &it.landed.value);
        if let Some(withdrawn) = withdrawn.known_to(values) {
            self.withdrawals.note(withdrawn);
            self.withdraw(now);
        }
    }

    /// Lets go of what was withdrawn, if it is time to.
    pub(super) fn withdraw(&mut self, now: Timestamp) {
        let Some(withdrawn) = self.withdrawals.due(now) else {
            return;
        };
        self.flights.clear();
        self.purges += 1;
        let purged = self
            .entries
            .purge(|_, entry| withdrawn.ends(&entry.landed.value));
        self.tally.purged += purged;
    }
}
