use super::ask::{Ask, RoleArn};
use fastrand::Rng;
use leeward_error_taxonomy::Region;
use std::{
    iter::repeat_with,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// One loan of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleSession {
    /// The access key id of the credentials that were lent.
    pub access_key_id: String,
    /// The name of the session, as the caller gave it.
    pub session_name: String,
    /// The external id that the caller gave.
    pub external_id: Option<String>,
    /// The access key id of whoever asked; empty for a web identity.
    pub assumed_by: String,
    /// The Region whose STS lent it.
    pub region: Region,
    /// How long the credentials are good.
    pub lifetime: Duration,
    /// When they end, in whole seconds.
    pub expires: SystemTime,
}

/// Credentials that were lent, as AWS remembers them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) told: RoleSession,
    pub(super) secret_access_key: String,
    pub(super) token: String,
    pub(super) role: String,
    partition: String,
    account: String,
    role_name: String,
}

/// Who calls, as `GetCallerIdentity` tells it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::aws) struct Caller {
    pub(in crate::aws) arn: String,
    pub(super) user_id: String,
    pub(in crate::aws) account: String,
}

impl Session {
    /// The `nth` session of all, which somebody got who asked thus.
    pub(super) fn new(
        nth: u64,
        ask: &Ask<'_>,
        arn: &RoleArn<'_>,
        lifetime: Duration,
        now: SystemTime,
    ) -> Self {
        let mut rng = Rng::with_seed(nth);
        let mut text = |length| repeat_with(|| rng.alphanumeric()).take(length).collect();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            told: RoleSession {
                access_key_id: format!("ASIATESTKIT{nth:09}"),
                session_name: ask.session_name.to_owned(),
                external_id: ask.external_id.map(str::to_owned),
                assumed_by: ask.access_key_id.to_owned(),
                region: ask.region.clone(),
                lifetime,
                // STS tells whole seconds, and no later second than is true.
                expires: UNIX_EPOCH + Duration::from_secs(since.as_secs()) + lifetime,
            },
            secret_access_key: text(40),
            token: text(356),
            role: ask.role.to_owned(),
            partition: arn.partition.to_owned(),
            account: arn.account.to_owned(),
            role_name: arn.name.to_owned(),
        }
    }

    pub(super) fn caller(&self) -> Caller {
        let Self {
            told,
            partition,
            account,
            role_name,
            ..
        } = self;
        let session_name = &told.session_name;
        Caller {
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}"),
            user_id: format!("AROATESTKIT0000000001:{session_name}"),
            account: account.clone(),
        }
    }
}
