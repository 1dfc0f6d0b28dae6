use super::line::{Place, Turn};
use crate::{
    SecretError, SecretErrorKind,
    cache::{Inner, OnWithdrawal},
    clock::Moment,
    freshness::Course,
    slot::{Entry, Failing, Landed, Slot, State},
    stats::{SecretEvent, SecretEventKind},
    upstream::Fetched,
    versions::{self, Strays, Wakes},
};
use std::{future::poll_fn, mem, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::sync::watch;

/// Who fetches a secret, and tells all who wait what came of it, even if it is dropped before it knows.
pub(super) struct Landing {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    whose: Whose,
    started: Moment,
    /// Where it stands in the line, if nothing of it is there.
    place: Option<Place>,
    sender: Option<watch::Sender<Option<Landed>>>,
}

/// What it is that lands.
#[derive(Clone, Copy)]
enum Whose {
    /// The flight with this number.
    Flight(u64),
    /// Nobody's flight: what a call for several brought, which began when the slot had this generation.
    Besides(u64),
}

impl Landing {
    /// The flight with this number.
    pub(super) fn new(
        inner: Arc<Inner>,
        slot: Arc<Slot>,
        number: u64,
        sender: watch::Sender<Option<Landed>>,
    ) -> Self {
        Self {
            started: inner.clocks.now(),
            whose: Whose::Flight(number),
            place: None,
            inner,
            slot,
            sender: Some(sender),
        }
    }

    /// Nobody's flight: of what a call for several brings, which began then.
    pub(super) fn besides(
        inner: Arc<Inner>,
        slot: Arc<Slot>,
        generation: u64,
        began: Moment,
    ) -> Self {
        let (sender, _) = watch::channel(None);
        let mut landing = Self::new(inner, slot, 0, sender);
        (landing.started, landing.whose) = (began, Whose::Besides(generation));
        landing
    }

    pub(super) fn with_place(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// What `work` comes to; none if that is not to be kept any more, and whoever waited for it is gone.
    pub(super) async fn while_wanted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut unwanted = pin!(self.sender.as_ref()?.closed());
        let mut work = pin!(work);
        poll_fn(|cx| match unwanted.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(cx).map(Some),
        })
        .await
    }

    /// Waits for its turn to call.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let line = &self.inner.line;
        match &self.place {
            Some(_) => line.turn_of_new().await,
            None => line.turn().await,
        }
    }

    /// Takes note that it calls: what is declared void from now on, it may have been told before.
    pub(super) fn calls(&self) {
        if let Whose::Flight(number) = self.whose {
            self.slot.state().calls(number);
        }
    }

    /// Ends without a word, as nobody listens.
    pub(super) fn abandon(mut self) {
        self.sender = None;
    }

    pub(super) const fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(super) const fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// When it took off.
    pub(super) const fn started(&self) -> Moment {
        self.started
    }

    /// Lands with what was fetched since `began`.
    pub(super) fn land(mut self, outcome: Result<Fetched, SecretError>, began: Moment) {
        self.touch_down(outcome, began);
    }

    fn touch_down(&mut self, outcome: Result<Fetched, SecretError>, began: Moment) {
        let Some(sender) = self.sender.take() else {
            return;
        };
        let slot = &self.slot;
        let mut settled = self.settle(outcome, began);
        for other in &settled.stands_for {
            self.stand_for(other);
        }
        let landed = &settled.landed;
        let is_missing = |error: &SecretError| error.kind() == SecretErrorKind::NotFound;
        if settled.counts && landed.as_ref().is_err_and(is_missing) {
            self.inner.table.forget_aliases(slot);
        }
        let is_cut_off = landed.as_ref().is_err_and(SecretError::is_shut_down);
        if !is_cut_off && (!slot.is_aside() || landed.is_ok()) {
            self.inner
                .counts
                .landed(settled.kind, landed.as_ref().err());
        }
        if landed.is_ok() {
            self.inner.keeper.begin(&self.inner);
        }
        sender.send_replace(Some(landed.clone()));
        mem::take(&mut settled.wakes).wake();
        versions::place(&self.inner, slot, mem::take(&mut settled.strays));
        if settled.is_again {
            super::renew(&self.inner, slot);
        }
        self.tell(&settled);
    }

    /// Takes the place of another slot, which had to go: whoever watches it watches this one from now on.
    fn stand_for(&self, other: &Slot) {
        other.let_go();
        versions::follow(&self.inner, &self.slot, other);
    }

    /// Tells those who watch.
    fn tell(&self, settled: &Settled) {
        let (slot, kind) = (&self.slot, settled.kind);
        match &settled.landed {
            Ok(secret) => {
                let (version_id, region) = (secret.version_id(), secret.region());
                tracing::debug!(secret = ?slot.key(), version_id, region, outcome = kind.as_str(), "secret fetched");
            }
            Err(error) if slot.is_aside() => {
                tracing::debug!(secret = ?slot.key(), kind = error.kind().as_str(), "no such version: {error}");
                return;
            }
            // Whoever shut the cache down knows.
            Err(error) if error.is_shut_down() => {
                tracing::debug!(secret = ?slot.key(), "fetch ended: {error}");
            }
            Err(error) if settled.counts && self.is_loud(settled, error) => tracing::warn!(
                secret = ?slot.key(),
                kind = error.kind().as_str(),
                is_purged = kind == SecretEventKind::Withdrawn,
                "secret not fetched: {error}; {}",
                error.advice()
            ),
            Err(error) => {
                tracing::debug!(secret = ?slot.key(), kind = error.kind().as_str(), "secret not fetched: {error}");
            }
        }
        let landed = settled.landed.as_ref();
        let duration = self.inner.clocks.now().since(self.started);
        self.inner.observers.tell(|| SecretEvent {
            duration: Some(Duration::from_nanos(duration)),
            error: landed.err().cloned(),
            ..SecretEvent::of(kind, slot.key(), landed.ok().map(|secret| &**secret))
        });
    }

    /// Whether a failure is told loudly: once in a row of those of its kind, and of what nobody has ever seen now and then.
    fn is_loud(&self, settled: &Settled, error: &SecretError) -> bool {
        let (inner, slot) = (&self.inner, &self.slot);
        let is_known = slot.was_there() || slot.channels().are_watched();
        // Anybody may ask for a name that there is not.
        let is_told = || {
            error.kind() != SecretErrorKind::NotFound && inner.loudness.admits(inner.clocks.now())
        };
        settled.is_news && (is_known || is_told())
    }

    /// Keeps what was fetched, or takes note of the failure.
    ///
    /// Not if it was declared void meanwhile or the slot had to go, nor if what is there was asked for later: then it is for those alone
    /// who waited.
    fn settle(&self, outcome: Result<Fetched, SecretError>, began: Moment) -> Settled {
        let slot = &self.slot;
        let mut state = slot.state();
        let is_overtaken = match self.whose {
            Whose::Flight(number) => !state.is_flying(number),
            Whose::Besides(generation) => state.generation != generation,
        };
        let is_void = slot.is_out() || is_overtaken;
        let present = slot.entry().load_full();
        let mut kind = match &present {
            Some(_) => SecretEventKind::Changed,
            None => SecretEventKind::Loaded,
        };
        let is_older = |present: &Arc<Entry>| began.steady < present.fetched.steady;
        let is_older = present.as_ref().is_some_and(is_older);
        let verified = outcome.as_ref().ok().and_then(|fetched| fetched.verified);
        let verified = verified.unwrap_or(began);
        let landed = outcome.and_then(|fetched| match &present {
            Some(present) if fetched.is_behind(present, self.inner.clocks.now()) => {
                let version_id = fetched.secret.version_id();
                Err(SecretError::behind(slot.key(), version_id))
            }
            // What is there was asked for later, by another call.
            Some(present) if is_older => {
                kind = SecretEventKind::Unchanged;
                Ok(present.secret.clone())
            }
            Some(present)
                if *present.secret == *fetched.secret
                    && present.secret.about() == fetched.secret.about() =>
            {
                kind = SecretEventKind::Unchanged;
                Ok(present.secret.clone())
            }
            _ => Ok(fetched.secret),
        });
        if landed.is_err() {
            kind = SecretEventKind::Failed;
        }
        let mut settled = Settled {
            landed,
            kind,
            counts: !is_void && !is_older,
            is_again: false,
            is_news: false,
            stands_for: Vec::new(),
            wakes: Wakes::default(),
            strays: Strays::default(),
            _before: present.clone(),
        };
        if is_void {
            return settled;
        }
        if matches!(self.whose, Whose::Flight(_)) {
            state.flight = None;
            settled.is_again = mem::take(&mut state.again);
        }
        let channels = slot.channels();
        match &settled.landed {
            _ if is_older => slot.end_quiet(),
            Ok(secret) => {
                let freshness = self.inner.freshness(slot, secret);
                let limits = freshness.limits(self.inner.jitter());
                let entry = Entry::new(secret.clone(), began, verified, limits);
                settled.strays =
                    channels.strays(|key| slot.key().is_of(key.as_ref(), secret.arn()));
                settled.wakes = keep(slot, &mut state, entry);
                if !slot.is_aside() {
                    let (table, now) = (&self.inner.table, self.inner.clocks.now());
                    let before = present.as_ref();
                    let before = before.filter(|entry| entry.course(now) != Course::Discard);
                    settled.stands_for = table.learn(slot, secret.arn(), began, before);
                }
            }
            Err(error) => {
                let is_same = |failing: &Failing| failing.error.kind() == error.kind();
                settled.is_news = !state.failing.as_ref().is_some_and(is_same);
                if error.kind() == SecretErrorKind::NotFound {
                    settled.strays = channels.strays(|key| key.id() == slot.key().id());
                }
                if let Some(wakes) = self.fail(&mut state, error) {
                    settled.wakes = wakes;
                    if present.is_some() {
                        settled.kind = SecretEventKind::Withdrawn;
                    }
                }
            }
        }
        settled
    }

    /// Says who is to be told that what was there was let go of, if it was.
    fn fail(&self, state: &mut State, error: &SecretError) -> Option<Wakes> {
        let slot = &self.slot;
        let is_withdrawn = error.kind().is_withdrawal();
        let is_purged =
            is_withdrawn && (slot.is_aside() || self.inner.on_withdrawal == OnWithdrawal::Purge);
        if is_withdrawn && !is_purged {
            let kept = slot.entry().load_full();
            let kept = kept.map(|entry| Arc::new(entry.without_outlasting()));
            slot.entry().store(kept);
        }
        let wakes = is_purged.then(|| {
            slot.entry().store(None);
            state.was_over = false;
            slot.let_go_of_track();
            slot.channels().withdrawn()
        });
        let now = self.inner.clocks.now();
        let failing = state.fails(error.clone(), now, self.inner.jitter());
        slot.be_quiet_until(failing.next_try);
        wakes
    }
}

