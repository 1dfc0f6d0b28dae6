//! Which keyring asks which Region for which key, over sockets.

use crate::cloud::{Cloud, EAST, WEST, context, multi_region_key};
use aws_sdk_kms::Client;
use leeward_envelope::{Decryptor, EncryptError, Encryptor, Keyring, KeyringError};
use leeward_error_taxonomy::Region;
use leeward_kms_envelope::{
    DiscoveryFilter, KeyArn, KeyId, KeyringSetupError, KmsDiscoveryKeyring, KmsError, KmsKeyring,
    KmsMultiKeyringBuilder, KmsService,
};
use leeward_testkit::{Fault, Scope};
use std::{error::Error, time::Duration};

/// The west first, so that what is only in the east has to be sent there on purpose.
fn stack(cloud: &Cloud) -> KmsService {
    cloud.patient([WEST, EAST]).through(&cloud.pool).unwrap()
}

async fn client(cloud: &Cloud, region: Region) -> Client {
    cloud.pool.client().with_region(region).await.unwrap()
}

async fn single_region_key(cloud: &Cloud, region: Region) -> KeyArn {
    let made = client(cloud, region).await.create_key().send().await;
    let arn = made.unwrap().key_metadata.unwrap().arn.unwrap();
    cloud.aws.reset_counts();
    arn.parse().unwrap()
}

async fn seal(keyring: impl Keyring) -> Vec<u8> {
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    encryptor.encrypt(b"kept", &context()).await.unwrap()
}

async fn open(keyring: impl Keyring, message: &[u8]) -> Result<(), KeyringError> {
    use leeward_envelope::DecryptError::Keyring;
    let decryptor = Decryptor::builder(keyring).build().unwrap();
    match decryptor.decrypt(message).await {
        Ok(decrypted) => {
            assert_eq!(decrypted.plaintext(), b"kept");
            Ok(())
        }
        Err(Keyring(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn names(message: &[u8], text: &str) -> bool {
    let mut windows = message.windows(text.len());
    windows.any(|bytes| bytes == text.as_bytes())
}

fn total(cloud: &Cloud) -> u64 {
    cloud.aws.counts().total().calls
}

#[tokio::test]
async fn a_single_region_key_is_used_in_its_region_whichever_is_first() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud, EAST).await;
    let keyring = || KmsKeyring::single(key.clone(), stack(&cloud));
    let message = seal(keyring()).await;
    open(keyring(), &message).await.unwrap();
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 1);
    assert_eq!(cloud.calls(&EAST, "Decrypt"), 1);
    assert_eq!(total(&cloud), 2);
}

#[tokio::test]
async fn a_single_region_key_never_leaves_a_region_that_is_lost() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud, EAST).await;
    let keyring = KmsKeyring::single(key, stack(&cloud));
    let lost = Scope::region(EAST);
    cloud.aws.faults().inject(lost, Fault::refuse());
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let kms = KmsError::below(&error).unwrap();
    assert!(!kms.advice().is_empty());
    assert_eq!(cloud.aws.counts().in_region(&WEST).total().calls, 0);
}

#[tokio::test]
async fn an_alias_is_enough_to_encrypt_and_not_to_decrypt() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud, EAST).await;
    let request = client(&cloud, EAST).await.create_alias();
    let request = request.alias_name("alias/mrk-app");
    let made = request.target_key_id(key.to_string()).send();
    made.await.unwrap();
    let arn = key.to_string();
    let (account, _) = arn.split_once(":key/").unwrap();
    let alias: KeyId = format!("{account}:alias/mrk-app").parse().unwrap();
    let keyring = || KmsKeyring::single(alias.clone(), stack(&cloud));
    let message = seal(keyring()).await;
    assert!(names(&message, &arn) && !names(&message, "alias/"));
    open(KmsKeyring::single(key, stack(&cloud)), &message)
        .await
        .unwrap();
    cloud.aws.reset_counts();
    let error = open(keyring(), &message).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("only encrypts: give it the ARN"), "{text}");
    assert_eq!(total(&cloud), 0);
}

#[tokio::test]
async fn a_multi_region_key_named_alone_is_a_key_of_one_region() {
    let cloud = Cloud::start().await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    let at = |key: &KeyArn| KmsKeyring::single(key.clone(), stack(&cloud));
    let message = seal(at(&cloud.key)).await;
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 1);
    open(at(&cloud.key), &message).await.unwrap();
    cloud.aws.reset_counts();
    let error = open(at(&replica), &message).await.unwrap_err();
    assert!(matches!(error, KeyringError::NoMatchingKey { .. }));
    assert_eq!(total(&cloud), 0);
    // A multi-Region-aware keyring reads it from any replica's side.
    let aware = KmsKeyring::multi_region(replica, stack(&cloud)).unwrap();
    open(aware, &message).await.unwrap();
    assert_eq!(cloud.calls(&WEST, "Decrypt"), 1);
}

