//! Where an audit says that a call failed.

use crate::cloud::{Cloud, EAST, WEST, context, encryptor};
use leeward_envelope::{Audit, AuditEvent, Decryptor, Encryptor, KeyUse, Keyring};
use leeward_error_taxonomy::{Category, Region};
use leeward_kms_envelope::{KeyArn, KmsKeyring};
use leeward_testkit::{Fault, Scope};
use std::sync::mpsc;

/// What is told of one failure to encrypt and of one to decrypt `message`.
async fn told<K: Keyring>(keyring: impl Fn() -> K, message: &[u8]) -> [AuditEvent; 2] {
    let (trail, events) = mpsc::channel();
    let audit = Audit::new(move |event| drop(trail.send(event.clone())));
    let encryptor = Encryptor::builder(keyring()).with_audit(audit.clone());
    let encryptor = encryptor.build().unwrap();
    encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let decryptor = Decryptor::builder(keyring()).with_audit(audit);
    let decryptor = decryptor.build().unwrap();
    decryptor.decrypt(message).await.unwrap_err();
    [events.try_recv().unwrap(), events.try_recv().unwrap()]
}

#[track_caller]
fn check(events: &[AuditEvent; 2], key: &KeyArn, regions: &[Region]) {
    for event in events {
        let used: &KeyUse = event.key_use.as_ref().unwrap();
        assert_eq!(used.key(), key.to_string());
        assert_eq!(used.regions(), regions);
        assert_eq!(used.region(), regions.last());
    }
}

#[tokio::test]
async fn regions_that_did_not_answer_are_told_in_order() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    cloud.aws.faults().inject(Scope::any(), Fault::black_hole());
    let silent = told(|| cloud.keyring_over(cloud.hasty()), &message).await;
    check(&silent, &cloud.key, &[EAST, WEST]);
    cloud.aws.faults().clear();
    cloud.aws.faults().inject(Scope::any(), Fault::refuse());
    let refused = told(|| cloud.keyring(), &message).await;
    check(&refused, &cloud.key, &[EAST, WEST]);
}

#[tokio::test]
async fn the_region_that_refused_is_told_and_no_other() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let kms = Scope::any().service("kms");
    cloud.aws.faults().inject(kms, Fault::access_denied());
    let denied = told(|| cloud.keyring(), &message).await;
    check(&denied, &cloud.key, &[EAST]);
    for event in &denied {
        assert_eq!(event.outcome.category(), Some(Category::Authorization));
        let request = event.key_use.as_ref().unwrap().request_id();
        assert!(request.is_some_and(|id| !id.is_empty()));
    }
    // Where the first Region is lost, it is the second that refuses.
    let lost = Scope::region(EAST);
    cloud.aws.faults().inject(lost, Fault::refuse());
    let denied = told(|| cloud.keyring(), &message).await;
    check(&denied, &cloud.key, &[WEST]);
}

#[tokio::test]
async fn a_key_of_one_region_fails_there_and_a_region_without_it_was_not_tried() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    cloud.aws.faults().inject(Scope::any(), Fault::black_hole());
    let single = || {
        let stack = cloud.hasty().through(&cloud.pool).unwrap();
        KmsKeyring::single(cloud.key.clone(), stack)
    };
    check(&told(single, &message).await, &cloud.key, &[EAST]);
}

#[tokio::test]
async fn regions_that_were_all_held_back_were_not_tried() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let drained = || {
        let keyring = cloud.keyring();
        for region in [EAST, WEST] {
            keyring.kms().router().drain(&region).unwrap();
        }
        keyring
    };
    check(&told(drained, &message).await, &cloud.key, &[]);
    assert_eq!(cloud.aws.counts().total().calls, 1);
}
