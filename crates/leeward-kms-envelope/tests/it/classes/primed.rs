//! What a class reads without a call since it has written it.

use super::{alias, alias_arn, builder, client, context, single_region_key, three};
use crate::cloud::{Cloud, EAST, WEST};
use leeward_envelope::{DecryptError, EncryptionContext, KeyringError, Purge, WrappingKey};
use leeward_error_taxonomy::Region;
use leeward_kms_envelope::{KeyArn, KeyClass};

/// Calls of all Regions, to write and to read.
fn calls(cloud: &Cloud) -> [u64; 2] {
    ["GenerateDataKey", "Decrypt"]
        .map(|operation| cloud.calls(&EAST, operation) + cloud.calls(&WEST, operation))
}

async fn disable(cloud: &Cloud, region: Region, key: &KeyArn) {
    let request = client(cloud, region).await.disable_key();
    request.key_id(key.to_string()).send().await.unwrap();
}

#[tokio::test]
async fn what_a_class_has_written_it_reads_without_a_call() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let bound = context(&[("tenant", "acme")]);
    // Under a key, under the ARN of an alias, and under an alias alone.
    for (name, class) in classes.iter() {
        for text in [&b"one"[..], b"two"] {
            let message = class.encrypt(text, &bound).await.unwrap();
            let read = class.decrypt(&message, &bound).await.unwrap();
            assert_eq!(read.plaintext(), text);
        }
        let [wrote, read] = class.stats();
        assert_eq!(
            (wrote.misses, read.misses, read.primed),
            (1, 0, 1),
            "{name}"
        );
    }
    assert_eq!(calls(&cloud), [3, 0]);
    // Another process has to ask.
    let general = KeyClass::new(cloud.key.clone().into());
    let others = builder(&cloud).with_class("general", general).build();
    let others = others.unwrap();
    let [ours, theirs] = [&classes, &others].map(|it| it.class("general").unwrap());
    let message = ours.encrypt(b"x", &bound).await.unwrap();
    theirs.decrypt(&message, &bound).await.unwrap();
    assert_eq!(calls(&cloud), [3, 1]);
}

#[tokio::test]
async fn a_class_that_is_not_primed_asks_for_what_it_has_written() {
    let cloud = Cloud::start().await;
    let class = KeyClass::new(cloud.key.clone().into()).without_priming();
    let classes = builder(&cloud)
        .with_class("general", class)
        .build()
        .unwrap();
    let (general, none) = (
        classes.class("general").unwrap(),
        EncryptionContext::empty(),
    );
    cloud.aws.reset_counts();
    let message = general.encrypt(b"x", &none).await.unwrap();
    general.decrypt(&message, &none).await.unwrap();
    assert_eq!(calls(&cloud), [1, 1]);
}

#[tokio::test]
async fn a_class_reads_only_what_the_keys_it_reads_with_have_wrapped() {
    let cloud = Cloud::start().await;
    let [ours, other] = [
        single_region_key(&cloud).await,
        single_region_key(&cloud).await,
    ];
    alias(&cloud, EAST, "alias/pii", &ours).await;
    let class = KeyClass::new(alias_arn(&ours, "alias/pii").parse().unwrap());
    let classes = builder(&cloud)
        .with_class("pii", class.reading_keys([other]))
        .build()
        .unwrap();
    let (pii, none) = (classes.class("pii").unwrap(), EncryptionContext::empty());
    let message = pii.encrypt(b"x", &none).await.unwrap();
    let refused = pii.decrypt(&message, &none).await.unwrap_err();
    let DecryptError::Keyring(KeyringError::NoMatchingKey { .. }) = refused else {
        panic!("{refused}");
    };
    assert_eq!(pii.stats()[1].primed, 0);
}

#[tokio::test]
async fn a_key_that_is_disabled_ends_both_as_soon_as_one_is_told() {
    for by_writer in [true, false] {
        let cloud = Cloud::start().await;
        let key = single_region_key(&cloud).await;
        let classes = builder(&cloud)
            .with_class("pii", KeyClass::new(key.clone().into()))
            .build()
            .unwrap();
        let pii = classes.class("pii").unwrap();
        let [one, two] = ["1", "2"].map(|tenant| context(&[("tenant", tenant)]));
        let apart = builder(&cloud)
            .with_class("pii", KeyClass::new(key.clone().into()))
            .build()
            .unwrap();
        let theirs = apart.class("pii").unwrap().encrypt(b"x", &two).await;
        let theirs = theirs.unwrap();
        let message = pii.encrypt(b"x", &one).await.unwrap();
        disable(&cloud, EAST, &key).await;
        pii.decrypt(&message, &one).await.unwrap();
        pii.encrypt(b"x", &one).await.unwrap();
        if by_writer {
            pii.encrypt(b"x", &two).await.unwrap_err();
        } else {
            pii.decrypt(&theirs, &two).await.unwrap_err();
        }
        assert_eq!(pii.stats().map(|stats| stats.entries), [0, 0]);
        pii.encrypt(b"x", &one).await.unwrap_err();
        pii.decrypt(&message, &one).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_purge_of_one_replica_lets_go_of_what_the_others_wrapped() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let (general, none) = (
        classes.class("general").unwrap(),
        EncryptionContext::empty(),
    );
    general.encrypt(b"x", &none).await.unwrap();
    let west = cloud.key.in_region(&WEST).unwrap().to_string();
    let west = Purge::WrappingKey(WrappingKey::new("aws-kms", west));
    assert_eq!(
        general.purge(&west),
        2,
        "one to write with, one to read with"
    );
    assert_eq!(general.stats().map(|stats| stats.entries), [0, 0]);
}
