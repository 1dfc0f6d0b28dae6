use super::Slots;
use crate::slot::Slot;
use std::{num::NonZeroUsize, sync::Arc};

/// Takes slots out until no more than `capacity` are left, never `newest`: the one that was asked for longest ago each time.
///
/// Those that somebody watches stay, even if there are more of them than there is room for. Before the others go those that never had a
/// value, as long as they fill more than a fifth of the room: names that somebody makes up, one after the other, do not drive out the
/// secrets that are there.
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
    others.retain(|slot| !slot.channels().are_watched());
    let empty = others.iter().filter(|slot| !slot.was_there()).count();
    let all_empty = empty + usize::from(!newest.was_there());
    let mut first = all_empty.saturating_sub((capacity.get() / 5).max(1));
    others.sort_by_key(|slot| slot.used());
    let goes_first = |slot: &Arc<Slot>| {
        let goes = first > 0 && !slot.was_there();
        first -= usize::from(goes);
        goes
    };
    let (mut evicted, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(goes_first);
    evicted.extend(rest);
    evicted.truncate(excess);
    slots.retain(|_, held| !evicted.iter().any(|slot| Arc::ptr_eq(slot, held)));
    evicted
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

    /// One that has had a value.
    fn known(name: &str, used: u64) -> Arc<Slot> {
        let slot = slot(name, used);
        slot.note_there();
        slot
    }

    fn evicted(all: &[Arc<Slot>], capacity: usize) -> Vec<String> {
        let mut slots = Slots::default();
        for slot in all {
            slots.insert(slot.key().clone(), slot.clone());
        }
        let newest = all.last().unwrap();
        let evicted = make(&mut slots, NonZeroUsize::new(capacity).unwrap(), newest);
        evicted.iter().map(|slot| slot.key().to_string()).collect()
    }

    #[test]
    fn made_up_names_drive_each_other_out() {
        let live = [known("a", 1), known("b", 2)];
        let all = [&live[..], &[slot("x", 3), slot("y", 4), slot("z", 5)]].concat();
        assert_eq!(evicted(&all, 4), ["x"]);
        assert_eq!(evicted(&all, 3), ["x", "y"]);
        // There is room for one of them besides the newest.
        assert_eq!(evicted(&all[..4], 3), ["x"]);
    }

    #[test]
    fn new_secrets_have_a_fifth_of_the_room() {
        let mut all: Vec<_> = (0..9)
            .map(|used| known(&format!("a{used}"), used))
            .collect();
        all.extend([slot("x", 10), slot("y", 11)]);
        assert_eq!(evicted(&all, 10), ["a0"]);
        all.push(slot("z", 12));
        assert_eq!(evicted(&all, 10), ["x", "a0"]);
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_with_all_its_names() {
        let all = [known("a", 3), known("b", 1), known("c", 2), known("d", 0)];
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
