use super::OnWithdrawal;
use crate::{
    Freshness, Secret, SecretErrorKind, SecretRef, SecretStatus,
    clock::Clocks,
    id::{Identity, Key},
    refresh, rotation,
    slot::{Landed, Slot},
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

/// What all clones of a cache share, and its tasks.
pub(crate) struct Inner {
    pub(crate) table: Table,
    pub(crate) upstream: Box<dyn Upstream>,
    pub(crate) clocks: Clocks,
    pub(crate) counts: Counts,
    pub(crate) observers: Observers,
    pub(crate) voids: AtomicU64,
    pub(crate) tasks: Tasks,
    pub(crate) line: refresh::Line,
    pub(crate) loudness: refresh::Loudness,
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
        let at_hand = |name: &Key, slot: &Arc<Slot>| {
            let is_own = name.is_same(slot.key());
            let is_it = |found: &Secret| is_own || slot.key().is_of(secret, found.arn());
            refresh::at_hand(self, slot, now, is_it)
        };
        self.table.with_key(secret, at_hand).flatten()
    }

    /// What there is for somebody who asks by name, where `place` gives the slot that has it.
    pub(crate) async fn obtain(
        self: &Arc<Self>,
        secret: SecretRef<'_>,
        place: impl Fn() -> Arc<Slot>,
    ) -> Landed {
        loop {
            let slot = place();
            let answer = refresh::look_closer(self, &slot, self.clocks.now());
            let landed = answer.landed(self).await;
            if self.is_word_of(&slot, secret, &landed) {
                return landed;
            }
        }
    }

    /// The same without waiting.
    pub(crate) fn obtain_at_once(
        self: &Arc<Self>,
        secret: SecretRef<'_>,
        slot: &Arc<Slot>,
    ) -> Option<Arc<Secret>> {
        let found = refresh::look_closer(self, slot, self.clocks.now()).at_once()?;
        slot.key().is_of(secret, found.arn()).then_some(found)
    }

    /// Whether what a slot's fetch came to is about the secret that was asked for; if it is not, it is not asked for there again.
    ///
    /// It may have been asked for by another name, of which there is another secret, or none, by now.
    pub(crate) fn is_word_of(&self, slot: &Slot, secret: SecretRef<'_>, landed: &Landed) -> bool {
        let is_word = match landed {
            Ok(found) => slot.key().is_of(secret, found.arn()),
            Err(error) => {
                error.kind() != SecretErrorKind::NotFound || slot.key().id() == secret.id()
            }
        };
        if !is_word {
            self.table.forget(secret);
        }
        is_word
    }

    /// The slot that has the place of this one, which is put back if it had to go and there is none.
    pub(crate) fn restored(&self, slot: &Arc<Slot>) -> Arc<Slot> {
        if slot.is_aside() {
            return slot.clone();
        }
        if let Some(held) = self.table.with(slot.key().as_ref(), Arc::clone) {
            return held;
        }
        if self.has_no_place_for(slot.key().as_ref()) {
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
        if self.has_no_place_for(secret) {
            return make(Key::new(secret));
        }
        let (slot, evicted) = self.table.ensure(secret, make);
        self.evict(&evicted);
        slot
    }

    /// Whether nothing will ever be fetched as this: no secret can be called so, or the cache was shut down.
    fn has_no_place_for(&self, secret: SecretRef<'_>) -> bool {
        secret.flaw().is_some() || self.tasks.has_ended()
    }

    /// How long what was answered to a slot's fetch may be served: for as short as any of its names was given, in whatever Region.
    pub(crate) fn freshness(&self, slot: &Slot, secret: &Secret) -> Freshness {
        let found = Identity::of(secret.arn());
        let names = [slot.key().id(), secret.name()];
        let is_of = |id: &str| names.contains(&id) || Identity::of(id).calls(&found);
        let given = self.freshness_of.iter().filter(|(id, _)| is_of(id));
        given
            .map(|(_, freshness)| *freshness)
            .reduce(Freshness::stricter)
            .unwrap_or(*slot.freshness())
    }

    /// Counts how often something was declared void, whether it was there or not.
    pub(crate) fn voids(&self) -> u64 {
        self.voids.load(Relaxed)
    }

    pub(crate) fn invalidate(&self, id: &str) -> usize {
        count(&self.voids);
        let slots = self.table.of(id);
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
        let before = slot.entry().load_full();
        slot.let_go();
        self.keeper.wake();
        if let Some(before) = before {
            let event = || SecretEvent::of(kind, slot.key(), Some(&before.secret));
            self.observers.tell(event);
        }
    }
}
