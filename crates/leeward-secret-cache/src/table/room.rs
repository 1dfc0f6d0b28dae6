use super::Slots;
use crate::slot::Slot;
use std::{num::NonZeroUsize, sync::Arc};

/// Takes the slots out that were asked for longest ago, until no more than `capacity` are left; never `newest`.
pub(super) fn make(
    slots: &mut Slots,
    capacity: NonZeroUsize,
    newest: &Arc<Slot>,
) -> Vec<Arc<Slot>> {
    let mut others = distinct(slots);
    others.retain(|slot| !Arc::ptr_eq(slot, newest));
    let excess = (others.len() + 1).saturating_sub(capacity.get());
    if excess == 0 {
        return Vec::new();
    }
    others.sort_by_key(|slot| slot.used());
    others.truncate(excess);
    slots.retain(|_, held| !others.iter().any(|evicted| Arc::ptr_eq(evicted, held)));
    others
}

/// Each slot once, however many names it has.
pub(super) fn distinct(slots: &Slots) -> Vec<Arc<Slot>> {
    let mut all: Vec<Arc<Slot>> = slots.values().cloned().collect();
    all.sort_by_key(|slot| Arc::as_ptr(slot).addr());
    all.dedup_by(|one, other| Arc::ptr_eq(one, other));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SecretRef, clock::Moment, freshness::Freshness, id::Key};

    fn slot(name: &str, used: u64) -> Arc<Slot> {
        let now = Moment {
            steady: used,
            wall: 0,
        };
        let key = Key::new(SecretRef::new(name));
        Arc::new(Slot::new(key, Freshness::new(), now))
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_with_all_its_names() {
        let all = [slot("a", 3), slot("b", 1), slot("c", 2), slot("d", 0)];
        let mut slots = Slots::default();
        for slot in &all {
            slots.insert(slot.key().clone(), slot.clone());
            slots.insert(slot.key().named("another"), slot.clone());
            let other = slot.key().named(&format!("{}-arn", slot.key()));
            slots.insert(other, slot.clone());
        }
        // The newest stays, although nobody has asked for it since.
        let evicted = make(&mut slots, NonZeroUsize::new(2).unwrap(), &all[3]);
        let names: Vec<_> = evicted.iter().map(|slot| slot.key().to_string()).collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(distinct(&slots).len(), 2);
        assert!(slots.values().all(|held| !Arc::ptr_eq(held, &all[1])));
    }

    #[test]
    fn nothing_goes_while_there_is_room() {
        let mut slots = Slots::default();
        let one = slot("a", 1);
        slots.insert(one.key().clone(), one.clone());
        assert!(make(&mut slots, NonZeroUsize::MIN, &one).is_empty());
    }
}
