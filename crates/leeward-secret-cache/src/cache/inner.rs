use super::OnWithdrawal;
use crate::{
    Freshness, Secret, SecretRef, SecretStatus,
    clock::Clocks,
    id::Key,
    refresh::{self, Answer},
    rotation,
    slot::Slot,
    stats::{Counts, Observers, SecretCacheStats, SecretEvent, SecretEventKind, count},
    table::Table,
    tasks::Tasks,
    upstream::Upstream,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// What all clones of a cache share, and its tasks.
pub(crate) struct Inner {
    pub(crate) table: Table,
    pub(crate) upstream: Box<dyn Upstream>,
    pub(crate) clocks: Clocks,
    pub(crate) counts: Counts,
    pub(crate) observers: Observers,
    pub(crate) voids: AtomicU64,
    pub(crate) tasks: Tasks,
    pub(crate) fan_out: Semaphore,
    pub(crate) fetch_timeout: Duration,
    pub(crate) on_withdrawal: OnWithdrawal,
    pub(crate) rotation: rotation::Options,
    pub(crate) keeper: rotation::Keeper,
    pub(super) freshness: Freshness,
    pub(super) freshness_of: HashMap<String, Freshness>,
    pub(super) random: Mutex<fastrand::Rng>,
}

impl Inner {
    #[inline]
    pub(crate) fn at_hand(self: &Arc<Self>, secret: SecretRef<'_>) -> Option<Arc<Secret>> {
        let now = self.clocks.now();
        let at_hand = |slot: &Arc<Slot>| refresh::at_hand(self, slot, now);
        self.table.with(secret, at_hand).flatten()
    }

    /// What there is for somebody who asks by name.
    pub(crate) fn look_up(self: &Arc<Self>, secret: SecretRef<'_>) -> Answer {
        let slot = self.slot(secret);
        refresh::look_closer(self, &slot, self.clocks.now())
    }

    /// The same for the holder of a slot, which may have had to go meanwhile.
    pub(crate) fn look_again(self: &Arc<Self>, slot: &Arc<Slot>) -> Answer {
        refresh::look_closer(self, &self.restored(slot), self.clocks.now())
    }

    /// The slot that stands for this one, back in the table if it had to go.
    pub(crate) fn restored(&self, slot: &Arc<Slot>) -> Arc<Slot> {
        let slot = slot.standing();
        let is_there = |held: &Arc<Slot>| Arc::ptr_eq(held, slot);
        if slot.is_aside() || self.table.with(slot.key().as_ref(), is_there) == Some(true) {
            return slot.clone();
        }
        let (slot, evicted) = self.table.restore(slot);
        self.evict(&evicted);
        slot
    }

    pub(crate) fn slot(&self, secret: SecretRef<'_>) -> Arc<Slot> {
        if let Some(slot) = self.table.with(secret, Arc::clone) {
            return slot;
        }
        let make = |key: Key| {
            let freshness = self.freshness_of.get(secret.id());
            let freshness = freshness.unwrap_or(&self.freshness);
            Arc::new(Slot::new(key, *freshness, self.clocks.now()))
        };
        let (slot, evicted) = self.table.ensure(secret, make);
        self.evict(&evicted);
        slot
    }

    /// Counts how often something was declared void, whether it was there or not.
    pub(crate) fn voids(&self) -> u64 {
        self.voids.load(Relaxed)
    }

    pub(crate) fn invalidate(&self, id: &str) -> usize {
        count(&self.voids);
        let slots = self.table.named(id);
        for slot in &slots {
            self.part_with(slot, SecretEventKind::Invalidated);
        }
        slots.len()
    }

    pub(crate) fn clear(&self) {
        count(&self.voids);
        for slot in self.table.clear() {
            self.part_with(&slot, SecretEventKind::Invalidated);
        }
    }

    /// A draw from 0 to 1.
    pub(crate) fn jitter(&self) -> f64 {
        let mut random = self.random.lock().expect("nothing panics while it draws");
        random.f64()
    }

    pub(crate) fn stats(&self) -> SecretCacheStats {
        let (slots, now) = (self.table.slots(), self.clocks.now());
        let age = |slot: &Arc<Slot>| slot.entry().load().as_ref().map(|entry| entry.age(now));
        SecretCacheStats {
            secrets: slots.len(),
            oldest: Duration::from_nanos(slots.iter().filter_map(age).max().unwrap_or_default()),
            ..self.counts.read()
        }
    }

    pub(crate) fn status(&self, secret: SecretRef<'_>) -> Option<SecretStatus> {
        let now = self.clocks.now();
        let slot = self.table.with(secret, Arc::clone)?;
        Some(SecretStatus::of(&slot, now))
    }

    pub(crate) fn statuses(&self) -> Vec<SecretStatus> {
        let (slots, now) = (self.table.slots(), self.clocks.now());
        let all = slots.iter().map(|slot| SecretStatus::of(slot, now));
        let mut all: Vec<SecretStatus> = all.collect();
        all.sort_by(|one, other| one.secret.cmp(&other.secret));
        all
    }

    fn evict(&self, slots: &[Arc<Slot>]) {
        for slot in slots {
            count(&self.counts.evictions);
            self.part_with(slot, SecretEventKind::Evicted);
        }
    }

    /// Lets go of a slot's value and tells that it did.
    pub(crate) fn part_with(&self, slot: &Arc<Slot>, kind: SecretEventKind) {
        let before = slot.standing().entry().load_full();
        let_go(slot);
        self.keeper.wake();
        if let Some(before) = before {
            let event = || SecretEvent::of(kind, slot.key(), Some(&before.secret));
            self.observers.tell(event);
        }
    }
}

/// Lets go of what is there, and of what a fetch under way will bring.
fn let_go(slot: &Arc<Slot>) {
    let slot = slot.standing();
    let mut state = slot.state();
    state.declare_void();
    slot.be_quiet_until(0);
    slot.entry().store(None);
    drop(state);
    if let Some(window) = slot.track().let_go() {
        window.slots().into_iter().for_each(let_go);
    }
}
