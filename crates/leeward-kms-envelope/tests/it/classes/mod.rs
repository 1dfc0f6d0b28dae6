//! Classes of keys, over sockets.

mod messages;
mod primed;
mod told;
mod variables;

use crate::cloud::{Cloud, EAST, WEST};
use aws_sdk_kms::Client;
use leeward_client_pool::Target;
use leeward_envelope::EncryptionContext;
use leeward_error_taxonomy::Region;
use leeward_kms_envelope::{
    ContextPolicy, DiscoveryFilter, KeyArn, KeyClass, KeyClasses, KeyClassesBuilder, KmsService,
    KmsStack,
};
use std::time::Duration;

fn stack(cloud: &Cloud) -> KmsService {
    KmsStack::new([EAST, WEST])
        .with_attempt_timeout(Duration::from_secs(2))
        .without_hedging()
        .through(&cloud.pool)
        .unwrap()
}

fn builder(cloud: &Cloud) -> KeyClassesBuilder<Target<Client>> {
    KeyClasses::builder(stack(cloud))
}

async fn client(cloud: &Cloud, region: Region) -> Client {
    cloud.pool.client().with_region(region).await.unwrap()
}

async fn single_region_key(cloud: &Cloud) -> KeyArn {
    let made = client(cloud, EAST).await.create_key().send().await;
    let arn = made.unwrap().key_metadata.unwrap().arn.unwrap();
    arn.parse().unwrap()
}

async fn alias(cloud: &Cloud, region: Region, name: &str, key: &KeyArn) {
    let request = client(cloud, region).await.create_alias();
    let request = request.alias_name(name).target_key_id(key.to_string());
    request.send().await.unwrap();
}

fn alias_arn(key: &KeyArn, name: &str) -> String {
    let key = key.to_string();
    let (account, _) = key.split_once(":key/").unwrap();
    format!("{account}:{name}")
}

fn account(key: &KeyArn) -> String {
    key.to_string().split(':').nth(4).unwrap().to_owned()
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    EncryptionContext::new(pairs.iter().copied()).unwrap()
}

/// A class of each kind: under a key, under the ARN of an alias, and under an alias that each Region has.
async fn three(cloud: &Cloud) -> KeyClasses {
    let pii = single_region_key(cloud).await;
    alias(cloud, EAST, "alias/pii", &pii).await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    alias(cloud, EAST, "alias/payment", &cloud.key).await;
    alias(cloud, WEST, "alias/payment", &replica).await;
    let accounts = DiscoveryFilter::new("aws", [account(&cloud.key)]).unwrap();
    let classes = builder(cloud)
        .with_class("general", KeyClass::new(cloud.key.clone().into()))
        .with_class(
            "pii",
            KeyClass::new(alias_arn(&pii, "alias/pii").parse().unwrap()),
        )
        .with_class(
            "payment",
            KeyClass::new("alias/payment".parse().unwrap())
                .reading_accounts(accounts)
                .with_context_policy(
                    ContextPolicy::new()
                        .requiring(["tenant"])
                        .fixing("app", "shop"),
                ),
        )
        .build()
        .unwrap();
    cloud.aws.reset_counts();
    classes
}
