use super::{Context, named};
use crate::aws::secretsmanager::{
    ask::Ask, refused::Refused, rules::Rules, secret::Plan, versions::PENDING,
};
use serde_json::Value;

/// Begins a rotation whose steps are the caller's to take, and plans those to come.
pub(super) fn rotate(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let rules = Rules::read(ask)?;
    let is_immediate = ask.flag("RotateImmediately").unwrap_or(true);
    let version_id = is_immediate.then(|| ask.token()).transpose()?;
    context.change(ask, |secret, now| {
        let before = secret.plan.take();
        let (lambda, planned) = before.map_or((None, None), |plan| (plan.lambda, plan.rules));
        let lambda = ask.owned("RotationLambdaARN").or(lambda);
        if lambda.is_none() && secret.owning_service().is_none() {
            return Err(Refused::request(
                "No Lambda rotation function ARN is associated with this secret.",
            ));
        }
        secret.plan = Some(Plan {
            is_enabled: true,
            lambda,
            rules: rules.or(planned),
            since: now,
        });
        let mut answer = named(secret);
        if let Some(id) = version_id {
            secret.versions.begin_rotation(id, now)?;
            answer.insert("VersionId".to_owned(), id.into());
        }
        Ok(answer.into())
    })
}

/// Turns rotation off; a rotation that has begun stays pending.
pub(super) fn cancel(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    context.change(ask, |secret, _| {
        let Some(plan) = &mut secret.plan else {
            return Err(Refused::request(
                "You tried to cancel the rotation of a secret that isn't configured for rotation.",
            ));
        };
        plan.is_enabled = false;
        let mut answer = named(secret);
        if let Some(pending) = secret.versions.at_stage(PENDING) {
            answer.insert("VersionId".to_owned(), pending.id.as_str().into());
        }
        Ok(answer.into())
    })
}
