use super::Context;
use crate::aws::secretsmanager::{ask::Ask, refused::Refused};
use serde_json::{Value, json};

pub(super) fn tag(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    context.change(ask, |secret, _| {
        secret.tags.extend(ask.tags());
        Ok(json!({}))
    })
}

pub(super) fn untag(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let keys = ask.texts("TagKeys").unwrap_or_default();
    context.change(ask, |secret, _| {
        secret.tags.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(json!({}))
    })
}
