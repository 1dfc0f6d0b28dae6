use crate::{
    cache::Inner,
    clock::Moment,
    slot::Entry,
    stats::{SecretEvent, SecretEventKind},
};
use std::sync::Arc;

/// How long a value that is over for good is left for a fetch to find that it is the same still, in nanoseconds.
const SLACK: u64 = 30_000_000_000;

/// Lets go of what nobody is served any more, although nobody asks for it either.
pub(crate) fn sweep(inner: &Inner, now: Moment) {
    let is_over = |entry: &Arc<Entry>| entry.age(now) >= entry.limits.gone.saturating_add(SLACK);
    for slot in inner.table.slots() {
        if !slot.entry().load().as_ref().is_some_and(is_over) {
            continue;
        }
        let mut state = slot.state();
        let Some(before) = slot.entry().load_full().filter(is_over) else {
            continue;
        };
        slot.entry().store(None);
        state.was_over = true;
        // What it was read into may be of any type.
        drop(state);
        let event = || SecretEvent::of(SecretEventKind::Expired, slot.key(), Some(&before.secret));
        inner.observers.tell(event);
    }
}