#[tokio::test]
async fn several_keys_wrap_one_data_key_and_each_of_them_reads() {
    let cloud = Cloud::start().await;
    let [east, west] = [
        single_region_key(&cloud, EAST).await,
        single_region_key(&cloud, WEST).await,
    ];
    let keyring = || {
        KmsMultiKeyringBuilder::new(stack(&cloud))
            .with_generator(cloud.key.clone().into())
            .with_child(east.clone().into())
            .with_child(west.clone().into())
            .build()
            .unwrap()
    };
    let message = seal(keyring()).await;
    assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 1);
    assert_eq!(cloud.calls(&EAST, "Encrypt"), 1);
    assert_eq!(cloud.calls(&WEST, "Encrypt"), 1);
    assert_eq!(total(&cloud), 3);
    for key in [&east, &west] {
        let reader = KmsKeyring::single(key.clone(), stack(&cloud));
        open(reader, &message).await.unwrap();
    }
    cloud.aws.reset_counts();
    open(keyring(), &message).await.unwrap();
    assert_eq!(total(&cloud), 1, "the generator has it");
    let decrypt = Scope::any().service("kms").operation("Decrypt");
    let faults = cloud.aws.faults();
    let denied = faults.inject(decrypt, Fault::access_denied());
    let error = open(keyring(), &message).await.unwrap_err();
    assert_eq!(
        error.to_string().matches("AccessDeniedException").count(),
        3
    );
    denied.clear();
    // While the generator's key may not be used, one of the children does.
    let request = client(&cloud, WEST).await.disable_key();
    let replica = cloud.key.in_region(&WEST).unwrap().to_string();
    request.key_id(replica).send().await.unwrap();
    open(keyring(), &message).await.unwrap();
}

#[tokio::test]
async fn the_children_are_asked_at_the_same_time() {
    let cloud = Cloud::start().await;
    let [east, west] = [
        single_region_key(&cloud, EAST).await,
        single_region_key(&cloud, WEST).await,
    ];
    let keyring = KmsMultiKeyringBuilder::new(stack(&cloud))
        .with_generator(cloud.key.clone().into())
        .with_child(east.into())
        .with_child(west.into())
        .build()
        .unwrap();
    let scope = Scope::any().service("kms").operation("Encrypt");
    cloud.aws.faults().inject(scope, Fault::black_hole());
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let both_are_asked = async {
        // Were they asked in turn, the second would be asked after the first had failed, which is never: then all is over.
        while cloud.calls(&EAST, "Encrypt") == 0 || cloud.calls(&WEST, "Encrypt") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let context = context();
    tokio::select! {
        result = encryptor.encrypt(b"x", &context) => panic!("nobody answers, yet {result:?}"),
        () = both_are_asked => {}
    }
}

#[tokio::test]
async fn a_child_that_may_not_wrap_is_named_and_no_message_is_written() {
    let cloud = Cloud::start().await;
    let child = single_region_key(&cloud, EAST).await;
    let keyring = KmsMultiKeyringBuilder::new(stack(&cloud))
        .with_generator(cloud.key.clone().into())
        .with_child(child.clone().into())
        .build()
        .unwrap();
    let scope = Scope::any().service("kms").operation("Encrypt");
    cloud.aws.faults().inject(scope, Fault::access_denied());
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let EncryptError::Keyring(KeyringError::Wrap { under, .. }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*under, child.to_string());
    let kms = KmsError::below(&error).unwrap();
    assert_eq!(kms.operation().to_string(), "kms.Encrypt");
    assert!(kms.advice().contains("kms:Encrypt"), "{}", kms.advice());
}

#[tokio::test]
async fn replicas_of_one_key_are_refused_together_and_all_are_named() {
    let cloud = Cloud::start().await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    let other = multi_region_key(&cloud.pool).await;
    let id = other.to_string().rsplit('/').next().unwrap().to_owned();
    let build = |keys: &[&str]| {
        let mut builder = KmsMultiKeyringBuilder::new(stack(&cloud));
        for (at, key) in keys.iter().enumerate() {
            let key = key.parse().unwrap();
            builder = if at == 0 {
                builder.with_generator(key)
            } else {
                builder.with_child(key)
            };
        }
        builder.build()
    };
    let (ours, theirs) = (cloud.key.to_string(), other.to_string());
    let (replica, alias) = (replica.to_string(), format!("alias/{id}"));
    build(&[&ours, &theirs, &alias]).unwrap();
    let refused = build(&[&ours, &theirs, &replica, &id, &alias]).unwrap_err();
    let KeyringSetupError::SameMultiRegionKey { keys } = &refused else {
        panic!("{refused}");
    };
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    assert_eq!(keys, [ours, theirs, replica, id]);
    assert_eq!(build(&[]).unwrap_err(), KeyringSetupError::NoKeys);
}

fn discovering(cloud: &Cloud) -> KmsDiscoveryKeyring<KmsService> {
    KmsDiscoveryKeyring::new([EAST, WEST], stack(cloud)).unwrap()
}

#[tokio::test]
async fn discovery_asks_the_region_that_the_message_names() {
    let cloud = Cloud::start().await;
    let key = single_region_key(&cloud, EAST).await;
    let single = seal(KmsKeyring::single(key, stack(&cloud))).await;
    let multi = seal(KmsKeyring::single(cloud.key.clone(), stack(&cloud))).await;
    cloud.aws.reset_counts();
    for message in [&single, &multi] {
        open(discovering(&cloud), message).await.unwrap();
    }
    assert_eq!(cloud.calls(&EAST, "Decrypt"), 2);
    assert_eq!(total(&cloud), 2);
}

#[tokio::test]
async fn discovery_looks_before_it_calls() {
    let cloud = Cloud::start().await;
    let message = seal(KmsKeyring::single(cloud.key.clone(), stack(&cloud))).await;
    cloud.aws.reset_counts();
    let account = cloud.key.to_string();
    let account = account.split(':').nth(4).unwrap();
    let filter = |partition, account: &str| DiscoveryFilter::new(partition, [account]).unwrap();
    let in_the_west = || KmsDiscoveryKeyring::new([WEST], stack(&cloud)).unwrap();
    for keyring in [
        discovering(&cloud).with_filter(filter("aws", "999988887777")),
        discovering(&cloud).with_filter(filter("aws-cn", account)),
        in_the_west(),
        in_the_west().with_filter(filter("aws", account)),
    ] {
        let error = open(keyring, &message).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, KeyringError::NoMatchingKey { .. }));
        assert!(text.contains(&cloud.key.to_string()), "{text}");
    }
    assert_eq!(total(&cloud), 0);
    let ours = discovering(&cloud).with_filter(filter("aws", account));
    open(ours, &message).await.unwrap();
}

