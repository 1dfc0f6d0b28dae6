use crate::{
    SecretError, SecretErrorKind,
    cache::{Inner, OnWithdrawal},
    clock::Moment,
    slot::{Entry, Failing, Landed, Slot, State},
    stats::{SecretEvent, SecretEventKind},
    upstream::Fetched,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Who fetches a secret, and tells all who wait what came of it, even if it is dropped before it knows.
pub(super) struct Landing {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    generation: u64,
    started: Moment,
    is_flight: bool,
    sender: Option<watch::Sender<Option<Landed>>>,
}

impl Landing {
    pub(super) fn new(
        inner: Arc<Inner>,
        slot: Arc<Slot>,
        generation: u64,
        sender: watch::Sender<Option<Landed>>,
    ) -> Self {
        Self {
            started: inner.clocks.now(),
            is_flight: true,
            inner,
            slot,
            generation,
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
        let mut landing = Self::new(inner, slot, generation, sender);
        (landing.started, landing.is_flight) = (began, false);
        landing
    }

    pub(super) const fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(super) const fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Lands with what was fetched since `began`.
    pub(super) fn land(mut self, outcome: Result<Fetched, SecretError>, began: Moment) {
        self.touch_down(outcome, began);
    }

    fn touch_down(&mut self, outcome: Result<Fetched, SecretError>, began: Moment) {
        let Some(sender) = self.sender.take() else {
            return;
        };
        let slot = self.slot.standing().clone();
        let (landed, kind, is_again) = self.settle(&slot, outcome, began);
        match &landed {
            _ if slot.is_aside() => {}
            Ok(secret) => {
                let standing = self.inner.table.learn(&slot, secret.arn(), secret.name());
                if !Arc::ptr_eq(&standing, &slot) {
                    self.hand_on(&slot, &standing, secret, began);
                }
            }
            Err(error) if error.kind() == SecretErrorKind::NotFound => {
                self.inner.table.forget_aliases(&slot);
            }
            Err(_) => {}
        }
        if !slot.is_aside() || landed.is_ok() {
            self.inner.counts.landed(kind, landed.as_ref().err());
        }
        sender.send_replace(Some(landed.clone()));
        if is_again {
            super::renew(&self.inner, &slot);
        }
        self.tell(kind, &slot, &landed);
    }

    /// Tells those who watch.
    fn tell(&self, kind: SecretEventKind, slot: &Slot, landed: &Landed) {
        if slot.is_aside() && landed.is_err() {
            return;
        }
        if let Ok(secret) = landed {
            let (version_id, region) = (secret.version_id(), secret.region());
            tracing::debug!(secret = %slot.key(), version_id, region, outcome = kind.as_str(), "secret fetched");
        }
        let duration = self.inner.clocks.now().since(self.started);
        self.inner.observers.tell(|| SecretEvent {
            duration: Some(Duration::from_nanos(duration)),
            error: landed.as_ref().err().cloned(),
            ..SecretEvent::of(kind, slot.key(), landed.as_deref().ok())
        });
    }

    /// Keeps what was fetched, or takes note of the failure; also says what that comes to, and whether it changed meanwhile.
    fn settle(
        &self,
        slot: &Arc<Slot>,
        outcome: Result<Fetched, SecretError>,
        began: Moment,
    ) -> (Landed, SecretEventKind, bool) {
        let mut state = slot.state();
        let is_void = Arc::ptr_eq(slot, &self.slot) && state.generation != self.generation;
        let present = slot.entry().load_full();
        let mut kind = match &present {
            Some(_) => SecretEventKind::Changed,
            None => SecretEventKind::Loaded,
        };
        let is_older = |present: &Arc<Entry>| began.steady < present.fetched.steady;
        let is_older = present.as_ref().is_some_and(is_older);
        let verified = outcome.as_ref().ok().and_then(|fetched| fetched.verified);
        let verified = verified.unwrap_or(began);
        let outcome = outcome.and_then(|fetched| match &present {
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
        if outcome.is_err() {
            kind = SecretEventKind::Failed;
        }
        if is_void {
            return (outcome, kind, false);
        }
        let mut is_again = false;
        if self.is_flight {
            state.flight = None;
            is_again = std::mem::take(&mut state.again);
        }
        match &outcome {
            Ok(_) if is_older => {}
            Ok(secret) => {
                let limits = slot.freshness().limits(self.inner.jitter());
                let entry = Entry::new(secret.clone(), began, verified, limits);
                keep(slot, &mut state, entry);
            }
            Err(error) => {
                if self.fail(slot, &mut state, error) && present.is_some() {
                    kind = SecretEventKind::Withdrawn;
                }
            }
        }
        (outcome, kind, is_again)
    }

    /// Says whether what was there was let go of.
    fn fail(&self, slot: &Slot, state: &mut State, error: &SecretError) -> bool {
        let is_purged = error.kind().is_withdrawal()
            && (slot.is_aside() || self.inner.on_withdrawal == OnWithdrawal::Purge);
        if is_purged {
            slot.entry().store(None);
            slot.track().let_go();
            slot.channels().withdrawn();
        }
        let now = self.inner.clocks.now();
        let before = state.failing.take();
        let failing = Failing::after(before.as_ref(), error.clone(), now, self.inner.jitter());
        slot.be_quiet_until(failing.next_try);
        state.failing = Some(failing);
        if slot.is_aside() {
            tracing::debug!(secret = %slot.key(), kind = error.kind().as_str(), "no such version: {error}");
            return is_purged;
        }
        tracing::warn!(
            secret = %slot.key(),
            kind = error.kind().as_str(),
            is_purged,
            "secret not fetched: {error}; {}",
            error.advice()
        );
        is_purged
    }

    /// Gives the slot that stands for this one what was fetched, unless it has what is as new.
    fn hand_on(&self, slot: &Slot, standing: &Slot, secret: &Arc<crate::Secret>, began: Moment) {
        let mut state = standing.state();
        let present = standing.entry().load();
        let is_newer = present
            .as_ref()
            .is_none_or(|present| present.fetched.steady < began.steady);
        drop(present);
        if is_newer {
            let limits = slot.freshness().limits(self.inner.jitter());
            let entry = Entry::new(secret.clone(), began, began, limits);
            keep(standing, &mut state, entry);
        }
    }
}

fn keep(slot: &Slot, state: &mut State, entry: Entry) {
    slot.track().current(entry.secret.version_id());
    slot.channels().known(entry.secret.version_id());
    slot.entry().store(Some(Arc::new(entry)));
    slot.be_quiet_until(0);
    state.failing = None;
}

impl Drop for Landing {
    fn drop(&mut self) {
        let key = self.slot.key();
        let error = if self.inner.tasks.has_ended() {
            SecretError::shut_down(key)
        } else {
            SecretError::interrupted(key)
        };
        self.touch_down(Err(error), Moment::default());
    }
}
