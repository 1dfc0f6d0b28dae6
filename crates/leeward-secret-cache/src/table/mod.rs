//! Which slot a name stands for, and which slots there is room for.

mod room;

use crate::{
    SecretRef,
    id::{Identity, Key, SecretArn},
    slot::Slot,
};
use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
};

/// All slots by all their names; read without a lock, written as a copy.
#[derive(Debug)]
pub(crate) struct Table {
    slots: ArcSwap<Slots>,
    writing: Mutex<()>,
    capacity: NonZeroUsize,
}

pub(crate) type Slots = HashMap<Key, Arc<Slot>, RandomState>;

impl Table {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self {
            slots: ArcSwap::from_pointee(Slots::default()),
            writing: Mutex::default(),
            capacity,
        }
    }

    /// Shows `read` the slot of this secret.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        secret: SecretRef<'_>,
        read: impl FnOnce(&Arc<Slot>) -> T,
    ) -> Option<T> {
        self.slots.load().get(&secret).map(read)
    }

    /// The slot of this secret, which `make` makes if there is none, and the slots that had to go for it.
    pub(crate) fn ensure(
        &self,
        secret: SecretRef<'_>,
        make: impl FnOnce(Key) -> Arc<Slot>,
    ) -> (Arc<Slot>, Vec<Arc<Slot>>) {
        let _writing = self.lock();
        let present = self.slots.load();
        if let Some(slot) = present.get(&secret) {
            return (slot.clone(), Vec::new());
        }
        let key = Key::new(secret);
        let slot = make(key.clone());
        let mut slots = (**present).clone();
        slots.insert(key, slot.clone());
        let evicted = room::make(&mut slots, self.capacity, &slot);
        self.slots.store(Arc::new(slots));
        (slot, evicted)
    }

    /// Puts a slot back that had to go and is still held, unless another has its name by now; says which one has, and what had to go.
    pub(crate) fn restore(&self, slot: &Arc<Slot>) -> (Arc<Slot>, Vec<Arc<Slot>>) {
        self.ensure(slot.key().as_ref(), |_| slot.clone())
    }

    /// Takes note of the names that an answer gives a slot's secret; the slot that stands for all of them from now on.
    ///
    /// If another slot has its ARN it was asked for by two names before either was known to be the other: that one stays.
    pub(crate) fn learn(&self, slot: &Arc<Slot>, arn: &str, name: &str) -> Arc<Slot> {
        let key = slot.key();
        let partial = SecretArn::read(arn).and_then(SecretArn::partial);
        let names = [Some(arn), partial, Some(name)];
        let names = names.into_iter().flatten().filter(|name| !name.is_empty());
        let aliases: Vec<Key> = names.map(|name| key.named(name)).collect();
        let is_known = |slots: &Slots| {
            let is_ours = |alias| {
                slots
                    .get(alias)
                    .is_some_and(|known| Arc::ptr_eq(known, slot))
            };
            aliases.iter().all(is_ours)
        };
        if is_known(&self.slots.load()) {
            return slot.clone();
        }
        let _writing = self.lock();
        let mut slots = (**self.slots.load()).clone();
        if !slots.values().any(|held| Arc::ptr_eq(held, slot)) {
            // It had to go, or was cleared away, while it was fetched.
            return slot.standing().clone();
        }
        let standing = aliases
            .first()
            .and_then(|arn| slots.get(arn))
            .unwrap_or(slot);
        let standing = standing.clone();
        for alias in aliases {
            if let Some(other) = slots.insert(alias, standing.clone()) {
                merge(&mut slots, &other, &standing);
            }
        }
        merge(&mut slots, slot, &standing);
        self.slots.store(Arc::new(slots));
        standing
    }

    /// Lets go of the names of a slot that are not its own: what they stand for may be another secret by now.
    pub(crate) fn forget_aliases(&self, slot: &Arc<Slot>) {
        let _writing = self.lock();
        let mut slots = (**self.slots.load()).clone();
        let before = slots.len();
        slots.retain(|key, held| !Arc::ptr_eq(held, slot) || key == slot.key());
        if slots.len() != before {
            self.slots.store(Arc::new(slots));
        }
    }

    /// The slots of all versions of the secret with this name or ARN.
    pub(crate) fn named(&self, id: &str) -> Vec<Arc<Slot>> {
        let slots = self.slots.load();
        let named = slots.iter().filter(|(key, _)| key.as_ref().id() == id);
        named.map(|(_, slot)| slot.clone()).collect()
    }

    /// The slots of all versions of this secret, each once.
    ///
    /// What an answer has named is found by that; the others by what they were asked for as.
    pub(crate) fn of(&self, secret: &Identity<'_>) -> Vec<Arc<Slot>> {
        let is_meant = |key: &Key, slot: &Arc<Slot>| {
            let entry = slot.entry().load();
            let arn = entry.as_ref().map(|entry| entry.secret.arn());
            secret.is_of(&Identity::of(arn.unwrap_or(key.as_ref().id())))
        };
        let mut found: Vec<Arc<Slot>> = Vec::new();
        for (key, slot) in self.slots.load().iter() {
            let is_known = found.iter().any(|known| Arc::ptr_eq(known, slot));
            if !is_known && is_meant(key, slot) {
                found.push(slot.clone());
            }
        }
        found
    }

    /// How many slots more there may be before four fifths of the room are filled.
    pub(crate) fn room_for_more(&self) -> usize {
        let most = (self.capacity.get() / 5).saturating_mul(4).max(1);
        most.saturating_sub(self.slots().len())
    }

    /// Takes everything out.
    pub(crate) fn clear(&self) -> Vec<Arc<Slot>> {
        let _writing = self.lock();
        let slots = self.slots.swap(Arc::new(Slots::default()));
        room::distinct(&slots)
    }

    /// All slots, each once.
    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        room::distinct(&self.slots.load())
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing
            .lock()
            .expect("nothing panics while it writes the table")
    }
}

