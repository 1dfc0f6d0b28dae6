//! Keys of one Region, of several, and by other names than an ARN, where a Region is lost (case F8).

use crate::cloud::{Cloud, EAST, WEST, exhausted};
use aws_sdk_kms::{
    Client,
    operation::{
        decrypt::{DecryptInput, builders::DecryptInputBuilder},
        encrypt::{EncryptInput, builders::EncryptInputBuilder},
    },
    primitives::Blob,
};
use leeward_client_pool::{
    Failed, Op,
    health::{DescribeKey, describe_key},
    regional::{KeyArn, KeyId},
};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_kms_envelope::{KmsService, KmsStack};
use leeward_region_router::{RegionRouter, RegionState};
use leeward_testkit::{Fault, FaultRule, Scope};
use tower::{Service, ServiceExt};

fn lose_the_east(cloud: &Cloud) -> FaultRule {
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse())
}

fn stack(cloud: &Cloud, regions: impl IntoIterator<Item = Region>) -> KmsService {
    cloud.patient(regions).through(&cloud.pool).unwrap()
}

async fn single_region_key(cloud: &Cloud) -> KeyArn {
    let kms: Client = cloud.pool.client().with_region(EAST).await.unwrap();
    let made = kms.create_key().send().await.unwrap();
    cloud.aws.reset_counts();
    made.key_metadata.unwrap().arn.unwrap().parse().unwrap()
}

async fn alias(cloud: &Cloud, region: Region, name: &str, key: &KeyArn) {
    let kms: Client = cloud
        .pool
        .client()
        .with_region(region.clone())
        .await
        .unwrap();
    let key = key.in_region(&region).unwrap().to_string();
    let made = kms.create_alias().alias_name(name).target_key_id(key);
    made.send().await.unwrap();
}

fn calls(cloud: &Cloud, region: &Region) -> u64 {
    cloud.aws.counts().in_region(region).total().calls
}

/// What each Region met, once the circuit of the lost one is open: before that, what the only Region of the key says is the answer,
/// and is tried again there.
async fn met_in_each<R, T, E>(kms: &KmsService, request: R) -> Vec<(Region, String)>
where
    R: Clone,
    E: std::error::Error + 'static,
    T: std::fmt::Debug,
    KmsService: Service<R, Response = T, Error = Failed<E>>,
{
    kms.clone().oneshot(request.clone()).await.unwrap_err();
    let status = kms.router().status();
    let states: Vec<_> = status.regions.iter().map(|region| &region.region).collect();
    let lost = states.iter().position(|region| **region == EAST).unwrap();
    assert_eq!(status.regions[lost].state, RegionState::Open, "{status:?}");
    exhausted(&kms.clone().oneshot(request).await.unwrap_err())
}

/// The ARN of the key that was described.
async fn described(kms: KmsService, request: DescribeKey) -> String {
    let output = kms.oneshot(request).await.unwrap();
    output.key_metadata.unwrap().arn.unwrap()
}

#[tokio::test]
async fn a_single_region_key_never_fails_over_and_says_so() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud).await;
    let encrypt = Op::new(
        EncryptInput::builder().plaintext(Blob::new("x")),
        EncryptInputBuilder::send_with,
    )
    .naming(key.clone(), EncryptInputBuilder::key_id);
    let kms = stack(&cloud, [EAST, WEST]);
    let answer = kms.clone().oneshot(encrypt.clone()).await.unwrap();
    assert_eq!(answer.key_id(), Some(key.to_string().as_str()));

    lose_the_east(&cloud);
    let met = met_in_each(&kms, encrypt).await;
    let says = format!("{key} is a single-Region key and cannot be used in us-west-2");
    assert_eq!(met[0], (WEST, says));
    assert_eq!(met[1].0, EAST);
    assert!(met[1].1.contains("refused"), "{met:?}");
    assert_eq!(met.len(), 2);
    assert_eq!(calls(&cloud, &WEST), 0);
    assert_eq!(kms.router().status().fail_overs, 0);
}

#[tokio::test]
async fn the_arn_of_a_multi_region_key_is_rewritten() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud, [EAST, WEST]);
    let describe = || describe_key(cloud.key.clone());
    assert_eq!(
        described(kms.clone(), describe()).await,
        cloud.key.to_string()
    );
    lose_the_east(&cloud);
    // The emulated KMS refuses an ARN that names another Region, as AWS does.
    let replica = cloud.key.in_region(&WEST).unwrap();
    assert_eq!(
        described(kms.clone(), describe()).await,
        replica.to_string()
    );
    assert_eq!(kms.router().status().fail_overs, 1);
}

#[tokio::test]
async fn a_multi_region_key_is_found_by_its_id_in_every_region() {
    let cloud = Cloud::start().await;
    let arn = cloud.key.to_string();
    let id: KeyId = arn.rsplit('/').next().unwrap().parse().unwrap();
    let kms = stack(&cloud, [EAST, WEST]);
    assert_eq!(described(kms.clone(), describe_key(id.clone())).await, arn);
    lose_the_east(&cloud);
    let replica = cloud.key.in_region(&WEST).unwrap();
    assert_eq!(described(kms, describe_key(id)).await, replica.to_string());
}

