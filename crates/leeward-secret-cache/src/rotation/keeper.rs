//! What a cache does although nobody asks: one task keeps what is watched fresh, lets go of what is over, and looks when secrets are to be
//! rotated.

use super::schedule::{Schedule, Told};
use crate::{
    SecretErrorKind, SecretRef,
    cache::Inner,
    clock::Moment,
    freshness::Course,
    refresh,
    slot::{Failing, Slot},
    versions,
};
use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

/// Those whose secrets are kept, and the task that keeps them, which begins with the first of them, or with the first value.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    watched: Mutex<Watched>,
    wake: Arc<Notify>,
    is_at_work: AtomicBool,
    is_asking: AtomicBool,
    was_denied: AtomicBool,
}

#[derive(Debug, Default)]
struct Watched {
    slots: Vec<Arc<Slot>>,
    /// Nothing is kept any more.
    is_over: bool,
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
        let is_over = watched.is_over;
        if !is_over && !watched.slots.iter().any(|held| Arc::ptr_eq(held, &slot)) {
            watched.slots.push(slot.clone());
        }
        drop(watched);
        if is_over {
            slot.channels().close();
            return;
        }
        self.begin(inner);
        self.wake();
    }

    /// Begins to work, unless it has.
    pub(crate) fn begin(&self, inner: &Arc<Inner>) {
        if self.is_at_work.swap(true, Relaxed) {
            return;
        }
        let work = Work {
            cache: Arc::downgrade(inner),
            wake: self.wake.clone(),
        };
        inner.tasks.spawn(work.go());
    }

    /// Lets go of what is watched for good, and tells those who watch.
    pub(crate) fn end(&self) {
        let mut watched = self.lock();
        watched.is_over = true;
        let slots = mem::take(&mut watched.slots);
        drop(watched);
        for slot in slots {
            slot.channels().close();
        }
    }

    /// Has it look now, since something was let go of.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// The slots that somebody watches, each in its place; forgets the others.
    fn watched(&self, inner: &Arc<Inner>) -> Vec<Arc<Slot>> {
        for slot in self.look_over() {
            // Without the lock: another may have to go, of which observers are told, who may subscribe.
            let there = inner.restored(&slot);
            if !Arc::ptr_eq(&there, &slot) {
                // Another has its place by now.
                versions::follow(inner, &there, &slot);
            }
        }
        self.look_over()
    }

    /// The slots that somebody watches; forgets the others.
    fn look_over(&self) -> Vec<Arc<Slot>> {
        let mut watched = self.lock();
        watched.slots.retain(|slot| slot.channels().are_watched());
        watched.slots.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched
            .lock()
            .expect("nothing panics while it holds it")
    }
}

/// The task that keeps. When it is dropped, done or not, nothing is kept any more: its cache was shut down, or the runtime has ended.
struct Work {
    cache: Weak<Inner>,
    wake: Arc<Notify>,
}

