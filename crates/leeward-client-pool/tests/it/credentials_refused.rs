//! Credentials that a service refuses: loaded anew, and the call sent once more with others. Over real sockets.

use crate::cloud::{EAST, WEST, builder, credentials};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_kms::{Client, error::ProvideErrorMetadata};
use leeward_client_pool::{Identity, Pool, Role};
use leeward_resilience::Plain;
use leeward_testkit::{Aws, Fault, Scope};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tower::ServiceExt;

const HUB: &str = "arn:aws:iam::111122223333:role/hub";
const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";

async fn checking() -> (Aws, Pool) {
    let aws = Aws::builder()
        .with_region(EAST)
        .with_region(WEST)
        .checking_credentials()
        .start()
        .await
        .unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_region(EAST)
        .with_sts_regions([EAST, WEST])
        .build()
        .await
        .unwrap();
    (aws, pool)
}

/// Gives other credentials with each load, and none after so many.
#[derive(Debug)]
struct Numbered(AtomicU64, u64);

impl ProvideCredentials for Numbered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Relaxed) + 1;
        if number > self.1 {
            let error = CredentialsError::provider_error("dark");
            return future::ProvideCredentials::ready(Err(error));
        }
        let id = format!("AKID{number}");
        future::ProvideCredentials::ready(Ok(Credentials::from_keys(id, "hush", None)))
    }
}

fn numbered() -> Identity {
    of_so_many(u64::MAX)
}

fn of_so_many(loads: u64) -> Identity {
    let source = Numbered(AtomicU64::default(), loads);
    Identity::provider(SharedCredentialsProvider::new(source))
}

async fn list(pool: &Pool, identity: impl Into<Identity>, by_target: bool) -> Result<(), String> {
    let asked = pool.client::<Client>().with_identity(identity);
    let answer = if by_target {
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        asked.target().await.unwrap().oneshot(list).await
    } else {
        asked.await.unwrap().list_keys().send().await
    };
    answer
        .map(drop)
        .map_err(|error| error.code().unwrap_or("none").to_owned())
}

#[tokio::test]
async fn a_call_with_revoked_credentials_is_sent_again_with_others() {
    for by_target in [false, true] {
        let (aws, pool) = checking().await;
        let role = Role::new(LEDGER).unwrap();
        list(&pool, role.clone(), by_target).await.unwrap();
        aws.roles().revoke(LEDGER);
        aws.reset_counts();
        list(&pool, role.clone(), by_target).await.unwrap();
        list(&pool, role, by_target).await.unwrap();
        let signers = aws.counts().signers("kms", "ListKeys");
        let sessions = aws.roles().sessions(LEDGER);
        let ids: Vec<_> = sessions.iter().map(|one| &one.access_key_id).collect();
        assert_eq!(ids.len(), 2, "one more AssumeRole");
        let (mut old, mut new) = (signers.get(ids[0]), signers.get(ids[1]));
        if old > new {
            (old, new) = (new, old);
        }
        assert_eq!((old, new), (Some(&1), Some(&2)), "{signers:?}");
        assert_eq!(pool.stats().credentials.invalidations, 1);
    }
}

#[tokio::test]
async fn three_hundred_calls_with_revoked_credentials_cost_one_session() {
    let (aws, pool) = checking().await;
    let kms: Client = pool
        .client()
        .with_role(Role::new(LEDGER).unwrap())
        .await
        .unwrap();
    kms.list_keys().send().await.unwrap();
    aws.roles().revoke(LEDGER);
    let calls: tokio::task::JoinSet<_> = (0..300).map(|_| kms.list_keys().send()).collect();
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    assert_eq!(aws.roles().calls(LEDGER), 2);
    assert_eq!(pool.stats().credentials.invalidations, 1);
}

#[tokio::test]
async fn each_way_of_refusing_is_understood_and_answered_once() {
    for by_target in [false, true] {
        for fault in [
            Fault::expired_token(),
            Fault::unknown_credentials(),
            Fault::error(403, "InvalidClientTokenId", "unknown"),
        ] {
            let (aws, pool) = checking().await;
            let identity = numbered();
            list(&pool, identity.clone(), by_target).await.unwrap();
            aws.reset_counts();
            aws.faults().inject(Scope::any().service("kms"), fault);
            list(&pool, identity.clone(), by_target).await.unwrap_err();
            let signers = aws.counts().signers("kms", "ListKeys");
            let once_each = [("AKID1".to_owned(), 1), ("AKID2".to_owned(), 1)];
            assert_eq!(signers, once_each.into(), "sent again once, and no more");
            // A Region that refuses whatever is new costs no more than one load in a while.
            list(&pool, identity, by_target).await.unwrap_err();
            assert_eq!(aws.counts().calls("kms", "ListKeys"), 3);
            assert_eq!(pool.stats().credentials.invalidations, 1);
        }
    }
}

#[tokio::test]
async fn given_keys_are_refused_once() {
    for by_target in [false, true] {
        let (aws, pool) = checking().await;
        aws.faults()
            .inject(Scope::any().service("kms"), Fault::expired_token());
        let keys = Identity::keys(Credentials::from_keys("AKIDGIVEN", "hush", None));
        let code = list(&pool, keys, by_target).await.unwrap_err();
        assert_eq!(code, "ExpiredTokenException");
        assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
    }
}

