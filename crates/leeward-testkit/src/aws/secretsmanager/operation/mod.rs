//! The operations, each as it is in the API reference.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/>

mod batch;
mod create;
mod deletion;
mod describe;
mod list;
mod read;
mod replicate;
mod rotate;
mod tag;
mod write;

use super::{
    ask::Ask,
    place::{Place, SecretId},
    refused::Refused,
    secret::Secret,
    store::Store,
};
use serde_json::{Map, Value, json};
use std::time::SystemTime;

/// A call, and all that it may touch.
pub(super) struct Context<'a> {
    pub(super) store: &'a mut Store,
    pub(super) place: Place,
    /// The ARN of the caller.
    pub(super) caller: &'a str,
    pub(super) operation: &'a str,
    pub(super) now: SystemTime,
}

impl Context<'_> {
    pub(super) fn perform(&mut self, ask: Ask<'_>) -> Result<Value, Refused> {
        match self.operation {
            "BatchGetSecretValue" => batch::answer(self, ask),
            "CancelRotateSecret" => rotate::cancel(self, ask),
            "CreateSecret" => create::create(self, ask),
            "DeleteSecret" => deletion::delete(self, ask),
            "DescribeSecret" => describe::describe(self, ask),
            "GetSecretValue" => read::answer(self, ask),
            "ListSecretVersionIds" => list::list_version_ids(self, ask),
            "ListSecrets" => list::list(self, ask),
            "PutSecretValue" => write::put_value(self, ask),
            "RemoveRegionsFromReplication" => replicate::remove(self, ask),
            "ReplicateSecretToRegions" => replicate::replicate(self, ask),
            "RestoreSecret" => deletion::restore(self, ask),
            "RotateSecret" => rotate::rotate(self, ask),
            "TagResource" => tag::tag(self, ask),
            "UntagResource" => tag::untag(self, ask),
            "UpdateSecret" => write::update(self, ask),
            "UpdateSecretVersionStage" => write::move_stage(self, ask),
            other => Err(Refused::unknown_operation(other)),
        }
    }

    /// The secret that `id` names, if the caller may do with it what the call is.
    fn find(&self, id: &str) -> Result<&Secret, Refused> {
        self.find_for(id, self.operation)
    }

    fn find_for(&self, id: &str, operation: &str) -> Result<&Secret, Refused> {
        if let SecretId::Arn { account, .. } = SecretId::read(id)
            && account != self.place.account
        {
            let why = format!(
                "because no resource-based policy allows the secretsmanager:{operation} action"
            );
            return Err(Refused::denied(self.caller, operation, id, &why));
        }
        let secret = self.store.find(&self.place, id);
        let secret = secret.ok_or_else(Refused::not_found)?;
        if self.store.policies.denies_operation(secret, operation) {
            return Err(self.denied(secret, operation));
        }
        Ok(secret)
    }

    fn denied(&self, secret: &Secret, operation: &str) -> Refused {
        let why = "with an explicit deny in a resource-based policy";
        Refused::denied(self.caller, operation, &secret.arn(), why)
    }

    /// Changes the secret that the call names, unless it is scheduled for deletion or a replica.
    fn change<T>(
        &mut self,
        ask: Ask<'_>,
        change: impl FnOnce(&mut Secret, SystemTime) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let secret = self.find(ask.required("SecretId")?)?;
        if secret.deleted.is_some() {
            return Err(Refused::marked_for_deletion());
        }
        let (name, now) = (secret.name.clone(), self.now);
        self.store
            .change(&self.place, &name, now, |secret| change(secret, now))
    }
}

/// What almost every answer begins with.
fn named(secret: &Secret) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("ARN".to_owned(), json!(secret.arn()));
    answer.insert("Name".to_owned(), json!(secret.name));
    answer
}
