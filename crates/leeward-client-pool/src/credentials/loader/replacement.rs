//! Credentials before their time is over: invalidated, outdated, or refused by a service.

use super::{Joined, Loader, State};
use crate::credentials::{
    flight::{Flight, landed, repeat},
    refusals::Refusal,
};
use aws_credential_types::{Credentials, provider::error::CredentialsError};
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::time::Instant;

impl Loader {
    /// Drops what is held if it is `access_key_id`; says whether it did.
    pub(in crate::credentials) fn invalidate(&self, access_key_id: &str) -> bool {
        let mut state = self.state();
        let is_meant = self.held_id().as_deref() == Some(access_key_id);
        if is_meant {
            self.drop_held(&mut state);
        }
        is_meant
    }

    /// Drops whatever is held, and outdates a load that is under way.
    pub(in crate::credentials) fn invalidate_any(&self) {
        let mut state = self.state();
        self.outdate_under_lock(&mut state);
        if self.is_holding() {
            self.drop_held(&mut state);
        }
    }

    /// Outdates a load that is under way, and goes on with what is held.
    pub(in crate::credentials) fn outdate(&self) {
        self.outdate_under_lock(&mut self.state());
    }

    /// Whoever asks from now on waits for no load that was begun before.
    fn outdate_under_lock(&self, state: &mut State) {
        state.generation += 1;
        state.flight = None;
        state.spared_until = None;
        self.is_loading.store(false, Relaxed);
    }

    fn drop_held(&self, state: &mut State) {
        state.spared_until = None;
        self.held.store(None);
        self.around.counts.invalidated();
    }

    /// Takes note that a service has refused the credentials with this id, and loads others if that is worth it.
    ///
    /// One service in one Region may refuse what is good everywhere else, so what is held goes on being served until the load
    /// has succeeded.
    pub(in crate::credentials) fn refused(self: &Arc<Self>, access_key_id: &str) -> Refusal {
        let mut state = self.state();
        let held_id = self.held_id();
        let is_under_way = state.flight.as_ref().is_some_and(Flight::is_under_way);
        let now = Instant::now();
        let refusal = state
            .refusals
            .judge(access_key_id, held_id.as_deref(), is_under_way, now);
        if refusal == Refusal::Replace {
            self.around.counts.invalidated();
            let id = leeward_error_taxonomy::redact(access_key_id);
            tracing::info!(
                target: "leeward::credentials", identity = &*self.label, %id,
                "a service refused credentials; new ones are loaded"
            );
            self.begin(&mut state);
        }
        refusal
    }

    /// Waits for the load that is to replace the credentials with this id, unless others are held already.
    ///
    /// The same may come of it again, from a source that has no others.
    pub(in crate::credentials) async fn other_than(
        self: &Arc<Self>,
        access_key_id: &str,
    ) -> Result<Credentials, CredentialsError> {
        match self.replacement_of(access_key_id) {
            Some(Joined::Landed(credentials)) => Ok(credentials),
            Some(Joined::Spared(error)) => Err(error),
            Some(Joined::UnderWay(flight)) => {
                self.around.counts.blocked();
                landed(flight).await
            }
            None => self.wait().await,
        }
    }

    /// None if nothing is held any more.
    fn replacement_of(&self, access_key_id: &str) -> Option<Joined> {
        let state = self.state();
        let held = self.serve_under_lock()?;
        if held.access_key_id() != access_key_id {
            return Some(Joined::Landed(held));
        }
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.is_under_way()) {
            return Some(Joined::UnderWay(flight.clone()));
        }
        Some(match &state.failed {
            Some(error) => Joined::Spared(repeat(error)),
            None => Joined::Landed(held),
        })
    }
}
