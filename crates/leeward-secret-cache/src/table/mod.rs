//! Which slot a name stands for, and which slots there is room for.

mod alias;
mod room;

use crate::{
    SecretRef,
    id::{Identity, Key},
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
    pub(crate) fn with<T>(
        &self,
        secret: SecretRef<'_>,
        read: impl FnOnce(&Arc<Slot>) -> T,
    ) -> Option<T> {
        self.with_key(secret, |_, slot| read(slot))
    }

    /// Shows `read` the slot of this secret, and the name that it was found by.
    #[inline]
    pub(crate) fn with_key<T>(
        &self,
        secret: SecretRef<'_>,
        read: impl FnOnce(&Key, &Arc<Slot>) -> T,
    ) -> Option<T> {
        let slots = self.slots.load();
        let (key, slot) = slots.get_key_value(&secret)?;
        Some(read(key, slot))
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
        let slot = make(Key::new(secret));
        let mut slots = (**present).clone();
        slots.insert(slot.key().clone(), slot.clone());
        slot.set_out(false);
        let evicted = room::make(&mut slots, self.capacity, &slot);
        for slot in &evicted {
            slot.set_out(true);
        }
        self.slots.store(Arc::new(slots));
        (slot, evicted)
    }

    /// Puts a slot back that had to go and is still held, unless another has its name by now; says which one has, and what had to go.
    pub(crate) fn restore(&self, slot: &Arc<Slot>) -> (Arc<Slot>, Vec<Arc<Slot>>) {
        self.ensure(slot.key().as_ref(), |_| slot.clone())
    }

    /// Lets go of this name, unless the slot that has it was asked for by it.
    pub(crate) fn forget(&self, secret: SecretRef<'_>) {
        let _writing = self.lock();
        let mut slots = (**self.slots.load()).clone();
        if slots
            .get(&secret)
            .is_some_and(|held| held.key().id() != secret.id())
        {
            slots.remove(&secret);
            self.slots.store(Arc::new(slots));
        }
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

    /// The slots of all versions of this secret, each once.
    ///
    /// What an answer has named is found by that; the others, and those that were asked for by this very `id`, by what they were asked for as.
    pub(crate) fn of(&self, id: &str) -> Vec<Arc<Slot>> {
        let secret = Identity::of(id);
        let is_meant = |key: &Key, slot: &Arc<Slot>| {
            let entry = slot.entry().load();
            let arn = entry.as_ref().map(|entry| entry.secret.arn());
            key.id() == id || secret.is_of(&Identity::of(arn.unwrap_or(key.id())))
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
        let slots = room::distinct(&slots);
        for slot in &slots {
            slot.set_out(true);
        }
        slots
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Secret,
        clock::Moment,
        freshness::Freshness,
        secret::{About, Value},
        slot::Entry,
    };

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";
    const ELSEWHERE: &str = "arn:aws:secretsmanager:us-west-2:111122223333:secret:db-a1b2c3";
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

    fn at(steady: u64) -> Moment {
        Moment { steady, wall: 0 }
    }

    fn entry(arn: &str, fetched: u64) -> Arc<Entry> {
        let about = About {
            arn: arn.to_owned(),
            ..About::default()
        };
        let secret = Arc::new(Secret::new(about, Value::of_text(String::new())));
        let limits = Freshness::new().limits(0.0);
        Arc::new(Entry::new(secret, at(fetched), at(fetched), limits))
    }

    /// Puts what was fetched at a time into a slot.
    fn keep(slot: &Slot, fetched: u64) {
        slot.entry().store(Some(entry("", fetched)));
    }

    fn learn(table: &Table, slot: &Arc<Slot>, arn: &str) -> usize {
        table.learn(slot, arn, at(1), None).len()
    }

    #[test]
    fn all_names_of_a_secret_are_one_slot() {
        let table = table(10);
        let slot = ensure(&table, "db");
        learn(&table, &slot, ARN);
        for name in ["db", ARN, PARTIAL] {
            assert!(is_at(&table, name, &slot), "{name}");
        }
        assert!(!is_at(&table, "other", &slot));
        assert_eq!(table.slots().len(), 1);
    }

    #[test]
    fn a_name_is_not_learnt() {
        let table = table(10);
        let (by_arn, by_partial) = (ensure(&table, ARN), ensure(&table, ELSEWHERE));
        learn(&table, &by_arn, ARN);
        learn(&table, &by_partial, ELSEWHERE);
        assert!(table.with(SecretRef::new("db"), |_| ()).is_none());
        assert!(is_at(&table, PARTIAL, &by_arn));
        assert!(is_at(&table, ELSEWHERE, &by_partial));
    }

    #[test]
    fn an_arn_that_another_region_answers_for_has_no_other_name() {
        let table = table(10);
        let (by_name, by_arn) = (ensure(&table, "db"), ensure(&table, ELSEWHERE));
        learn(&table, &by_name, ARN);
        assert_eq!(learn(&table, &by_arn, ARN), 0);
        assert!(is_at(&table, ARN, &by_name) && is_at(&table, ELSEWHERE, &by_arn));
        // Nor has it any more what it had.
        learn(&table, &by_arn, ELSEWHERE);
        let partial = ELSEWHERE.trim_end_matches("-a1b2c3");
        assert!(is_at(&table, partial, &by_arn));
        learn(&table, &by_arn, ARN);
        assert!(!is_at(&table, partial, &by_arn) && is_at(&table, ELSEWHERE, &by_arn));
    }

    #[test]
    fn two_slots_of_one_secret_become_one_that_has_its_name() {
        let table = table(10);
        let (by_arn, by_partial) = (ensure(&table, ARN), ensure(&table, PARTIAL));
        let by_name = ensure(&table, "db");
        learn(&table, &by_arn, ARN);
        assert_eq!(learn(&table, &by_partial, ARN), 1);
        assert_eq!(learn(&table, &by_name, ARN), 1);
        assert!(by_arn.is_out() && by_partial.is_out() && !by_name.is_out());
        assert_eq!(learn(&table, &by_partial, ARN), 0);
        for name in ["db", ARN, PARTIAL] {
            assert!(is_at(&table, name, &by_name), "{name}");
        }
    }

    #[test]
    fn what_was_fetched_later_is_not_replaced() {
        let table = table(10);
        let (by_arn, by_name) = (ensure(&table, ARN), ensure(&table, "db"));
        keep(&by_arn, 2);
        assert_eq!(learn(&table, &by_name, ARN), 0);
        assert!(is_at(&table, ARN, &by_arn) && is_at(&table, PARTIAL, &by_name));
        assert_eq!(table.learn(&by_name, ARN, at(2), None).len(), 1);
        assert!(is_at(&table, ARN, &by_name));
    }

    #[test]
    fn a_secret_that_was_made_anew_is_not_called_by_the_arn_before() {
        let table = table(10);
        let slot = ensure(&table, "db");
        learn(&table, &slot, ARN);
        let anew = ARN.replace("a1b2c3", "zzzzzz");
        learn(&table, &slot, &anew);
        assert!(table.with(SecretRef::new(ARN), |_| ()).is_none());
        assert!(is_at(&table, PARTIAL, &slot) && is_at(&table, &anew, &slot));
        table.forget(SecretRef::new(&anew));
        table.forget(SecretRef::new("db"));
        assert!(table.with(SecretRef::new(&anew), |_| ()).is_none());
        assert!(is_at(&table, "db", &slot));
    }

    #[test]
    fn what_one_region_answered_goes_on_by_its_arn_when_another_answers() {
        let table = table(2);
        let slot = ensure(&table, "db");
        learn(&table, &slot, ARN);
        let before = entry(ARN, 1);
        table.learn(&slot, ELSEWHERE, at(2), Some(&before));
        let apart = table.with(SecretRef::new(ARN), Arc::clone).unwrap();
        assert_eq!((apart.key().id(), apart.was_there()), (ARN, true));
        assert!(Arc::ptr_eq(&apart.entry().load_full().unwrap(), &before));
        assert!(is_at(&table, PARTIAL, &apart) && is_at(&table, ELSEWHERE, &slot));
        // When that answers again it is one, and the other is apart.
        table.learn(&slot, ARN, at(3), Some(&entry(ELSEWHERE, 2)));
        for name in ["db", ARN, PARTIAL] {
            assert!(is_at(&table, name, &slot), "{name}");
        }
        assert!(apart.is_out() && !is_at(&table, ELSEWHERE, &slot));
        assert_eq!(table.slots().len(), 2);
    }

    #[test]
    fn nothing_goes_on_that_was_made_anew_or_for_which_there_is_no_room() {
        let anew = ARN.replace("a1b2c3", "zzzzzz");
        for (capacity, arn) in [(2, &*anew), (1, ELSEWHERE)] {
            let table = table(capacity);
            let slot = ensure(&table, "db");
            learn(&table, &slot, ARN);
            table.learn(&slot, arn, at(2), Some(&entry(ARN, 1)));
            assert!(table.with(SecretRef::new(ARN), |_| ()).is_none(), "{arn}");
            assert_eq!(table.slots().len(), 1);
        }
    }

    #[test]
    fn versions_of_a_secret_are_apart() {
        let table = table(10);
        let current = ensure(&table, "db");
        let pending = ensure(&table, SecretRef::new("db").at_stage("AWSPENDING"));
        learn(&table, &current, ARN);
        learn(&table, &pending, ARN);
        assert_eq!(table.slots().len(), 2);
        assert!(is_at(&table, ARN, &current));
    }

    #[test]
    fn what_was_deleted_keeps_only_the_name_that_it_was_asked_for_by() {
        let table = table(10);
        let slot = ensure(&table, ARN);
        learn(&table, &slot, ARN);
        table.forget_aliases(&slot);
        assert!(is_at(&table, ARN, &slot));
        assert!(!is_at(&table, PARTIAL, &slot));
    }

    #[test]
    fn a_slot_that_had_to_go_learns_nothing_and_comes_back() {
        let table = table(1);
        let first = ensure(&table, "one");
        let second = ensure(&table, "two");
        assert!(!is_at(&table, "one", &first));
        learn(&table, &first, ARN);
        assert!(!is_at(&table, ARN, &first));
        let (restored, evicted) = table.restore(&first);
        assert!(Arc::ptr_eq(&restored, &first) && is_at(&table, "one", &first));
        assert!(Arc::ptr_eq(&evicted[0], &second));
    }
}
