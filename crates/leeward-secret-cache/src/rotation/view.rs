use super::{Window, call::Call, hint::Hint, window::Looker};
use crate::{
    Secret, SecretRef,
    cache::Inner,
    clock::nanos,
    id::Key,
    refresh,
    slot::{Entry, Slot},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// How long between fetches of the current version while another logs in.
const BY_THE_SIDE: Duration = Duration::from_secs(10);

/// What there is, without a wait.
impl<Op, IsAuth, E> Call<'_, Op, IsAuth, E> {
    pub(super) fn inner(&self) -> &Arc<Inner> {
        self.handle.cache().inner()
    }

    /// The place of the secret by now: whoever waits in between looks for it anew.
    pub(super) fn slot(&self) -> Arc<Slot> {
        self.handle.place()
    }

    pub(super) fn is_of_current(&self) -> bool {
        let secret = self.handle.key().as_ref();
        secret == SecretRef::new(secret.id())
    }

    pub(super) fn tries_pending(&self) -> bool {
        self.is_of_current() && self.inner().rotation.tries_pending
    }

    pub(super) fn left(&self) -> usize {
        let max_logins = self.inner().rotation.max_logins.get();
        max_logins.saturating_sub(self.tried.logins().len())
    }

    pub(super) fn look(&self, window: &Arc<Window>) -> Option<Looker> {
        let jitter = self.inner().jitter();
        window.look(Instant::now(), jitter)
    }

    pub(super) fn hint(&self, slot: &Slot) -> Option<Hint> {
        let now = self.inner().clocks.now();
        slot.track().hint(self.current.as_ref()?.version_id(), now)
    }

    /// Whether the current version was refused to others, who look for another one, so that not everybody is to try it.
    ///
    /// Not if nobody may wait for what they find, nor where it is not to log in.
    pub(super) fn is_held_back(&self, current: &Secret) -> bool {
        let may_wait = !self.inner().rotation.budget.is_zero() && (self.logs_in)(current);
        let holds_back = |window: Arc<Window>| {
            let turns = window.turns();
            turns.holds_back(current.version_id(), Instant::now())
        };
        may_wait && self.window.upgrade().is_some_and(holds_back)
    }

    /// Whether this call has tried the current version, and nothing says since then that it logs in after all.
    pub(super) fn is_settled(&self, current: &Secret) -> bool {
        let version_id = current.version_id();
        let Some(last) = self.tried.last(version_id, self.start) else {
            return false;
        };
        let works = |window: Arc<Window>| window.turns().works_since(version_id, last);
        !self.window.upgrade().is_some_and(works)
    }

    /// Lets those who come later know that the current version was refused, if it was.
    pub(super) fn note_refusal(&self) {
        let (Some(current), Some(window)) = (&self.current, self.window.upgrade()) else {
            return;
        };
        if self.tried.has(current.version_id()) {
            window.refused_current(current.version_id(), Instant::now());
        }
    }

    /// Lets those who are held back know that a version logged in.
    pub(super) fn note_login(&self, secret: &Secret, began: Instant) {
        if let Some(window) = self.window.upgrade() {
            window.worked(secret.version_id(), began, Instant::now());
        }
    }

    /// Tells the others what logged in, unless it was let go of meanwhile.
    pub(super) fn tell(&self, window: &Window, secret: &Secret) {
        let Some(current) = &self.current else { return };
        if current.version_id() == secret.version_id() {
            return;
        }
        let is_it = |entry: &Arc<Entry>| entry.secret.version_id() == secret.version_id();
        let mut entries = window.slots().map(|slot| slot.entry().load_full());
        let Some(entry) = entries.iter_mut().find_map(|it| it.take().filter(is_it)) else {
            return;
        };
        let (inner, slot) = (self.inner(), self.slot());
        tracing::info!(
            secret = ?slot.key(),
            version_id = secret.version_id(),
            current = current.version_id(),
            "the current version was refused, and this one logs in"
        );
        slot.track().tell(Hint {
            entry,
            instead_of: current.version_id().to_owned(),
            worked: Instant::now(),
            told: inner.clocks.now(),
            believed: nanos(inner.rotation.budget),
        });
        self.see_it_out(&slot);
    }

    /// Looks for the end of the rotation, although nobody logs in meanwhile, until what logged in is not believed any more; lets go of
    /// that then, although nobody asks for it.
    fn see_it_out(&self, slot: &Arc<Slot>) {
        let inner = self.inner();
        let over = Duration::from_nanos(slot.freshness().limits(0.0).over);
        let time = inner.rotation.budget.min(over);
        // A little later, since the clock may be behind by a tick.
        let end = Instant::now() + time + Duration::from_millis(100);
        let (cache, slot) = (Arc::downgrade(inner), Arc::downgrade(slot));
        inner.tasks.spawn(async move {
            loop {
                sleep_until(end.min(Instant::now() + BY_THE_SIDE)).await;
                let (Some(inner), Some(slot)) = (cache.upgrade(), slot.upgrade()) else {
                    return;
                };
                let is_believed = slot.track().look_over(inner.clocks.now());
                if !is_believed || Instant::now() >= end {
                    return;
                }
                look_by_the_side(&inner, &slot);
            }
        });
    }

    pub(super) fn enter(&self, slot: &Slot) -> Arc<Window> {
        let aside = |stage| {
            let key = Key::new(slot.key().as_ref().at_stage(stage));
            let now = self.inner().clocks.now();
            Arc::new(Slot::aside(key, *slot.freshness(), now))
        };
        let track = slot.track();
        track.enter(|| Window::new(aside("AWSPENDING"), aside("AWSPREVIOUS")))
    }

    fn served(&self, slot: &Slot) -> Option<Arc<Secret>> {
        let entry = slot.entry().load_full()?;
        let now = self.inner().clocks.now();
        entry.is_served(now).then(|| entry.secret.clone())
    }

    /// Takes note of what another has fetched.
    pub(super) fn take_news(&mut self) {
        let slot = self.slot();
        if let Some(current) = self.served(&slot) {
            self.current = Some(current);
        }
    }

    /// What one may try for all: the least tried first. The last login but one is not spent on what was refused before.
    pub(super) fn candidates(&self, window: &Window) -> Vec<Arc<Secret>> {
        let pending = self.served(&window.pending);
        let pending = pending.filter(|secret| self.tries_pending() && is_meant(secret));
        let current = self.current.clone();
        let mut candidates: Vec<_> = pending.into_iter().chain(current).collect();
        candidates.dedup_by(|one, other| one.version_id() == other.version_id());
        candidates.retain(|secret| self.left() > usize::from(self.tried.has(secret.version_id())));
        candidates.sort_by_key(|secret| self.tried.turn(secret.version_id()));
        candidates
    }

    /// When there is something to do again, unless somebody is trying.
    pub(super) fn next_step(&self, window: &Window) -> Option<Instant> {
        let turns = window.turns();
        let next_look = turns.next_look();
        if turns.is_out() {
            return next_look;
        }
        let next_try = |secret: Arc<Secret>| {
            let again = self.tried.again_at(secret.version_id(), self.start);
            turns
                .next_try(secret.version_id())
                .unwrap_or(again)
                .max(again)
        };
        let next_try = self.candidates(window).into_iter().map(next_try).min();
        next_look.into_iter().chain(next_try).min()
    }
}

/// Fetches the current version anew, by the side and now and then, while another is tried first: so the end of the rotation is seen
/// before what logs in now is forgotten, and nobody is refused once more.
pub(super) fn look_by_the_side(inner: &Arc<Inner>, slot: &Arc<Slot>) {
    let now = inner.clocks.now();
    let state = slot.state();
    let is_long_ago = |began| now.since(began) >= nanos(BY_THE_SIDE);
    if state.began.is_none_or(is_long_ago) {
        refresh::begin_by_the_side(inner, slot, state, now);
    }
}

/// Whether a version may be one to log in with: a rotation makes it before it has a value.
pub(super) fn is_meant(secret: &Secret) -> bool {
    !secret.expose().is_empty()
}
