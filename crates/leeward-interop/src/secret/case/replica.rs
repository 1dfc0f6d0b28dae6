use super::{Site, Trouble, refused, same, there};
use crate::secret::site::{EAST, WEST};
use aws_sdk_secretsmanager::types::ReplicaRegionType;
use leeward_secret_cache::SecretErrorKind;

/// Makes a secret in the one Region and its replica in the other; gives the ARN in the first.
async fn make(site: &Site, name: &str, value: &str) -> Result<String, Trouble> {
    let create = site.plain.create_secret().name(name).secret_string(value);
    let arn = there(create.send().await?.arn)?;
    let west = ReplicaRegionType::builder().region(WEST.as_str()).build();
    let replicate = site.plain.replicate_secret_to_regions().secret_id(name);
    replicate.add_replica_regions(west).send().await?;
    Ok(arn)
}

pub(super) async fn outage(site: &Site) -> Result<(), Trouble> {
    let arn = make(site, "replicated", "first").await?;
    let replica = arn.replace(EAST.as_str(), WEST.as_str());
    let secret = site.cache()?.get("replicated").await?;
    same("the primary's ARN", secret.arn(), &*arn)?;
    let cache = site.cache_in_outage()?;
    let partial = &arn[..arn.len() - 7];
    for id in ["replicated", &arn, partial] {
        cache.clear();
        let secret = cache.get(id).await?;
        same("the value", secret.expose_text()?, "first")?;
        same("the replica's ARN", secret.arn(), &*replica)?;
    }
    let put = site.plain.put_secret_value().secret_id("replicated");
    let second = put.secret_string("second").send().await?.version_id;
    cache.invalidate("replicated");
    let secret = cache.get("replicated").await?;
    same("the value", secret.expose_text()?, "second")?;
    same("the version", Some(secret.version_id()), second.as_deref())
}

/// What the primary does not know is not looked for elsewhere, and what a replica does not know is not believed.
pub(super) async fn not_found(site: &Site) -> Result<(), Trouble> {
    let west: aws_sdk_secretsmanager::Client = site.pool.client().with_region(WEST).await?;
    let create = west.create_secret().name("in-the-west");
    create.secret_string("elsewhere").send().await?;
    let outcome = site.cache()?.get("in-the-west").await;
    refused("a secret of elsewhere", outcome, SecretErrorKind::NotFound)?;
    let create = site.plain.create_secret().name("not-replicated");
    create.secret_string("in the east").send().await?;
    let outcome = site.cache_in_outage()?.get("not-replicated").await;
    refused(
        "a secret without a replica",
        outcome,
        SecretErrorKind::Unavailable,
    )
}
