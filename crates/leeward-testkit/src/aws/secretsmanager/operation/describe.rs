use super::Context;
use crate::aws::secretsmanager::{ask::Ask, refused::Refused};
use serde_json::Value;

pub(super) fn describe(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let secret = context.find(ask.required("SecretId")?)?;
    let mut told = secret.told();
    let stages = secret.versions_to_stages();
    told.insert("VersionIdsToStages".to_owned(), stages);
    let status = context.store.replication_status(secret);
    if !status.is_empty() {
        told.insert("ReplicationStatus".to_owned(), status.into());
    }
    Ok(told.into())
}