#[tokio::test]
async fn discovery_encrypts_nothing_and_needs_regions() {
    let cloud = Cloud::start().await;
    let encryptor = Encryptor::builder(discovering(&cloud)).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let text = error.source().unwrap().to_string();
    assert!(text.contains("only decrypts: name the key"), "{text}");
    assert_eq!(total(&cloud), 0);
    let refused = KmsDiscoveryKeyring::new([], stack(&cloud)).unwrap_err();
    assert_eq!(refused, KeyringSetupError::NoRegions);
    let tokens = (0..11).map(|at| format!("token-{at}"));
    let refused = discovering(&cloud).with_grant_tokens(tokens).unwrap_err();
    assert_eq!(refused, KeyringSetupError::TooManyGrantTokens { count: 11 });
    let shown = discovering(&cloud).with_grant_tokens(["hush".to_owned()]);
    assert!(!format!("{:?}", shown.unwrap()).contains("hush"));
}

#[tokio::test]
async fn multi_region_discovery_reads_in_the_region_that_is_left() {
    let cloud = Cloud::start().await;
    let single = single_region_key(&cloud, EAST).await;
    let single = seal(KmsKeyring::single(single, stack(&cloud))).await;
    let multi = seal(KmsKeyring::single(cloud.key.clone(), stack(&cloud))).await;
    let keyring =
        |regions: &[Region]| KmsDiscoveryKeyring::multi_region(regions.to_vec(), stack(&cloud));
    cloud.aws.reset_counts();
    // In the one Region that it may go to, as the specification has it.
    open(keyring(&[WEST]).unwrap(), &multi).await.unwrap();
    assert_eq!(cloud.calls(&WEST, "Decrypt"), 1);
    let error = open(keyring(&[WEST]).unwrap(), &single).await.unwrap_err();
    assert!(matches!(error, KeyringError::NoMatchingKey { .. }));
    open(keyring(&[EAST]).unwrap(), &multi).await.unwrap();
    assert_eq!((cloud.calls(&EAST, "Decrypt"), total(&cloud)), (1, 2));

    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    open(keyring(&[EAST, WEST]).unwrap(), &multi).await.unwrap();
    cloud.aws.reset_counts();
    let error = open(keyring(&[EAST]).unwrap(), &multi).await.unwrap_err();
    assert!(matches!(error, KeyringError::Unwrap { .. }), "{error}");
    assert_eq!(cloud.calls(&WEST, "Decrypt"), 0, "where it may not go");
    let error = open(discovering(&cloud), &multi).await.unwrap_err();
    assert!(matches!(error, KeyringError::Unwrap { .. }), "{error}");
}

#[tokio::test]
async fn discovery_in_a_region_that_the_stack_does_not_serve_says_so() {
    let cloud = Cloud::start().await;
    let message = seal(KmsKeyring::single(cloud.key.clone(), stack(&cloud))).await;
    let west_only = cloud.patient([WEST]).through(&cloud.pool).unwrap();
    let keyring = KmsDiscoveryKeyring::new([EAST, WEST], west_only).unwrap();
    cloud.aws.reset_counts();
    let error = open(keyring, &message).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, KeyringError::Unwrap { .. }), "{text}");
    assert!(text.contains("us-west-2"), "{text}");
    assert_eq!(total(&cloud), 0);
}
