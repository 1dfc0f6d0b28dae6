//! Secrets Manager: secrets in versions with staging labels, in the Region where they were made and in those that they are
//! replicated to, with rotations that a test takes step by step.
//!
//! `ask.rs` reads what a call asks for and `operation/` answers it, with what `store.rs` holds. `versions.rs` decides which
//! label is where, `rules.rs` when a rotation is due, `filters.rs` and `pages.rs` what is listed, `replication.rs` when a
//! replica hears of a change, `policies.rs` who may read; [`Secrets`] and [`SecretRotation`] are the handles of tests.

mod ask;
mod filters;
mod operation;
mod pages;
mod place;
mod policies;
mod refused;
mod replication;
mod rotation;
mod rules;
mod secret;
mod secrets;
mod store;
mod value;
mod versions;

pub use rotation::{RotationRefused, SecretRotation};
pub use secrets::Secrets;

use crate::aws::{
    refusal,
    request_id::RequestId,
    service::{Protocol, Service},
    signature::Signature,
    sts::Roles,
};
use ask::Ask;
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use leeward_error_taxonomy::Region;
use operation::Context;
use place::Place;
use refused::Refused;
use serde_json::Value;

const PROTOCOL: Protocol = Service::SecretsManager.protocol();
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// The service, in all Regions and for all accounts.
#[derive(Debug)]
pub(super) struct SecretsService {
    pub(super) secrets: Secrets,
    pub(super) roles: Roles,
}

impl SecretsService {
    pub(super) fn answer(
        &self,
        region: &Region,
        caller: &Signature,
        operation: &str,
        body: &[u8],
        id: RequestId,
    ) -> Response<Bytes> {
        match self.perform(region, caller, operation, body) {
            Ok(answer) => {
                let mut response = Response::new(Bytes::from(answer.to_string()));
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
                response
            }
            Err(Refused {
                status,
                code,
                message,
            }) => refusal::of_the_front(PROTOCOL, status, code, message, id),
        }
    }

    fn perform(
        &self,
        region: &Region,
        caller: &Signature,
        operation: &str,
        body: &[u8],
    ) -> Result<Value, Refused> {
        let input: Value = serde_json::from_slice(body).map_err(|_| Refused::no_json())?;
        let caller = self
            .roles
            .caller(caller.access_key_id.as_deref().unwrap_or_default());
        let now = self.secrets.now();
        let mut store = self.secrets.store();
        store.catch_up(now);
        let mut context = Context {
            store: &mut store,
            place: Place::new(&caller.account, region),
            caller: &caller.arn,
            operation,
            now,
        };
        context.perform(Ask::new(&input))
    }
}
