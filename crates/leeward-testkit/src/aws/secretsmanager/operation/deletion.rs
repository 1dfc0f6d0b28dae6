use super::{Context, named};
use crate::aws::secretsmanager::{ask::Ask, refused::Refused, secret::seconds};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_WINDOW: i64 = 30;

pub(super) fn delete(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let id = ask.required("SecretId")?;
    let is_forced = ask.flag("ForceDeleteWithoutRecovery").unwrap_or(false);
    let window = ask.number("RecoveryWindowInDays");
    if is_forced && window.is_some() {
        return Err(Refused::parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = u32::try_from(window.unwrap_or(DEFAULT_WINDOW))
        .ok()
        .filter(|days| (7..=30).contains(days))
        .ok_or_else(|| {
            Refused::parameter(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            )
        })?;
    let secret = match context.find(id) {
        // Forcing has always been done already.
        Err(refused) if is_forced && refused.is_not_found() => {
            return Ok(json!({ "Name": id, "DeletionDate": seconds(context.now) }));
        }
        found => found?,
    };
    if !secret.replicas.is_empty() {
        let regions: Vec<_> = secret
            .replicas
            .keys()
            .map(|region| region.as_str())
            .collect();
        let message = format!(
            "You can't delete secret {} that still has replica regions {regions:?}",
            secret.name
        );
        return Err(Refused::request(message));
    }
    if secret.is_replica() {
        return Err(Refused::is_replica());
    }
    if secret.deleted.is_some() && !is_forced {
        return Err(Refused::marked_for_deletion());
    }

    let (name, mut answer) = (secret.name.clone(), named(secret));
    let date = if is_forced {
        context.store.remove(&context.place, &name);
        context.now
    } else {
        let date = context.now + DAY * days;
        context
            .store
            .change(&context.place, &name, context.now, |secret| {
                secret.deleted = Some(date);
                Ok(date)
            })?
    };
    answer.insert("DeletionDate".to_owned(), json!(seconds(date)));
    Ok(answer.into())
}

pub(super) fn restore(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let name = context.find(ask.required("SecretId")?)?.name.clone();
    context
        .store
        .change(&context.place, &name, context.now, |secret| {
            secret.deleted = None;
            Ok(named(secret).into())
        })
}
