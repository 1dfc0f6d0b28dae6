use super::begin_by_the_side;
use crate::{cache::Inner, slot::Slot};
use std::sync::Arc;

/// Fetches anew, by the side, what may be served, since it is said to have changed: it goes on being served meanwhile.
///
/// While it is being fetched, that may bring what there was before: then it is fetched once more afterwards, however often it was
/// said; not if that fetch still waits for its turn. What may not be served is fetched when somebody asks for it, also if it was denied or
/// missing a moment ago.
pub(crate) fn renew(inner: &Arc<Inner>, slot: &Arc<Slot>) {
    let mut state = slot.state();
    // It stays due until a fetch succeeds.
    let entry = slot
        .entry()
        .load_full()
        .map(|entry| Arc::new(entry.due_at_once()));
    slot.entry().store(entry.clone());
    let now = inner.clocks.now();
    // Nor does what a call for several brings do that began before.
    state.generation = state.generation.wrapping_add(1);
    if state.is_queued(now) {
        return;
    }
    // Nor a fetch that did, for who asks for one from now on.
    state.began = None;
    if state.is_under_way(now) {
        state.again = true;
        return;
    }
    let fails_for_good = state
        .failing
        .as_ref()
        .is_some_and(|failing| !failing.error.kind().is_transient());
    if fails_for_good {
        state.failing = None;
        slot.end_quiet();
    }
    if entry.is_some_and(|entry| entry.is_served(now)) {
        begin_by_the_side(inner, slot, state, now);
    }
}
