use super::{Context, named};
use crate::aws::secretsmanager::{
    ask::Ask,
    refused::Refused,
    secret::{Secret, seconds},
    versions::Version,
};
use serde_json::{Map, Value, json};

const OPERATION: &str = "GetSecretValue";

pub(super) fn answer(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let id = ask.required("SecretId")?;
    let answer = value(context, id, ask.text("VersionId"), ask.text("VersionStage"))?;
    Ok(answer.into())
}

/// Reads a value as `GetSecretValue` does, whichever operation it is read for.
pub(super) fn value(
    context: &mut Context<'_>,
    id: &str,
    version_id: Option<&str>,
    stage: Option<&str>,
) -> Result<Map<String, Value>, Refused> {
    let secret = context.find_for(id, OPERATION)?;
    let policies = &context.store.policies;
    if stage.is_some_and(|stage| policies.denies_stage(secret, stage)) {
        return Err(context.denied(secret, OPERATION));
    }
    if secret.deleted.is_some() {
        return Err(Refused::marked_for_deletion());
    }
    let version = secret.versions.find(version_id, stage)?;
    let is_denied = |stage: &String| policies.denies_stage(secret, stage);
    if version_id.is_some() && version.stages.iter().any(is_denied) {
        return Err(context.denied(secret, OPERATION));
    }
    if !policies.decrypts(secret) {
        return Err(Refused::undecryptable());
    }
    let answer = told(secret, version);
    let now = context.now;
    if let Some(secret) = context.store.find_mut(&context.place, id) {
        secret.note_access(now);
    }
    Ok(answer)
}

fn told(secret: &Secret, version: &Version) -> Map<String, Value> {
    let mut answer = named(secret);
    answer.insert("VersionId".to_owned(), json!(version.id));
    answer.insert("VersionStages".to_owned(), json!(version.stages));
    answer.insert("CreatedDate".to_owned(), json!(seconds(version.created)));
    if let Some(value) = &version.value {
        value.put_into(&mut answer);
    }
    answer
}
