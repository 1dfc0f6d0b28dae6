use super::{Context, named, replicate};
use crate::aws::secretsmanager::{ask::Ask, refused::Refused, versions::CURRENT};
use serde_json::{Value, json};

const MAX_NAME: usize = 512;

pub(super) fn create(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let name = name(ask)?;
    let value = ask.value()?;
    let version_id = value.is_some().then(|| ask.token()).transpose()?;
    if let Some(present) = context.store.find(&context.place, name) {
        if present.deleted.is_some() {
            return Err(Refused::request(
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            ));
        }
        let version = version_id.and_then(|id| present.versions.of_id(id));
        if version.is_none_or(|version| version.value != value) {
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(Refused::exists(message));
        }
        // The same call, sent again.
        let mut answer = named(present);
        answer.insert("VersionId".to_owned(), json!(version_id));
        return Ok(answer.into());
    }

    let replicas = replicate::wanted(context, ask, "AddReplicaRegions")?;
    let mut secret = context.store.make(&context.place, name, context.now);
    secret.description = ask.owned("Description");
    secret.kms_key_id = ask.owned("KmsKeyId");
    secret.tags = ask.tags();
    let mut answer = named(&secret);
    if let (Some(value), Some(id)) = (value, version_id) {
        secret.put(id, value, &[CURRENT], context.now)?;
        answer.insert("VersionId".to_owned(), id.into());
    }
    replicate::add(context, &mut secret, replicas, ask);
    let is_replicated = !secret.replicas.is_empty();
    context.store.insert(secret.clone(), context.now);
    if is_replicated {
        let status = context.store.replication_status(&secret);
        answer.insert("ReplicationStatus".to_owned(), status.into());
    }
    Ok(answer.into())
}

/// A service that manages secrets for its users marks them with `!`; a test may stand for one.
fn name(ask: Ask<'_>) -> Result<&str, Refused> {
    let name = ask.required("Name")?;
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-/_+=.@!".contains(letter);
    if name.len() <= MAX_NAME && name.chars().all(is_allowed) {
        return Ok(name);
    }
    let constraint = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
    Err(Refused::constraint("name", constraint))
}