#[tokio::test]
async fn another_refusal_drops_nothing_and_is_not_sent_again() {
    let (aws, pool) = checking().await;
    let fault = Fault::error(400, "ValidationException", "ExpiredTokenException");
    aws.faults().inject(Scope::any().service("kms"), fault);
    list(&pool, numbered(), false).await.unwrap_err();
    aws.faults()
        .inject(Scope::any().service("kms"), Fault::access_denied());
    list(&pool, numbered(), true).await.unwrap_err();
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 2);
    assert_eq!(pool.stats().credentials.invalidations, 0);
}

#[tokio::test]
async fn a_target_is_still_silent_about_everything_else() {
    let (aws, pool) = checking().await;
    for fault in [
        Fault::throttling(),
        Fault::error(500, "KMSInternalException", "try again"),
        Fault::refuse(),
    ] {
        aws.reset_counts();
        let rule = aws.faults().inject(Scope::any().service("kms"), fault);
        list(&pool, numbered(), true).await.unwrap_err();
        assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
        rule.clear();
    }
}

#[tokio::test]
async fn a_client_that_is_to_send_once_is_given_its_second_attempt_all_the_same() {
    let (aws, pool) = checking().await;
    let identity = numbered();
    let kms: Client = pool
        .client()
        .with_identity(identity)
        .with_config("once", |config| {
            let once = aws_smithy_types::retry::RetryConfig::standard().with_max_attempts(1);
            config.set_retry_config(Some(once));
        })
        .await
        .unwrap();
    let rule = aws
        .faults()
        .inject(Scope::any().service("kms"), Fault::expired_token());
    kms.list_keys().send().await.unwrap_err();
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 2);
    rule.clear();
    aws.reset_counts();
    let fault = Fault::error(500, "KMSInternalException", "try again");
    aws.faults().inject(Scope::any().service("kms"), fault);
    kms.list_keys().send().await.unwrap_err();
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
}

#[tokio::test]
async fn a_target_that_takes_nothing_along_is_silent_as_well() {
    let (aws, pool) = checking().await;
    for fault in [
        Fault::expired_token(),
        Fault::error(500, "KMSInternalException", "try again"),
    ] {
        aws.reset_counts();
        let rule = aws.faults().inject(Scope::any().service("kms"), fault);
        let bare = pool.client_by("kms", |config| Client::new(config.sdk()));
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        let target = bare.with_identity(numbered()).target().await.unwrap();
        target.oneshot(list).await.unwrap_err();
        assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
        rule.clear();
    }
}

#[tokio::test]
async fn a_role_whose_source_was_revoked_is_assumed_with_another_session_of_it() {
    let (aws, pool) = checking().await;
    let ledger = Role::new(LEDGER)
        .unwrap()
        .assumed_by(Role::new(HUB).unwrap());
    let kms: Client = pool.client().with_role(ledger).await.unwrap();
    aws.roles().revoke(HUB);
    pool.invalidate_role(LEDGER);
    kms.list_keys().send().await.unwrap();
    assert_eq!(aws.roles().calls(HUB), 2);
}

/// A client of a Region that refuses what is good everywhere else, and one of a Region that does not.
async fn not_opted_into_west(aws: &Aws, pool: &Pool, identity: Identity) -> [Client; 2] {
    let not_opted_into = Scope::region(WEST).service("kms");
    aws.faults()
        .inject(not_opted_into, Fault::unknown_credentials());
    let of = |region| {
        let asked = pool.client::<Client>().with_region(region);
        asked.with_identity(identity.clone())
    };
    [of(WEST).await.unwrap(), of(EAST).await.unwrap()]
}

#[tokio::test]
async fn a_region_that_is_not_opted_into_takes_nothing_from_the_others() {
    let (aws, pool) = checking().await;
    let [west, east] = not_opted_into_west(&aws, &pool, of_so_many(1)).await;
    for _ in 0..2 {
        let refused = west.list_keys().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("UnrecognizedClientException"));
        east.list_keys().send().await.unwrap();
    }
    let there = aws.counts().in_region(&EAST);
    let signers = there.signers("kms", "ListKeys");
    assert_eq!(signers, [("AKID1".to_owned(), 2)].into());
    let stats = pool.stats().credentials;
    assert_eq!((stats.failures, stats.invalidations), (1, 1), "{stats:?}");
}

#[tokio::test]
async fn nobody_but_the_refused_call_waits_for_others() {
    let (aws, pool) = checking().await;
    let role = Identity::role(Role::new(LEDGER).unwrap());
    let [west, east] = not_opted_into_west(&aws, &pool, role).await;
    east.list_keys().send().await.unwrap();
    let slow = Fault::black_hole();
    let slow = aws.faults().inject(Scope::any().service("sts"), slow);
    let refused = tokio::runtime::Handle::current().spawn(west.list_keys().send());
    while pool.stats().credentials.invalidations == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        east.list_keys().send().await.unwrap();
    }
    assert!(!refused.is_finished(), "it waits for STS");
    slow.clear();
    let refused = refused.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Some("UnrecognizedClientException"));
    east.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().in_region(&EAST).calls("kms", "ListKeys"), 12);
}
