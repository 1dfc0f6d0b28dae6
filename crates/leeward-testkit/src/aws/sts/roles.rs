use super::{
    ask::{Ask, Refused},
    ledger::{Ledger, Standing},
    session::{Caller, RoleSession, Session},
};
use crate::aws::signature::Signature;
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

/// The roles of the in-process AWS: which may be assumed, and as whom they were; clones share them.
///
/// Every role may be assumed by everybody until a test says otherwise. Roles are named by their ARN, and are roles of STS
/// alone: the emulated IAM does not know them.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    ledger: Arc<Mutex<Ledger>>,
}

impl Roles {
    /// Refuses the role to everybody: `AccessDenied`, with who asked and for which role, as IAM words it.
    ///
    /// Credentials that were lent before stay good, as with AWS.
    pub fn deny(&self, arn: &str) {
        self.ledger().rule(arn).denied = true;
    }

    /// Lends the role again.
    pub fn allow(&self, arn: &str) {
        self.ledger().rule(arn).denied = false;
    }

    /// Refuses the role to those who do not give this external id.
    pub fn require_external_id(&self, arn: &str, external_id: &str) {
        self.ledger().rule(arn).external_id = Some(external_id.to_owned());
    }

    /// Lends the role for so long, in whole seconds, whatever is asked; AWS itself goes no lower than 15 minutes.
    pub fn set_lifetime(&self, arn: &str, lifetime: Duration) {
        self.ledger().rule(arn).lifetime = Some(Duration::from_secs(lifetime.as_secs()));
    }

    /// Forgets all credentials of the role that were lent so far, so that an AWS that checks them knows them no more.
    pub fn revoke(&self, arn: &str) {
        self.ledger().revoke(arn);
    }

    /// How often STS was asked for the role, refusals included; what the fault plane answered is not.
    #[must_use]
    pub fn calls(&self, arn: &str) -> u64 {
        self.ledger().calls(arn)
    }

    /// As whom the role was assumed, in order; at most the last 64 sessions.
    #[must_use]
    pub fn sessions(&self, arn: &str) -> Vec<RoleSession> {
        self.ledger().sessions(arn)
    }

    pub(super) fn lend(&self, ask: &Ask<'_>, now: SystemTime) -> Result<Arc<Session>, Refused> {
        self.ledger().lend(ask, now)
    }

    /// Whose these keys are.
    pub(in crate::aws) fn caller(&self, access_key_id: &str) -> Caller {
        self.ledger().caller(access_key_id)
    }

    /// What an AWS that checks credentials thinks of these.
    pub(in crate::aws) fn standing(&self, signature: &Signature, now: SystemTime) -> Standing {
        self.ledger().standing(signature, now)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("not poisoned")
    }
}
