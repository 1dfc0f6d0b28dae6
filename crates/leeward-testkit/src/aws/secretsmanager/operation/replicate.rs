use super::Context;
use crate::aws::secretsmanager::{
    ask::Ask,
    refused::Refused,
    secret::{Replica, Secret},
};
use leeward_error_taxonomy::Region;
use serde_json::{Value, json};

/// A Region that a secret is to be replicated to, with the key there.
pub(super) type Wanted = (Region, Option<String>);

pub(super) fn replicate(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let wanted = wanted(context, ask, "AddReplicaRegions")?;
    if wanted.is_empty() {
        let constraint = "Member must have length greater than or equal to 1";
        return Err(Refused::constraint("addReplicaRegions", constraint));
    }
    let secret = own(context, ask)?;
    if let Some((region, _)) = wanted
        .iter()
        .find(|(region, _)| secret.replicas.contains_key(region))
    {
        let message = format!("The secret has a replica in {region} already.");
        return Err(Refused::parameter(message));
    }
    let mut changed = secret.clone();
    add(context, &mut changed, wanted, ask);
    changed.changed = context.now;
    context.store.insert(changed, context.now);
    status(context, ask)
}

pub(super) fn remove(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let regions = ask.texts("RemoveReplicaRegions").unwrap_or_default();
    if regions.is_empty() {
        let constraint = "Member must have length greater than or equal to 1";
        return Err(Refused::constraint("removeReplicaRegions", constraint));
    }
    let mut changed = own(context, ask)?.clone();
    for name in regions {
        let region = context.store.region(name)?;
        let Some(replica) = changed.replicas.remove(&region) else {
            let message = format!("The secret has no replica in {region}.");
            return Err(Refused::parameter(message));
        };
        if replica.failure.is_none() {
            let there = context.place.in_region(&region);
            context.store.remove(&there, &changed.name);
        }
    }
    changed.changed = context.now;
    context.store.insert(changed, context.now);
    status(context, ask)
}

/// Reads the Regions that a call wants replicas in.
pub(super) fn wanted(
    context: &Context<'_>,
    ask: Ask<'_>,
    field: &str,
) -> Result<Vec<Wanted>, Refused> {
    let read = |wanted: Ask<'_>| {
        let region = context.store.region(wanted.required("Region")?)?;
        if region == context.place.region {
            let message =
                format!("The secret is in {region} itself: replicate it to another Region.");
            return Err(Refused::parameter(message));
        }
        Ok((region, wanted.owned("KmsKeyId")))
    };
    ask.items(field).map(read).collect()
}

/// Notes the replicas; where there is a secret of this name that must not be overwritten it notes that instead.
pub(super) fn add(
    context: &mut Context<'_>,
    secret: &mut Secret,
    wanted: Vec<Wanted>,
    ask: Ask<'_>,
) {
    let overwrites = ask.flag("ForceOverwriteReplicaSecret").unwrap_or(false);
    for (region, kms_key_id) in wanted {
        let there = context.place.in_region(&region);
        let is_taken = context.store.find(&there, &secret.name).is_some();
        let failure = (is_taken && !overwrites).then(|| {
            let name = &secret.name;
            format!("Replication failed: Secret name {name} already exists in region {region}.")
        });
        if is_taken && overwrites {
            context.store.remove(&there, &secret.name);
        }
        let replica = Replica {
            kms_key_id,
            failure,
        };
        secret.replicas.insert(region, replica);
    }
}

/// The secret that the call names, if it is no replica itself and not scheduled for deletion.
fn own<'a>(context: &'a Context<'_>, ask: Ask<'_>) -> Result<&'a Secret, Refused> {
    let secret = context.find(ask.required("SecretId")?)?;
    if secret.is_replica() {
        return Err(Refused::is_replica());
    }
    if secret.deleted.is_some() {
        return Err(Refused::marked_for_deletion());
    }
    Ok(secret)
}

fn status(context: &Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let secret = context.find(ask.required("SecretId")?)?;
    Ok(json!({
        "ARN": secret.arn(),
        "ReplicationStatus": context.store.replication_status(secret),
    }))
}
