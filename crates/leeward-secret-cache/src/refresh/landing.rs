use crate::{
    SecretError, SecretErrorKind,
    cache::{Inner, OnWithdrawal},
    clock::Moment,
    slot::{Entry, Failing, Landed, Slot, State},
    stats::count,
    upstream::Fetched,
};
use std::sync::Arc;
use tokio::sync::watch;

/// Who fetches a secret, and tells all who wait what came of it, even if it is dropped before it knows.
pub(super) struct Landing {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    generation: u64,
    sender: Option<watch::Sender<Option<Landed>>>,
}

impl Landing {
    pub(super) const fn new(
        inner: Arc<Inner>,
        slot: Arc<Slot>,
        generation: u64,
        sender: watch::Sender<Option<Landed>>,
    ) -> Self {
        Self {
            inner,
            slot,
            generation,
            sender: Some(sender),
        }
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
        let (landed, is_again) = self.settle(&slot, outcome, began);
        match &landed {
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
        sender.send_replace(Some(landed));
        if is_again {
            super::renew(&self.inner, &slot);
        }
    }

    /// Keeps what was fetched, or takes note of the failure; also says whether it changed meanwhile.
    fn settle(
        &self,
        slot: &Arc<Slot>,
        outcome: Result<Fetched, SecretError>,
        began: Moment,
    ) -> (Landed, bool) {
        let mut state = slot.state();
        let is_void = Arc::ptr_eq(slot, &self.slot) && state.generation != self.generation;
        let present = slot.entry().load_full();
        let outcome = outcome.and_then(|fetched| match &present {
            Some(present) if fetched.is_behind(&present.secret) => {
                let version_id = fetched.secret.version_id();
                Err(SecretError::behind(slot.key(), version_id))
            }
            Some(present)
                if *present.secret == fetched.secret
                    && present.secret.about() == fetched.secret.about() =>
            {
                count(&self.inner.counts.unchanged);
                Ok(present.secret.clone())
            }
            _ => {
                count(&self.inner.counts.changes);
                Ok(Arc::new(fetched.secret))
            }
        });
        if let Err(error) = &outcome {
            self.count_failure(error);
        }
        if is_void {
            return (outcome, false);
        }
        state.flight = None;
        let is_again = std::mem::take(&mut state.again);
        match &outcome {
            Ok(secret) => {
                let limits = slot.freshness().limits(self.inner.jitter());
                keep(slot, &mut state, secret, began, limits);
            }
            Err(error) => self.fail(slot, &mut state, error),
        }
        (outcome, is_again)
    }

    fn fail(&self, slot: &Slot, state: &mut State, error: &SecretError) {
        let is_purged =
            error.kind().is_withdrawal() && self.inner.on_withdrawal == OnWithdrawal::Purge;
        if is_purged {
            slot.entry().store(None);
        }
        let now = self.inner.clocks.now();
        let before = state.failing.take();
        let failing = Failing::after(before.as_ref(), error.clone(), now, self.inner.jitter());
        slot.be_quiet_until(failing.next_try);
        state.failing = Some(failing);
        tracing::warn!(
            secret = %slot.key(),
            kind = error.kind().as_str(),
            is_purged,
            "secret not fetched: {error}; {}",
            error.advice()
        );
    }

    fn count_failure(&self, error: &SecretError) {
        let counts = &self.inner.counts;
        count(match error.kind() {
            kind if kind.is_withdrawal() => &counts.withdrawals,
            kind if kind.is_transient() => &counts.outages,
            _ => &counts.failures,
        });
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
            keep(standing, &mut state, secret, began, limits);
        }
    }
}

fn keep(
    slot: &Slot,
    state: &mut State,
    secret: &Arc<crate::Secret>,
    fetched: Moment,
    limits: crate::freshness::Limits,
) {
    let secret = secret.clone();
    slot.entry().store(Some(Arc::new(Entry {
        secret,
        fetched,
        limits,
    })));
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
