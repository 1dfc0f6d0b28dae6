//! STS as the emulator has it, but for who lends roles to whom: temporary credentials with an access key id of their own,
//! an end by the clock of this AWS, and a memory of whose they are.
//!
//! `form.rs` reads calls and writes answers, `ask.rs` says which of them STS takes, `ledger.rs` decides who gets a role, `session.rs`
//! is what they get, and [`Roles`] is the handle of tests.

mod ask;
mod form;
mod ledger;
mod roles;
mod session;

pub use roles::Roles;
pub use session::RoleSession;

pub(super) use ledger::Standing;

use crate::aws::{
    refusal, request_id::RequestId, service::Protocol, signature::Signature, time::Time,
};
use ask::Ask;
use bytes::Bytes;
use form::Form;
use http::Response;
use leeward_error_taxonomy::Region;

/// The part of STS that the emulator leaves to us.
#[derive(Debug)]
pub(super) struct Sts {
    pub(super) roles: Roles,
    pub(super) time: Time,
}

impl Sts {
    /// Answers a call that is about roles; all others are the emulator's.
    pub(super) fn answer(
        &self,
        region: &Region,
        caller: &Signature,
        body: &[u8],
        id: RequestId,
    ) -> Option<Response<Bytes>> {
        let form = Form::read(body);
        let access_key_id = caller.access_key_id.as_deref().unwrap_or_default();
        let with_web_identity = match form.text("Action")? {
            "AssumeRole" => false,
            "AssumeRoleWithWebIdentity" => true,
            "GetCallerIdentity" => {
                let caller = self.roles.caller(access_key_id);
                return Some(form::caller(&caller, id));
            }
            _ => return None,
        };
        let ask = Ask {
            role: form.text("RoleArn").unwrap_or_default(),
            session_name: form.text("RoleSessionName").unwrap_or_default(),
            external_id: form.text("ExternalId"),
            lifetime: form.text("DurationSeconds"),
            access_key_id,
            region,
            web_identity: with_web_identity
                .then(|| form.text("WebIdentityToken").unwrap_or_default()),
        };
        Some(match self.roles.lend(&ask, self.time.now()) {
            Ok(session) => form::lent(&session, with_web_identity, id),
            Err(refused) => refusal::of_the_front(
                Protocol::Query,
                refused.status,
                refused.code,
                refused.message,
                id,
            ),
        })
    }
}
