//! Decides who gets a role and what credentials are worth: pure, told the time.

use super::{
    ask::{Ask, Refused},
    session::{Caller, RoleSession, Session},
};
use crate::aws::{ACCOUNT_ID, signature::Signature};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Credentials that are known at one time; the oldest are forgotten first.
const MAX_SESSIONS: usize = 65_536;
/// Sessions that a test is told of, for each role.
const MAX_TOLD: usize = 64;

/// What credentials are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Standing {
    Good,
    Expired,
    Unknown,
}

#[derive(Debug, Default)]
pub(super) struct Rule {
    pub(super) denied: bool,
    pub(super) external_id: Option<String>,
    pub(super) lifetime: Option<Duration>,
    calls: u64,
    told: VecDeque<RoleSession>,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    roles: HashMap<String, Rule>,
    sessions: HashMap<String, Arc<Session>>,
    /// The access key ids in the order in which they were lent.
    order: VecDeque<String>,
    lent: u64,
}

impl Ledger {
    pub(super) fn rule(&mut self, role: &str) -> &mut Rule {
        self.roles.entry(role.to_owned()).or_default()
    }

    pub(super) fn calls(&self, role: &str) -> u64 {
        self.roles.get(role).map_or(0, |rule| rule.calls)
    }

    pub(super) fn sessions(&self, role: &str) -> Vec<RoleSession> {
        let told = self.roles.get(role).map(|rule| rule.told.iter().cloned());
        told.into_iter().flatten().collect()
    }

    pub(super) fn revoke(&mut self, role: &str) {
        self.sessions.retain(|_, session| session.role != role);
        let Self {
            order, sessions, ..
        } = self;
        order.retain(|id| sessions.contains_key(id));
    }

    /// Lends a role, or says why not.
    pub(super) fn lend(&mut self, ask: &Ask<'_>, now: SystemTime) -> Result<Arc<Session>, Refused> {
        let arn = ask.arn()?;
        self.rule(ask.role).calls += 1;
        ask.check_name()?;
        let is_chain = self.sessions.contains_key(ask.access_key_id);
        let asked = ask.checked_lifetime(is_chain)?;
        let caller = self.caller(ask.access_key_id);
        let rule = self.rule(ask.role);
        let mismatch = rule.external_id.is_some() && rule.external_id.as_deref() != ask.external_id;
        if rule.denied || mismatch || ask.web_identity == Some("") {
            return Err(ask.denied(&caller));
        }

        let lifetime = rule.lifetime.unwrap_or(asked);
        self.lent += 1;
        let session = Arc::new(Session::new(self.lent, ask, &arn, lifetime, now));
        let rule = self.rule(ask.role);
        if rule.told.len() == MAX_TOLD {
            rule.told.pop_front();
        }
        rule.told.push_back(session.told.clone());
        if self.order.len() == MAX_SESSIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        let id = session.told.access_key_id.clone();
        self.order.push_back(id.clone());
        self.sessions.insert(id, Arc::clone(&session));
        Ok(session)
    }

    /// Says who has these keys. Whoever is not known has long-term ones.
    pub(super) fn caller(&self, access_key_id: &str) -> Caller {
        self.sessions.get(access_key_id).map_or_else(
            || Caller {
                arn: format!("arn:aws:iam::{ACCOUNT_ID}:user/testkit"),
                user_id: "AIDATESTKIT0000000001".to_owned(),
                account: ACCOUNT_ID.to_owned(),
            },
            |session| session.caller(),
        )
    }