/// What a fetch comes to.
struct Settled {
    landed: Landed,
    kind: SecretEventKind,
    /// Whether it is the last word on the secret.
    counts: bool,
    /// Whether it changed meanwhile.
    is_again: bool,
    /// Whether the fetch before did not fail in the same way.
    is_news: bool,
    /// The slots that turned out to be of the same secret.
    stands_for: Vec<Arc<Slot>>,
    wakes: Wakes,
    strays: Strays,
    /// What was there, so that it is not dropped under the lock: what it was read into may be of any type.
    _before: Option<Arc<Entry>>,
}

/// Says who is to be woken, since they wait for that.
fn keep(slot: &Slot, state: &mut State, entry: Entry) -> Wakes {
    let mut wakes = slot.track().current(entry.secret.version_id());
    wakes.and(slot.channels().known(entry.secret.version_id()));
    slot.entry().store(Some(Arc::new(entry)));
    slot.note_there();
    state.was_over = false;
    slot.end_quiet();
    state.failing = None;
    wakes
}

impl Drop for Landing {
    fn drop(&mut self) {
        let key = self.slot.key();
        let error = if self.inner.tasks.has_ended() {
            SecretError::shut_down(key)
        } else {
            SecretError::interrupted(key)
        };
        self.touch_down(Err(error), self.started);
    }
}
