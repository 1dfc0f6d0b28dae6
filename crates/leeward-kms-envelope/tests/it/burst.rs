//! Many tenants at once, at the moment a Region falls silent.

use crate::cloud::{Cloud, EAST, WEST, tenant};
use leeward_envelope::Encryptor;
use leeward_testkit::{Fault, Scope};
use tokio::task::JoinSet;

/// Has each of so many tenants encrypt at once.
async fn burst(encryptor: &Encryptor, tenants: usize) {
    let mut calls: JoinSet<_> = (0..tenants)
        .map(|number| {
            let encryptor = encryptor.clone();
            async move { encryptor.encrypt(b"x", &tenant(number)).await }
        })
        .collect();
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
}

#[tokio::test]
async fn every_tenant_of_a_quiet_process_moves_when_a_region_falls_silent_or_is_gone() {
    for (fault, stack) in [
        (Fault::black_hole(), Cloud::hedged as fn(&Cloud) -> _),
        (Fault::refuse(), |cloud| cloud.patient([EAST, WEST])),
    ] {
        let cloud = Cloud::start().await;
        let keyring = cloud.keyring_over(stack(&cloud));
        let encryptor = Encryptor::builder(keyring).build().unwrap();
        cloud.aws.faults().inject(Scope::region(EAST), fault);
        burst(&encryptor, 60).await;
        assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 60);
    }
}

#[tokio::test]
async fn a_blip_of_the_survivor_is_tried_again() {
    let cloud = Cloud::start().await;
    let encryptor = Encryptor::builder(cloud.keyring()).build().unwrap();
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    // Until the circuit of the first Region is open.
    for number in 0..6 {
        encryptor.encrypt(b"x", &tenant(number)).await.unwrap();
    }
    let blip = Fault::error(500, "KMSInternalException", "blip")
        .with_rate(0.2)
        .with_seed(7);
    cloud
        .aws
        .faults()
        .inject(Scope::region(WEST).service("kms"), blip);
    cloud.aws.reset_counts();
    for number in 10..20 {
        encryptor.encrypt(b"x", &tenant(number)).await.unwrap();
    }
    let tally = cloud
        .aws
        .counts()
        .in_region(&WEST)
        .tally("kms", "GenerateDataKey");
    assert!(tally.faulted > 0, "the seed makes some calls fail");
}