/// Lets `standing` stand for `slot` under each of its names.
fn merge(slots: &mut Slots, slot: &Arc<Slot>, standing: &Arc<Slot>) {
    if Arc::ptr_eq(slot, standing) {
        return;
    }
    for held in slots.values_mut() {
        if Arc::ptr_eq(held, slot) {
            *held = standing.clone();
        }
    }
    slot.merge_into(standing);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Moment, freshness::Freshness};

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";
    const PARTIAL: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db";

    fn table(capacity: usize) -> Table {
        Table::new(NonZeroUsize::new(capacity).unwrap())
    }

    fn ensure<'a>(table: &Table, secret: impl Into<SecretRef<'a>>) -> Arc<Slot> {
        let make = |key| Arc::new(Slot::new(key, Freshness::new(), Moment::default()));
        table.ensure(secret.into(), make).0
    }

    fn is_at(table: &Table, name: &str, slot: &Arc<Slot>) -> bool {
        let is_it = |held: &Arc<Slot>| Arc::ptr_eq(held, slot);
        table.with(SecretRef::new(name), is_it).unwrap_or(false)
    }

    #[test]
    fn all_names_of_a_secret_are_one_slot() {
        let table = table(10);
        let slot = ensure(&table, "db");
        assert!(Arc::ptr_eq(&table.learn(&slot, ARN, "db"), &slot));
        for name in ["db", ARN, PARTIAL] {
            assert!(is_at(&table, name, &slot), "{name}");
        }
        assert!(!is_at(&table, "other", &slot));
        assert_eq!(table.slots().len(), 1);
    }

    #[test]
    fn two_slots_of_one_secret_become_one() {
        let table = table(10);
        let by_arn = ensure(&table, ARN);
        let by_name = ensure(&table, "db");
        table.learn(&by_arn, ARN, "");
        let standing = table.learn(&by_name, ARN, "db");
        assert!(Arc::ptr_eq(&standing, &by_arn));
        assert!(Arc::ptr_eq(by_name.standing(), &by_arn));
        for name in ["db", ARN, PARTIAL] {
            assert!(is_at(&table, name, &by_arn), "{name}");
        }
    }

    #[test]
    fn versions_of_a_secret_are_apart() {
        let table = table(10);
        let current = ensure(&table, "db");
        let pending = ensure(&table, SecretRef::new("db").at_stage("AWSPENDING"));
        table.learn(&current, ARN, "db");
        table.learn(&pending, ARN, "db");
        assert_eq!(table.slots().len(), 2);
        assert!(is_at(&table, ARN, &current));
    }

    #[test]
    fn what_was_deleted_keeps_only_the_name_that_it_was_asked_for_by() {
        let table = table(10);
        let slot = ensure(&table, ARN);
        table.learn(&slot, ARN, "db");
        table.forget_aliases(&slot);
        assert!(is_at(&table, ARN, &slot));
        assert!(!is_at(&table, "db", &slot));
    }

    #[test]
    fn a_slot_that_had_to_go_learns_nothing_and_comes_back() {
        let table = table(1);
        let first = ensure(&table, "one");
        let second = ensure(&table, "two");
        assert!(!is_at(&table, "one", &first));
        table.learn(&first, ARN, "one");
        assert!(!is_at(&table, ARN, &first));
        let (restored, evicted) = table.restore(&first);
        assert!(Arc::ptr_eq(&restored, &first) && is_at(&table, "one", &first));
        assert!(Arc::ptr_eq(&evicted[0], &second));
    }
}
