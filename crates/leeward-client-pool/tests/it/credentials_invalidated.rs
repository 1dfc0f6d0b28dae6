//! Invalidated roles: what is loaded, what is being loaded, and what the pool itself has forgotten. Over real sockets.

use crate::cloud::{EAST, WEST, builder, credentials};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, PoolBuilder, Role};
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::time::Duration;

const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";
const AUDIT: &str = "arn:aws:iam::444455556666:role/audit";

async fn cloud() -> (Aws, PoolBuilder) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_credentials(credentials());
    (aws, pool.with_region(EAST).with_sts_regions([EAST, WEST]))
}

async fn client(pool: &Pool, arn: &str) -> Client {
    let role = Role::new(arn).unwrap();
    pool.client().with_role(role).await.unwrap()
}

/// Has a call wait for a session that is being loaded, does `meanwhile`, and sends another before or after it has landed.
async fn invalidated_under_way(meanwhile: fn(&Pool), is_before: bool) -> Aws {
    let (aws, pool) = cloud().await;
    let pool = pool.build().await.unwrap();
    let kms = client(&pool, LEDGER).await;
    let slow = Fault::latency(Latency::fixed(Duration::from_millis(300)));
    aws.faults().inject(Scope::any().service("sts"), slow);
    pool.invalidate_role(LEDGER);
    let waiting = tokio::runtime::Handle::current().spawn(kms.list_keys().send());
    while pool.stats().credentials.blocked < 3 {
        tokio::task::yield_now().await;
    }
    meanwhile(&pool);
    if is_before {
        // Waits for no load of before.
        kms.list_keys().send().await.unwrap();
    }
    waiting.await.unwrap().unwrap();
    kms.list_keys().send().await.unwrap();
    kms.list_keys().send().await.unwrap();
    aws
}

#[tokio::test]
async fn a_session_that_was_being_loaded_is_given_to_who_waits_and_not_kept() {
    let invalidate = |pool: &Pool| {
        pool.invalidate_role(LEDGER);
    };
    for (meanwhile, is_before, calls_of_the_new) in [
        (invalidate as fn(&Pool), true, 3),
        (invalidate, false, 2),
        (Pool::clear, true, 3),
        (Pool::clear, false, 2),
    ] {
        let aws = invalidated_under_way(meanwhile, is_before).await;
        let sessions = aws.roles().sessions(LEDGER);
        assert_eq!(sessions.len(), 3, "{sessions:?}");
        let signers = aws.counts().signers("kms", "ListKeys");
        let mut calls: Vec<_> = signers.values().copied().collect();
        calls.sort_unstable();
        assert_eq!(calls, [1, calls_of_the_new], "{signers:?}");
        assert!(!signers.contains_key(&sessions[0].access_key_id));
    }
}

#[tokio::test]
async fn a_role_that_made_room_is_invalidated_in_its_clients_all_the_same() {
    let (aws, pool) = cloud().await;
    let pool = pool.with_max_identities(1).build().await.unwrap();
    let ledger = client(&pool, LEDGER).await;
    client(&pool, AUDIT).await;
    pool.invalidate_role(LEDGER);
    ledger.list_keys().send().await.unwrap();
    let calls = [LEDGER, AUDIT].map(|arn| aws.roles().calls(arn));
    assert_eq!(calls, [2, 1]);
}

#[tokio::test]
async fn an_invalidated_role_is_assumed_anew_by_the_clients_that_there_are() {
    let (aws, pool) = cloud().await;
    let pool = pool.build().await.unwrap();
    let [ledger, audit] = [LEDGER, AUDIT].map(|arn| Role::new(arn).unwrap());
    let asked = pool.client::<Client>().with_role(audit.assumed_by(ledger));
    let kms = asked.await.unwrap();
    kms.list_keys().send().await.unwrap();
    pool.invalidate_role(LEDGER);
    kms.list_keys().send().await.unwrap();
    assert_eq!(
        (aws.roles().calls(LEDGER), aws.roles().calls(AUDIT)),
        (2, 2)
    );
    assert_eq!(pool.stats().credentials.invalidations, 2);
}

#[tokio::test]
async fn a_role_that_was_denied_is_tried_again_at_once_after_it_was_invalidated() {
    let (aws, pool) = cloud().await;
    let pool = pool.with_negative_entry(Duration::from_secs(3_600));
    let pool = pool.build().await.unwrap();
    let ask = || {
        pool.client::<Client>()
            .with_role(Role::new(LEDGER).unwrap())
    };
    aws.roles().deny(LEDGER);
    ask().await.unwrap_err();
    aws.roles().allow(LEDGER);
    ask().await.unwrap_err();
    assert_eq!(pool.invalidate_role(LEDGER), 0, "there was no client");
    ask().await.unwrap();
    assert_eq!(aws.roles().calls(LEDGER), 2);
}

#[tokio::test]
async fn an_identity_that_made_room_goes_on_in_its_clients() {
    let (aws, pool) = cloud().await;
    let pool = pool.with_max_identities(1).build().await.unwrap();
    let ledger = client(&pool, LEDGER).await;
    let audit = client(&pool, AUDIT).await;
    ledger.list_keys().send().await.unwrap();
    audit.list_keys().send().await.unwrap();
    assert_eq!(pool.stats().credentials.kept, 1);
    assert_eq!(
        (aws.roles().calls(LEDGER), aws.roles().calls(AUDIT)),
        (1, 1)
    );
}