#[tokio::test]
async fn the_id_of_a_single_region_key_stays_where_it_is_said_to_live() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud).await;
    let arn = key.to_string();
    let id: KeyId = arn.rsplit('/').next().unwrap().parse().unwrap();
    let at_home = describe_key(id.clone().living_in(EAST));
    let kms = stack(&cloud, [WEST, EAST]);
    assert_eq!(described(kms.clone(), at_home.clone()).await, arn);
    assert_eq!(calls(&cloud, &WEST), 0, "passed over, with nothing sent");

    // KMS in the west would say that there is no such key, which is not the point while the east is lost.
    lose_the_east(&cloud);
    let met = met_in_each(&kms, at_home).await;
    assert_eq!(met[0].0, WEST);
    let says = "is a single-Region key and cannot be used in us-west-2";
    assert!(met[0].1.contains(says), "{met:?}");
    // Nobody has said where this one lives, so nobody is asked.
    let error = kms.oneshot(describe_key(id)).await.unwrap_err();
    for (_, says) in exhausted(&error) {
        assert!(says.contains("give the ARN of the key"), "{says}");
    }
    assert_eq!(calls(&cloud, &WEST), 0);
}

#[tokio::test]
async fn an_alias_is_that_of_each_region() {
    let cloud = Cloud::start().await;
    alias(&cloud, EAST, "alias/app", &cloud.key).await;
    alias(&cloud, WEST, "alias/app", &cloud.key).await;
    let by_name: KeyId = "alias/app".parse().unwrap();
    let by_arn: KeyId = cloud
        .key
        .to_string()
        .rsplit_once(':')
        .map(|(account, _)| format!("{account}:alias/app"))
        .unwrap()
        .parse()
        .unwrap();
    let kms = stack(&cloud, [EAST, WEST]);
    let home = cloud.key.to_string();
    assert_eq!(
        described(kms.clone(), describe_key(by_name.clone())).await,
        home
    );
    assert_eq!(
        described(kms.clone(), describe_key(by_arn.clone())).await,
        home
    );
    lose_the_east(&cloud);
    let replica = cloud.key.in_region(&WEST).unwrap();
    assert_eq!(
        described(kms.clone(), describe_key(by_name)).await,
        replica.to_string()
    );
    let met = met_in_each(&kms, describe_key(by_arn)).await;
    let says = "is an alias of one Region and cannot be used in us-west-2";
    assert!(met[0].0 == WEST && met[0].1.contains(says), "{met:?}");
}

/// Decrypts under whichever key a message names, as a discovery keyring does.
#[tokio::test]
async fn a_message_of_a_region_that_is_not_in_the_list() {
    let cloud = Cloud::start().await;
    let single = single_region_key(&cloud).await;
    let east: Client = cloud.pool.client().with_region(EAST).await.unwrap();
    for (key, is_read) in [(cloud.key.clone(), true), (single, false)] {
        let encrypted = east
            .encrypt()
            .key_id(key.to_string())
            .plaintext(Blob::new("x"));
        let encrypted = encrypted.send().await.unwrap().ciphertext_blob.unwrap();
        cloud.aws.reset_counts();
        let decrypt = Op::new(
            DecryptInput::builder().ciphertext_blob(encrypted),
            DecryptInputBuilder::send_with,
        )
        .naming(key.clone(), DecryptInputBuilder::key_id);
        let answer = stack(&cloud, [WEST]).oneshot(decrypt).await;
        assert_eq!(calls(&cloud, &EAST), 0);
        if is_read {
            assert_eq!(answer.unwrap().plaintext.unwrap().as_ref(), b"x");
            continue;
        }
        let text = refusal(&answer.unwrap_err());
        let says = format!("{key} is a single-Region key and cannot be used in us-west-2");
        assert!(text.contains(&says), "{text}");
        assert_eq!(calls(&cloud, &WEST), 0);
    }
}

/// Everything that an error tells of a refusal of ours.
fn refusal(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn no_key_and_no_list_spans_two_partitions() {
    let cloud = Cloud::start().await;
    let beijing = Region::from_static("cn-north-1");
    let refused = KmsStack::new([EAST, beijing.clone()]).through(&cloud.pool);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("two partitions of AWS"), "{refused}");
    // A list of another partition altogether has no copy of the key, and nobody is asked for one.
    let nowhere = tower::service_fn(async |_: Region| {
        Err::<leeward_client_pool::Target<Client>, _>(Rejected::unavailable(
            "no client is to be made",
        ))
    });
    let router = RegionRouter::builder([beijing]).build(nowhere).unwrap();
    let error = router
        .oneshot(describe_key(cloud.key.clone()))
        .await
        .unwrap_err();
    let text = refusal(&error);
    assert!(
        text.contains("cn-north-1 of aws-cn, in which there is no copy of it"),
        "{text}"
    );
}
