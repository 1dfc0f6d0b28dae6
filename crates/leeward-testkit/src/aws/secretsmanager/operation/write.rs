use super::{Context, named};
use crate::aws::secretsmanager::{ask::Ask, refused::Refused, versions::CURRENT};
use serde_json::{Value, json};

/// The most labels that a version may have.
const MAX_STAGES: usize = 20;

pub(super) fn put_value(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let id = ask.token()?;
    let value = ask.value()?.ok_or_else(|| {
        Refused::parameter("You must provide either SecretString or SecretBinary.")
    })?;
    let stages = ask.texts("VersionStages").unwrap_or(vec![CURRENT]);
    if stages.is_empty() || stages.len() > MAX_STAGES {
        let constraint = format!("Member must have length from 1 to {MAX_STAGES}");
        return Err(Refused::constraint("versionStages", &constraint));
    }
    context.change(ask, |secret, now| {
        secret.put(id, value, &stages, now)?;
        let mut answer = named(secret);
        let version = secret.versions.of_id(id);
        let stages = version.map(|version| &version.stages);
        answer.insert("VersionId".to_owned(), id.into());
        answer.insert("VersionStages".to_owned(), json!(stages));
        Ok(answer.into())
    })
}

pub(super) fn update(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let value = ask.value()?;
    let id = value.is_some().then(|| ask.token()).transpose()?;
    context.change(ask, |secret, now| {
        let mut answer = named(secret);
        if let (Some(value), Some(id)) = (value, id) {
            secret.put(id, value, &[CURRENT], now)?;
            answer.insert("VersionId".to_owned(), id.into());
        }
        if let Some(description) = ask.owned("Description") {
            secret.description = Some(description);
        }
        if let Some(key) = ask.owned("KmsKeyId") {
            secret.kms_key_id = Some(key);
        }
        Ok(answer.into())
    })
}

pub(super) fn move_stage(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let stage = ask.required("VersionStage")?;
    let (to, from) = (ask.text("MoveToVersionId"), ask.text("RemoveFromVersionId"));
    context.change(ask, |secret, now| {
        secret.move_stage(stage, to, from, now)?;
        Ok(named(secret).into())
    })
}
