//! Many tenants at once, at the moment a Region falls silent.

use crate::cloud::{Cloud, EAST, encryptor};
use leeward_envelope::{EncryptionContext, Encryptor};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test]
async fn every_tenant_of_a_quiet_process_moves_when_a_region_falls_silent() {
    let cloud = Cloud::start().await;
    // Long enough for a busy machine to answer all of them at once.
    let keyring = cloud.keyring_within(Duration::from_millis(1_500), &cloud.key);
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let mut calls: JoinSet<_> = (0..60)
        .map(|tenant| {
            let encryptor = encryptor.clone();
            async move {
                let context = EncryptionContext::new([("tenant", format!("{tenant}"))]).unwrap();
                encryptor.encrypt(b"x", &context).await
            }
        })
        .collect();
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_blip_of_the_survivor_is_tried_again() {
    let cloud = Cloud::start().await;
    let encryptor = encryptor(&cloud);
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    // Until the circuit of the first Region is open.
    for tenant in 0..6 {
        let context = EncryptionContext::new([("tenant", format!("{tenant}"))]).unwrap();
        encryptor.encrypt(b"x", &context).await.unwrap();
    }
    let blip = Fault::error(500, "KMSInternalException", "blip")
        .with_rate(0.2)
        .with_seed(7);
    cloud
        .aws
        .faults()
        .inject(Scope::region(crate::cloud::WEST).service("kms"), blip);
    cloud.aws.reset_counts();
    for tenant in 10..20 {
        let context = EncryptionContext::new([("tenant", format!("{tenant}"))]).unwrap();
        encryptor.encrypt(b"x", &context).await.unwrap();
    }
    let tally = cloud
        .aws
        .counts()
        .in_region(&crate::cloud::WEST)
        .tally("kms", "GenerateDataKey");
    assert!(tally.faulted > 0, "the seed makes some calls fail");
}