impl Work {
    /// Works until the cache is gone. It holds the cache only while it does something.
    async fn go(self) {
        while let Some(inner) = self.cache.upgrade() {
            let next_turn = Instant::now() + SHORTEST_REST;
            let rest = turn(&inner);
            drop(inner);
            // Who wakes it has put something in before.
            let _ = timeout(rest, self.wake.notified()).await;
            // However often it is woken.
            sleep_until(next_turn).await;
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(inner) = self.cache.upgrade() {
            inner.keeper.end();
        }
    }
}

/// Does what is due, and says how long it may rest.
fn turn(inner: &Arc<Inner>) -> Duration {
    let now = inner.clocks.now();
    let mut rest = LONGEST_REST;
    refresh::sweep(inner, now);
    for slot in inner.keeper.watched(inner) {
        rest = rest.min(keep_fresh(inner, &slot, now));
    }
    if inner.rotation.follows_schedule {
        rest = rest.min(ask_one(inner, now));
    }
    rest
}

/// Fetches what is due, and tells that what was withdrawn is over; says when to look again.
fn keep_fresh(inner: &Arc<Inner>, slot: &Arc<Slot>, now: Moment) -> Duration {
    let left = tell_of_withdrawal(slot, now);
    let state = slot.state();
    if state.is_under_way(now) {
        return FETCH.min(left);
    }
    if !state.may_refresh(now) {
        let pause = |failing: &Failing| now.until(failing.next_try);
        return Duration::from_nanos(state.failing.as_ref().map_or(0, pause)).min(left);
    }
    if let Some(entry) = slot.entry().load().as_ref()
        && entry.course(now) == Course::Serve
    {
        return Duration::from_nanos(entry.limits.due.saturating_sub(entry.age(now)));
    }
    refresh::begin_and_leave(inner, slot, state);
    FETCH
}

/// Tells those who watch that a value that was withdrawn and [kept](crate::OnWithdrawal::KeepUntilOver) is over; says how long it is not.
fn tell_of_withdrawal(slot: &Slot, now: Moment) -> Duration {
    let state = slot.state();
    let is_withdrawal = |failing: &Failing| failing.error.kind().is_withdrawal();
    if !state.failing.as_ref().is_some_and(is_withdrawal) {
        return LONGEST_REST;
    }
    let entry = slot.entry().load();
    if let Some(entry) = entry.as_ref().filter(|entry| entry.is_served(now)) {
        return Duration::from_nanos(entry.limits.over.saturating_sub(entry.age(now)));
    }
    let wakes = slot.channels().withdrawn();
    drop(state);
    wakes.wake();
    LONGEST_REST
}

/// Asks when one secret is to be rotated, of those that it is time for; says when it is time for another.
///
/// One at a time, and by the side: a call that hangs keeps no other secret from being fresh.
fn ask_one(inner: &Arc<Inner>, now: Moment) -> Duration {
    if inner.keeper.is_asking.load(Relaxed) {
        // It is woken.
        return LONGEST_REST;
    }
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
            _ => due = due.or(Some(slot)),
        }
    }
    if let Some(slot) = due {
        inner.keeper.is_asking.store(true, Relaxed);
        let asking = Asking {
            inner: inner.clone(),
            slot,
            told: Told::Nothing,
        };
        inner.tasks.spawn(async move {
            let told = ask(&asking.inner, &asking.slot).await;
            // Of many that are due, each has its moment.
            sleep(SHORTEST_REST).await;
            asking.end(told);
        });
    }
    rest
}

/// Who asks about one secret. When it is dropped, whatever it was told, another may.
struct Asking {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    told: Told,
}

impl Asking {
    fn end(mut self, told: Told) {
        self.told = told;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let (now, jitter) = (self.inner.clocks.now(), self.inner.jitter());
        self.slot
            .track()
            .told(|before| Schedule::after(before, now, self.told, jitter));
        self.inner.keeper.is_asking.store(false, Relaxed);
        self.inner.keeper.wake();
    }
}

/// Asks when this secret is to be rotated, and fetches it if it has been.
async fn ask(inner: &Arc<Inner>, slot: &Arc<Slot>) -> Told {
    let described = timeout(inner.fetch_timeout, async {
        let describe = inner.upstream.describe(slot.key().clone());
        inner.line.turn().await.call(describe).await
    });
    let described = described.await;
    match &described {
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
                    secret = ?slot.key(),
                    "rotations are not followed by their dates: {error}; {}",
                    error.advice()
                );
            }
            Told::Denied
        }
        Ok(Err(error)) => {
            tracing::debug!(secret = ?slot.key(), "not told when it is rotated: {error}");
            Told::Nothing
        }
        Err(_) => Told::Nothing,
    }
}

fn has_another(slot: &Slot, version_id: &str) -> bool {
    let entry = slot.entry().load();
    entry
        .as_ref()
        .is_some_and(|entry| entry.secret.version_id() != version_id)
}
