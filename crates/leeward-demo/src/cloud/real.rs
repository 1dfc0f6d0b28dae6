use super::Cloud;
use crate::{advice, failure::Failure};
use anyhow::Context;
use aws_sdk_kms::{Client, types::KeyMetadata};
use leeward::{
    client_pool::Pool,
    error_taxonomy::{Classify, Failure as Met, Region},
    kms_envelope::KeyArn,
};
use std::time::Duration;

/// Credentials may come from a metadata service or a sign-on portal; past this they are not there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks the key up, so that everything that is wrong with it is told before anything is written.
pub(super) async fn open(arn: &str, regions: &[Region]) -> Result<Cloud, Failure> {
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
    let regions = choose(&key, &replicas, regions)?;
    Ok(Cloud {
        pool,
        regions,
        key,
        embedded: None,
    })
}

async fn describe(pool: &Pool, key: &KeyArn) -> Result<KeyMetadata, Failure> {
    let kms: Client = pool.client(key.region());
    let call = kms.describe_key().key_id(key.to_string()).send();
    let answer = tokio::time::timeout(PATIENCE, call).await.map_err(|_| {
        Failure::bad_input(format!(
            "kms.DescribeKey in {} did not answer within {PATIENCE:?}: look at the credentials and the network",
            key.region()
        ))
    })?;
    let output = answer.map_err(|error| {
        let facts = error.facts();
        let met = Met::from(&facts);
        let advice = advice::on(facts.category);
        Failure::bad_input(format!("kms.DescribeKey: {met}; {advice}"))
    })?;
    output
        .key_metadata
        .ok_or_else(|| Failure::bad_input("kms.DescribeKey answered without a key"))
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

fn choose(key: &KeyArn, replicas: &[Region], asked: &[Region]) -> Result<Vec<Region>, Failure> {
    if let Some(missing) = asked.iter().find(|region| !replicas.contains(region)) {
        return Err(Failure::bad_input(format!(
            "{key} has no replica in {missing}, only in {replicas:?}: replicate it, or change --regions"
        )));
    }
    let regions = if asked.is_empty() { replicas } else { asked };
    if regions.len() < 2 {
        return Err(Failure::bad_input(format!(
            "{key} is in {regions:?} alone, so there is nowhere to fail over to: add a replica with kms:ReplicateKey"
        )));
    }
    Ok(regions.to_vec())
}