    /// Says what keys are worth: temporary ones go by what was lent, long-term ones are good.
    pub(super) fn standing(&self, signature: &Signature, now: SystemTime) -> Standing {
        let id = signature.access_key_id.as_deref().unwrap_or_default();
        if !id.starts_with("ASIA") {
            return Standing::Good;
        }
        match self.sessions.get(id) {
            Some(session) if signature.token.as_ref() != Some(&session.token) => Standing::Unknown,
            Some(session) if session.told.expires <= now => Standing::Expired,
            Some(_) => Standing::Good,
            None => Standing::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::Region;
    use std::time::UNIX_EPOCH;

    static EAST: Region = Region::from_static("us-east-1");
    const ROLE: &str = "arn:aws:iam::111122223333:role/team/reader";

    fn ask() -> Ask<'static> {
        Ask {
            role: ROLE,
            session_name: "it",
            external_id: None,
            lifetime: None,
            access_key_id: "AKID",
            region: &EAST,
            web_identity: None,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn signed_by(session: &Session) -> Signature {
        Signature {
            service: "kms".into(),
            access_key_id: Some(session.told.access_key_id.clone()),
            token: Some(session.token.clone()),
        }
    }

    #[track_caller]
    fn refused(ask: &Ask<'_>, code: &str, message: &str) {
        let refused = Ledger::default().lend(ask, at(0)).unwrap_err();
        assert_eq!(refused.code, code);
        assert!(refused.message.contains(message), "{}", refused.message);
    }

    #[test]
    fn what_no_role_can_be_lent_for_is_said() {
        let lifetime = |lifetime| Ask {
            lifetime: Some(lifetime),
            ..ask()
        };
        let role = |role| Ask { role, ..ask() };
        refused(&lifetime("899"), "ValidationError", "equal to 900");
        refused(&lifetime("43201"), "ValidationError", "equal to 43200");
        refused(&lifetime("soon"), "ValidationError", "Value 'soon'");
        refused(&role("reader"), "ValidationError", "reader is invalid");
        refused(
            &role("arn:aws:iam::111122223333:user/x"),
            "ValidationError",
            "user/x is invalid",
        );
        let nameless = Ask {
            session_name: "",
            ..ask()
        };
        refused(&nameless, "ValidationError", "'roleSessionName'");
    }

    #[test]
    fn each_session_has_credentials_of_its_own() {
        let mut ledger = Ledger::default();
        let (one, two) = (
            ledger.lend(&ask(), at(0)).unwrap(),
            ledger.lend(&ask(), at(0)).unwrap(),
        );
        assert_ne!(one.told.access_key_id, two.told.access_key_id);
        assert_ne!(one.token, two.token);
        assert_eq!(one.told.access_key_id.len(), 20);
        let caller = ledger.caller(&one.told.access_key_id);
        assert_eq!(
            caller.arn,
            "arn:aws:sts::111122223333:assumed-role/reader/it"
        );
        assert_eq!((ledger.calls(ROLE), ledger.sessions(ROLE).len()), (2, 2));
    }

    #[test]
    fn credentials_are_good_until_the_second_in_which_they_end() {
        let mut ledger = Ledger::default();
        ledger.rule(ROLE).lifetime = Some(Duration::from_secs(600));
        let half_past = at(100) + Duration::from_millis(500);
        let session = ledger.lend(&ask(), half_past).unwrap();
        assert_eq!(session.told.expires, at(700));
        let signature = signed_by(&session);
        let before = at(700) - Duration::from_nanos(1);
        assert_eq!(ledger.standing(&signature, before), Standing::Good);
        assert_eq!(ledger.standing(&signature, at(700)), Standing::Expired);
    }

    #[test]
    fn unknown_are_credentials_without_their_token_and_those_that_were_revoked() {
        let mut ledger = Ledger::default();
        let session = ledger.lend(&ask(), at(0)).unwrap();
        let signature = signed_by(&session);
        let bare = Signature {
            token: None,
            ..signature.clone()
        };
        assert_eq!(ledger.standing(&bare, at(0)), Standing::Unknown);
        ledger.revoke("arn:aws:iam::111122223333:role/other");
        assert_eq!(ledger.standing(&signature, at(0)), Standing::Good);
        ledger.revoke(ROLE);
        assert_eq!(ledger.standing(&signature, at(0)), Standing::Unknown);
        let long_term = Signature {
            access_key_id: Some("AKID".into()),
            ..Signature::default()
        };
        assert_eq!(ledger.standing(&long_term, at(0)), Standing::Good);
    }

    #[test]
    fn a_refusal_names_who_asked_and_for_which_role() {
        let mut ledger = Ledger::default();
        let first = ledger.lend(&ask(), at(0)).unwrap();
        ledger.rule(ROLE).denied = true;
        let chained = Ask {
            access_key_id: &first.told.access_key_id,
            ..ask()
        };
        assert_eq!(
            ledger.lend(&chained, at(0)).unwrap_err().message,
            "User: arn:aws:sts::111122223333:assumed-role/reader/it is not authorized to perform: sts:AssumeRole on \
             resource: arn:aws:iam::111122223333:role/team/reader"
        );
        ledger.rule(ROLE).denied = false;
        ledger.rule(ROLE).external_id = Some("partner-7".into());
        assert_eq!(ledger.lend(&ask(), at(0)).unwrap_err().code, "AccessDenied");
        let given = Ask {
            external_id: Some("partner-7"),
            ..ask()
        };
        ledger.lend(&given, at(0)).unwrap();
        assert_eq!(ledger.calls(ROLE), 4);
    }

    #[test]
    fn a_chain_of_roles_lends_for_an_hour_at_most() {
        let mut ledger = Ledger::default();
        let first = ledger.lend(&ask(), at(0)).unwrap();
        let long = Ask {
            lifetime: Some("3601"),
            ..ask()
        };
        ledger.lend(&long, at(0)).unwrap();
        let chained = Ask {
            access_key_id: &first.told.access_key_id,
            ..long
        };
        let refused = ledger.lend(&chained, at(0)).unwrap_err();
        assert!(refused.message.ends_with("role chaining"), "{refused:?}");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut ledger = Ledger::default();
        let first = ledger.lend(&ask(), at(0)).unwrap();
        for _ in 0..MAX_SESSIONS {
            ledger.lend(&ask(), at(0)).unwrap();
        }
        assert_eq!(ledger.sessions.len(), MAX_SESSIONS);
        assert_eq!(ledger.order.len(), MAX_SESSIONS);
        assert_eq!(
            ledger.standing(&signed_by(&first), at(0)),
            Standing::Unknown
        );
        assert_eq!(ledger.sessions(ROLE).len(), MAX_TOLD);
    }
}
