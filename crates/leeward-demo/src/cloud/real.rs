use super::{Cloud, choice};
use crate::{advice, failure::Failure};
use anyhow::{Context, anyhow};
use aws_sdk_kms::{Client, types::KeyMetadata};
use leeward::{
    client_pool::Pool,
    error_taxonomy::{Category, Classify, Failure as Met, Region},
    kms_envelope::KeyArn,
};
use std::time::Duration;

/// Credentials may come from a metadata service or a sign-on portal; past this they are not there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks the key up, so that everything that is wrong with it is told before anything is written.
pub(super) async fn open(arn: &str, regions: &[Region], down: u8) -> Result<Cloud, Failure> {
    let key: KeyArn = arn.parse().map_err(Failure::bad_input)?;
    if !key.is_multi_region() {
        return Err(Failure::bad_input(format!(
            "{key} is a single-Region key and cannot survive an outage of its Region: give --key-arn a multi-Region key \
             (its id begins with mrk-) that has replicas"
        )));
    }
    let pool = Pool::builder()
        .build()
        .await
        .context("the clients cannot be set up")?;
    let metadata = describe(&pool, &key).await?;
    let replicas = replicas_of(&key, &metadata);
    let regions = choice::choose(&key, &replicas, regions, down)?;
    Ok(Cloud {
        pool,
        regions,
        key,
        embedded: None,
    })
}

async fn describe(pool: &Pool, key: &KeyArn) -> Result<KeyMetadata, Failure> {
    let kms: Client = pool
        .client()
        .with_region(key.region().clone())
        .await
        .context("there is no client for the key's Region")?;
    let call = kms.describe_key().key_id(key.to_string()).send();
    let answer = tokio::time::timeout(PATIENCE, call).await.map_err(|_| {
        anyhow!(
            "kms.DescribeKey in {} did not answer within {PATIENCE:?}: look at the credentials and the network",
            key.region()
        )
    })?;
    let output = answer.map_err(|error| {
        let facts = error.facts();
        let met = Met::from(&facts);
        let advice = advice::on(facts.category);
        let text = format!("kms.DescribeKey: {met}; {advice}");
        if is_bad_input(facts.category) {
            Failure::BadInput(text)
        } else {
            Failure::Run(anyhow!(text))
        }
    })?;
    let metadata = output
        .key_metadata
        .context("kms.DescribeKey answered without a key")?;
    Ok(metadata)
}

/// Whether the key or the credentials that were given are at fault, rather than the way to KMS or KMS itself.
const fn is_bad_input(category: Category) -> bool {
    matches!(
        category,
        Category::Authentication
            | Category::Authorization
            | Category::Configuration
            | Category::NotFound
            | Category::Validation
    )
}

/// The Regions that hold the key, that of the given ARN first.
fn replicas_of(key: &KeyArn, metadata: &KeyMetadata) -> Vec<Region> {
    let mut regions = vec![key.region().clone()];
    if let Some(multi) = metadata.multi_region_configuration() {
        let others = multi.primary_key().into_iter().chain(multi.replica_keys());
        for name in others.filter_map(|replica| replica.region()) {
            if let Ok(region) = name.parse()
                && !regions.contains(&region)
            {
                regions.push(region);
            }
        }
    }
    regions
}
