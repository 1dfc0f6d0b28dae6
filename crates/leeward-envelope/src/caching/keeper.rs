use super::{
    Key, Value,
    flight::{self, Flight},
    state::{Core, State},
};
use crate::KeyringError;
use futures_util::{
    FutureExt, StreamExt,
    future::{self, Either, Shared},
    stream::FuturesUnordered,
};
use leeward_resilience::Timestamp;
use std::{
    future::poll_fn,
    mem,
    pin::pin,
    sync::{Arc, OnceLock, Weak},
    task::Poll,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{sleep, timeout},
};

/// How many renewals are under way at a time.
pub(super) const MAX_RENEWALS: usize = 16;

/// By which part of the greatest age a renewal between messages may come late, so that many entries are looked at together.
const LATENESS: u32 = 128;

/// A renewal that is to be driven, and for how long.
pub(super) type Begun<V> = (Shared<Flight<V>>, Duration);

/// Renews entries in the background, from the first fetch until its cache is dropped.
pub(super) struct Keeper {
    runtime: Option<Handle>,
    task: OnceLock<AbortHandle>,
}

impl Keeper {
    pub(super) const fn new(runtime: Option<Handle>) -> Self {
        Self {
            runtime,
            task: OnceLock::new(),
        }
    }

    pub(super) fn start<K: Key, V: Value>(&self, core: &Arc<Core<K, V>>) {
        let Some(runtime) = &self.runtime else { return };
        if core.renewal.is_some() {
            self.task.get_or_init(|| {
                let task = runtime.spawn(keep(Arc::downgrade(core)));
                task.abort_handle()
            });
        }
    }

    /// Whether what is begun would be driven; not so once the runtime is over.
    pub(super) fn is_at_work(&self) -> bool {
        self.task.get().is_some_and(|task| !task.is_finished())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

async fn keep<K: Key, V: Value>(core: Weak<Core<K, V>>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        // Known for no longer than it takes to look: what is under way holds it, and ends with this task.
        let Some(core) = core.upgrade() else { return };
        let (begun, rest) = core.renewals();
        let bell = Arc::clone(&core.bell);
        drop(core);
        under_way.extend(
            begun
                .into_iter()
                .map(|(flight, most)| timeout(most, flight)),
        );
        let rest = rest.map_or(Either::Left(future::pending()), |rest| {
            Either::Right(sleep(rest))
        });
        let mut rest = pin!(rest);
        let mut bell = pin!(bell.notified());
        poll_fn(|cx| {
            let mut is_over = false;
            while let Poll::Ready(Some(_)) = under_way.poll_next_unpin(cx) {
                is_over = true;
            }
            if is_over || bell.poll_unpin(cx).is_ready() || rest.poll_unpin(cx).is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

impl<K: Key, V: Value> Core<K, V> {
    /// What the keeper is to drive from now on, and how long it may rest.
    fn renewals(self: &Arc<Self>) -> (Vec<Begun<V>>, Option<Duration>) {
        let now = (self.now)();
        let mut state = self.lock();
        let state = &mut *state;
        if let Some(refetch) = &self.refetch
            && state.alarm.is_none_or(|alarm| alarm <= now)
        {
            let mut slots = MAX_RENEWALS.saturating_sub(state.renewing);
            let (mut due, mut next) = (Vec::new(), None::<Timestamp>);
            for (key, entry) in state.entries.iter() {
                let Some(at) = entry.renewal_due() else {
                    continue;
                };
                if !self.is_kept(&entry.landed, now) {
                    continue;
                }
                if at <= now && slots > 0 {
                    slots -= 1;
                    due.push(key.clone());
                } else {
                    next = Some(next.map_or(at, |next| next.min(at)));
                }
            }
            let soon = now + self.max_age / LATENESS;
            state.alarm = next.map(|next| next.max(soon));
            for key in due {
                let fetched = refetch(&key);
                self.renew(state, &key, now, fetched);
            }
        }
        let rest = state.alarm.map(|alarm| alarm.since(now));
        (mem::take(&mut state.begun), rest)
    }

    /// Begins a renewal, which the keeper drives for as long as what is there may serve.
    pub(super) fn renew(
        self: &Arc<Self>,
        state: &mut State<K, V>,
        key: &K,
        now: Timestamp,
        fetched: impl Future<Output = Result<V, KeyringError>> + Send + 'static,
    ) {
        let Some(entry) = state.entries.peek(key) else {
            return;
        };
        entry.is_renewing = true;
        let most = self.max_age.saturating_add(self.max_stale);
        let most = most.saturating_sub(now.since(entry.landed.made));
        let (_, flight) = flight::begin(self, state, key, None, fetched);
        state
            .begun
            .push((flight, most.max(Duration::from_millis(1))));
    }

    /// Wakes the keeper if it would sleep beyond `due`.
    pub(super) fn ring_for(&self, alarm: &mut Option<Timestamp>, due: Timestamp) {
        if self.refetch.is_some() && alarm.is_none_or(|alarm| due < alarm) {
            *alarm = Some(due);
            self.bell.notify_one();
        }
    }
}
