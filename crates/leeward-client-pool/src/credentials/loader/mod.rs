mod replacement;

use super::{
    counts::{Counts, told},
    flight::{Flight, Outcome, landed, repeat},
    load::load,
    refusals::Refusals,
    validity::{Course, Moment, Validity, backoff},
};
use crate::{flight::flight, tasks::Tasks};
use arc_swap::ArcSwapOption;
use aws_credential_types::{
    Credentials,
    provider::{SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_async::{
    rt::sleep::{AsyncSleep, SharedAsyncSleep},
    time::SharedTimeSource,
};
use aws_smithy_runtime_api::client::identity::Identity;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use tokio::{task::AbortHandle, time::Instant};

/// Holds the credentials of one identity, and loads them in a task of its own: one load at a time, besides those which an
/// invalidation has outdated.
pub(super) struct Loader {
    provider: SharedCredentialsProvider,
    label: Box<str>,
    around: Surroundings,
    /// Whether the tasks are its own, to be ended with it.
    is_alone: bool,
    held: ArcSwapOption<Held>,
    /// Whether a load is under way, so that calls do not take the lock to find out.
    is_loading: AtomicBool,
    state: Mutex<State>,
}

/// By what it lives: what all identities of a pool have in common.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) tasks: Tasks,
    pub(super) time: SharedTimeSource,
    pub(super) sleep: SharedAsyncSleep,
    pub(super) counts: Arc<Counts>,
    pub(super) load_timeout: Duration,
}

/// What is given out.
pub(super) struct Held {
    pub(super) credentials: Credentials,
    /// The same, as the SDK takes it.
    pub(super) identity: Identity,
    validity: Validity,
    /// Whether anybody has asked for them.
    is_used: AtomicBool,
}

impl Held {
    fn new(credentials: Credentials, validity: Validity, is_used: bool) -> Self {
        Self {
            identity: credentials.clone().into(),
            credentials,
            validity,
            is_used: AtomicBool::new(is_used),
        }
    }
}

/// What is changed under the lock, which is never held across an await. What is held is changed under it too.
#[derive(Default)]
struct State {
    flight: Option<Flight>,
    /// Counts the invalidations: what was begun before one is given to those who wait for it, and not kept.
    generation: u64,
    timer: Option<AbortHandle>,
    /// How many loads in a row have failed, and what the latest said.
    failures: u32,
    failed: Option<Arc<CredentialsError>>,
    /// Until when that is the answer where there is nothing to give.
    spared_until: Option<Instant>,
    refusals: Refusals,
}

/// The timer looks at the clock at least this often, since a clock that was set does not wake it.
const SLICE: Duration = Duration::from_secs(60);

/// From this many failures in a row on, the provider is spared where there is nothing to give.
const SPARED_FROM: u32 = 3;

/// No longer than the pool keeps an answer that there is no client.
const LONGEST_SPARED: Duration = Duration::from_secs(1);

enum Joined {
    /// Another load has landed just now.
    Landed(Credentials),
    UnderWay(Flight),
    /// The latest failure, again.
    Spared(CredentialsError),
}

impl Loader {
    pub(super) fn new(
        provider: SharedCredentialsProvider,
        label: &str,
        around: Surroundings,
        is_alone: bool,
    ) -> Self {
        Self {
            provider,
            label: label.into(),
            around,
            is_alone,
            held: ArcSwapOption::empty(),
            is_loading: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Gives of what there is what `take` takes, without a lock; begins a load by the side if it is time to.
    pub(super) fn serve<T>(self: &Arc<Self>, take: impl FnOnce(&Held) -> T) -> Option<T> {
        let held = self.held.load();
        let held = held.as_ref()?;
        match held.validity.course(self.now()) {
            Course::Wait => return None,
            Course::ServeAndRenew => self.renew_by_the_side(),
            Course::Serve => {}
        }
        if !held.is_used.load(Relaxed) {
            held.is_used.store(true, Relaxed);
        }
        Some(take(held))
    }

    pub(super) async fn wait(self: &Arc<Self>) -> Result<Credentials, CredentialsError> {
        match self.join() {
            Joined::Landed(credentials) => Ok(credentials),
            Joined::UnderWay(flight) => {
                self.around.counts.blocked();
                landed(flight).await
            }
            Joined::Spared(error) => Err(error),
        }
    }

    fn join(self: &Arc<Self>) -> Joined {
        let mut state = self.state();
        // Another may have landed since.
        if let Some(credentials) = self.serve_under_lock() {
            return Joined::Landed(credentials);
        }
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.is_under_way()) {
            return Joined::UnderWay(flight.clone());
        }
        let is_spared = state
            .spared_until
            .is_some_and(|until| Instant::now() < until);
        match &state.failed {
            Some(error) if is_spared => Joined::Spared(repeat(error)),
            _ => Joined::UnderWay(self.begin(&mut state)),
        }
    }

    fn serve_under_lock(&self) -> Option<Credentials> {
        let held = self.held.load();
        let held = held.as_ref()?;
        (held.validity.course(self.now()) != Course::Wait).then(|| held.credentials.clone())
    }

    fn renew_by_the_side(self: &Arc<Self>) {
        if self.is_loading.load(Relaxed) {
            return;
        }
        let mut state = self.state();
        let is_under_way = state.flight.as_ref().is_some_and(Flight::is_under_way);
        // The one that has just landed has put new ones in place, or has put the next try off.
        let held = self.held.load();
        let is_due = held
            .as_ref()
            .is_some_and(|held| held.validity.course(self.now()) != Course::Serve);
        if is_due && !is_under_way {
            self.begin(&mut state);
        }
    }

    /// Loads in a task of its own.
    fn begin(self: &Arc<Self>, state: &mut State) -> Flight {
        let (landing, flight) = flight();
        state.flight = Some(flight.clone());
        self.is_loading.store(true, Relaxed);
        let loading = Loading(Some(self.clone()));
        let (inner, generation) = (self.clone(), state.generation);
        self.around.tasks.spawn(async move {
            let loaded = load(&inner.provider, &inner.around).await;
            let outcome = inner.land(loaded, generation);
            loading.has_landed();
            landing.land(outcome);
        });
        flight
    }

    /// Takes what was loaded, or puts the next try off.
    fn land(
        self: &Arc<Self>,
        loaded: Result<Credentials, CredentialsError>,
        generation: u64,
    ) -> Outcome {
        let now = self.now();
        let mut state = self.state();
        if state.generation != generation {
            return self.land_outdated(loaded);
        }
        state.flight = None;
        // Cleared with the flight, so that whoever asks next takes the lock.
        self.is_loading.store(false, Relaxed);
        let was_held = self.serve_under_lock().is_some();
        match loaded {
            Ok(credentials) => {
                self.around.counts.loaded(was_held);
                tracing::debug!(
                    target: "leeward::credentials", identity = &*self.label, by_the_side = was_held, "loaded"
                );
                (state.failures, state.failed, state.spared_until) = (0, None, None);
                state.refusals.given(credentials.access_key_id());
                let validity = Validity::begin(now, credentials.expiry(), fastrand::f64());
                let held = Held::new(credentials.clone(), validity, false);
                self.held.store(Some(Arc::new(held)));
                self.set_timer(&mut state);
                Ok(credentials)
            }
            Err(error) => {
                let what = told(&error);
                tracing::warn!(
                    target: "leeward::credentials", identity = &*self.label, served = was_held, error = %what,
                    "credentials could not be loaded"
                );
                self.around.counts.failed(what);
                state.failures = state.failures.saturating_add(1);
                let error = Arc::new(error);
                state.failed = Some(error.clone());
                let failures = state.failures;
                state.refusals.not_replaced(now.steady, failures);
                if was_held {
                    self.put_off(&mut state, now);
                } else if state.failures >= SPARED_FROM {
                    let pause = backoff(1, LONGEST_SPARED, fastrand::f64());
                    state.spared_until = Some(now.steady + pause);
                }
                Err(error)
            }
        }
    }

    /// Gives those who have waited what was asked for before an invalidation; it says nothing of what is held now.
    fn land_outdated(&self, loaded: Result<Credentials, CredentialsError>) -> Outcome {
        match &loaded {
            Ok(_) => self.around.counts.loaded(false),
            Err(error) => self.around.counts.failed(told(error)),
        }
        loaded.map_err(Arc::new)
    }

    /// Goes on with what is held, and tries again later.
    fn put_off(self: &Arc<Self>, state: &mut State, now: Moment) {
        if let Some(held) = &*self.held.load() {
            let mut validity = held.validity;
            validity.put_off(now, state.failures, fastrand::f64());
            let is_used = held.is_used.load(Relaxed);
            let held = Held::new(held.credentials.clone(), validity, is_used);
            self.held.store(Some(Arc::new(held)));
        }
        self.set_timer(state);
    }

    /// Wakes up when the credentials are due, so that those which are used now and then are renewed as well.
    fn set_timer(self: &Arc<Self>, state: &mut State) {
        if let Some(timer) = state.timer.take() {
            timer.abort();
        }
        if self.next_look().is_none() {
            return;
        }
        let (inner, sleep) = (Arc::downgrade(self), self.around.sleep.clone());
        let timer = self.around.tasks.spawn(async move {
            while let Some(pause) = Weak::upgrade(&inner).and_then(|inner| inner.look()) {
                sleep.sleep(pause).await;
            }
        });
        state.timer = Some(timer);
    }

    /// How long the timer sleeps; none if it has nothing to wait for.
    fn next_look(&self) -> Option<Duration> {
        let held = self.held.load();
        let left = held.as_ref()?.validity.until_due(self.now())?;
        Some(left.clamp(Duration::from_millis(1), SLICE))
    }

    /// Looks whether the credentials are due, and whether anybody uses them.
    fn look(self: &Arc<Self>) -> Option<Duration> {
        let held = self.held.load_full()?;
        if held.validity.course(self.now()) == Course::Serve {
            return self.next_look();
        }
        if held.is_used.load(Relaxed) {
            self.renew_by_the_side();
        }
        // The load sets the next timer, and so does the one that the next call begins.
        None
    }

    fn held_id(&self) -> Option<String> {
        let held = self.held.load();
        Some(held.as_ref()?.credentials.access_key_id().to_owned())
    }

    pub(super) fn expiry(&self) -> Option<SystemTime> {
        self.held.load().as_ref()?.validity.expiry()
    }

    pub(super) fn is_holding(&self) -> bool {
        self.held.load().is_some()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.around.counts
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    fn now(&self) -> Moment {
        Moment {
            wall: self.around.time.now(),
            steady: Instant::now(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        if let Some(timer) = self.state().timer.take() {
            timer.abort();
        }
        if self.is_alone {
            self.around.tasks.cancel();
        }
    }
}

/// Says that no load is under way any more when its task ends before it has landed: with its runtime, or with its pool.
///
/// It takes no lock, since a runtime that has ended drops the task while it is being spawned.
struct Loading(Option<Arc<Loader>>);

impl Loading {
    fn has_landed(mut self) {
        self.0 = None;
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(inner) = &self.0 {
            inner.is_loading.store(false, Relaxed);
        }
    }
}
