//! What a cache does although nobody asks: one task keeps what is watched fresh, and looks when secrets are to be rotated.

use super::schedule::{Schedule, Told};
use crate::{
    SecretErrorKind, SecretRef, cache::Inner, clock::Moment, freshness::Course, refresh, slot::Slot,
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{timeout, timeout_at},
};

/// Those whose secrets are kept, and the task that keeps them, which begins with the first.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    watched: Mutex<Vec<Arc<Slot>>>,
    wake: Arc<Notify>,
    is_at_work: AtomicBool,
    was_denied: AtomicBool,
}

/// How long it rests at most: what is loaded meanwhile is to be noticed, and that the machine slept.
const LONGEST_REST: Duration = Duration::from_secs(30);
/// How long it rests at least.
const SHORTEST_REST: Duration = Duration::from_millis(100);
/// How long a fetch has to land before it is looked at again.
const FETCH: Duration = Duration::from_secs(1);

impl Keeper {
    /// Keeps this slot fresh as long as somebody watches it.
    pub(crate) fn keep(&self, inner: &Arc<Inner>, slot: Arc<Slot>) {
        let mut watched = self.lock();
        if !watched.iter().any(|held| Arc::ptr_eq(held, &slot)) {
            watched.push(slot);
        }
        drop(watched);
        self.begin(inner);
        self.wake();
    }

    /// Begins to work, unless it has.
    pub(crate) fn begin(&self, inner: &Arc<Inner>) {
        if self.is_at_work.swap(true, Relaxed) {
            return;
        }
        inner
            .tasks
            .spawn(work(Arc::downgrade(inner), self.wake.clone()));
    }

    /// Lets go of what is watched, and tells those who watch.
    pub(crate) fn end(&self) {
        for slot in self.lock().drain(..) {
            slot.channels().close();
        }
    }

    /// Has it look now, since something was let go of.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// The slots that somebody watches, each in its place; forgets the others.
    fn watched(&self, inner: &Inner) -> Vec<Arc<Slot>> {
        let mut watched = self.lock();
        for slot in watched.iter_mut() {
            let there = inner.restored(slot);
            if !Arc::ptr_eq(&there, slot) {
                // Another has its place by now.
                let entry = there.entry().load();
                let known = entry.as_ref().map(|entry| entry.secret.version_id());
                there.channels().take_over(slot.channels(), known);
                drop(entry);
                *slot = there;
            }
        }
        watched.retain(|slot| slot.channels().are_watched());
        watched.sort_by_key(|slot| Arc::as_ptr(slot).addr());
        watched.dedup_by(|one, other| Arc::ptr_eq(one, other));
        watched.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.watched
            .lock()
            .expect("nothing panics while it holds it")
    }
}

/// Works until the cache is gone. It holds the cache only while it does something.
async fn work(cache: Weak<Inner>, wake: Arc<Notify>) {
    while let Some(inner) = cache.upgrade() {
        let rest = turn(&inner).await;
        drop(inner);
        // Who wakes it has put something in before.
        let _ = timeout(rest, wake.notified()).await;
    }
}

/// Does what is due, and says how long it may rest.
async fn turn(inner: &Arc<Inner>) -> Duration {
    let now = inner.clocks.now();
    let mut rest = LONGEST_REST;
    for slot in inner.keeper.watched(inner) {
        rest = rest.min(keep_fresh(inner, &slot, now));
    }
    if inner.rotation.follows_schedule {
        rest = rest.min(ask_one(inner, now).await);
    }
    rest.max(SHORTEST_REST)
}

/// Fetches what is due; says when to look again.
fn keep_fresh(inner: &Arc<Inner>, slot: &Arc<Slot>, now: Moment) -> Duration {
    slot.touch(now);
    let state = slot.state();
    if state.is_under_way() {
        return FETCH;
    }
    if !state.may_refresh(now) {
        let next_try = state.failing.as_ref().map_or(0, |failing| failing.next_try);
        return Duration::from_nanos(next_try.saturating_sub(now.steady));
    }
    if let Some(entry) = slot.entry().load().as_ref()
        && entry.course(now) == Course::Serve
    {
        return Duration::from_nanos(entry.limits.due.saturating_sub(entry.age(now)));
    }
    refresh::begin(inner, slot, state);
    FETCH
}

/// Asks when one secret is to be rotated, of those that it is time for; says when it is time for another.
///
/// One at a time, so that a call that hangs keeps nothing else for longer than its time.
async fn ask_one(inner: &Arc<Inner>, now: Moment) -> Duration {
    let mut due = None;
    let mut rest = LONGEST_REST;
    for slot in inner.table.slots() {
        let secret = slot.key().as_ref();
        if secret != SecretRef::new(secret.id()) || slot.entry().load().is_none() {
            continue;
        }
        match slot.track().schedule() {
            Some(schedule) if !schedule.is_due(now) => {
                rest = rest.min(Duration::from_nanos(schedule.left(now)));
            }
            _ if due.is_some() => rest = Duration::ZERO,
            _ => due = Some(slot),
        }
    }
    if let Some(slot) = due {
        ask(inner, &slot).await;
    }
    rest
}

/// Asks when this secret is to be rotated, and fetches it if it has been.
async fn ask(inner: &Arc<Inner>, slot: &Arc<Slot>) {
    let deadline = tokio::time::Instant::now() + inner.fetch_timeout;
    let described = timeout_at(deadline, async {
        let _permit = inner.fan_out.acquire().await;
        inner.upstream.describe(slot.key().clone()).await
    });
    let described = described.await;
    let told = match &described {
        Ok(Ok(described)) => {
            let current = described.version_at("AWSCURRENT");
            if current.is_some_and(|current| has_another(slot, current)) {
                refresh::renew(inner, slot);
            }
            described.next_rotation.map_or(Told::Never, Told::By)
        }
        Ok(Err(error)) if error.kind() == SecretErrorKind::Denied => {
            if !inner.keeper.was_denied.swap(true, Relaxed) {
                tracing::warn!(
                    secret = %slot.key(),
                    "rotations are not followed by their dates: {error}; {}",
                    error.advice()
                );
            }
            Told::Denied
        }
        Ok(Err(error)) => {
            tracing::debug!(secret = %slot.key(), "not told when it is rotated: {error}");
            Told::Nothing
        }
        Err(_) => Told::Nothing,
    };
    let (now, jitter) = (inner.clocks.now(), inner.jitter());
    slot.track()
        .told(|before| Schedule::after(before, now, told, jitter));
}

fn has_another(slot: &Slot, version_id: &str) -> bool {
    let entry = slot.entry().load();
    entry
        .as_ref()
        .is_some_and(|entry| entry.secret.version_id() != version_id)
}
