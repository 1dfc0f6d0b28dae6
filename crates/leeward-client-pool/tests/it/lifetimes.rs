//! How long clients, pools and the pool of the process live.

use crate::{
    clients::until,
    cloud::{EAST, WEST, builder, credentials, regions},
    hand_clock::HandClock,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, future},
};
use aws_sdk_kms::Client;
use aws_smithy_async::time::TimeSource;
use leeward_client_pool::{ClientError, Identity, Pool, Role};
use leeward_error_taxonomy::Region;
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

#[tokio::test]
async fn past_its_bound_the_client_unused_for_longest_makes_room() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_max_clients(3).build().await.unwrap();
    let ask = |region: &'static str| {
        pool.client::<Client>()
            .with_region(Region::from_static(region))
    };
    for region in ["us-east-1", "us-east-2", "us-west-1"] {
        ask(region).await.unwrap();
    }
    ask("us-east-1").await.unwrap();
    ask("us-west-2").await.unwrap();
    let before = pool.stats().clients;
    assert_eq!((before.kept, before.evicted_for_room), (3, 1));
    ask("us-east-1").await.unwrap();
    assert_eq!(
        pool.stats().clients.builds,
        before.builds,
        "used lately, hence kept"
    );
    ask("us-east-2").await.unwrap();
    assert_eq!(pool.stats().clients.builds, before.builds + 1, "forgotten");
}

#[tokio::test]
async fn an_old_client_is_renewed_by_the_side() {
    let clock = HandClock::new();
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let builder = builder(&aws).with_time_source(clock.time_source());
    let pool = builder.build().await.unwrap();
    let ask = || pool.client::<Client>().with_region(EAST);
    ask().await.unwrap();
    clock.advance(Duration::from_secs(54 * 60));
    ask().await.unwrap();
    assert_eq!(pool.stats().clients.builds, 1);
    clock.advance(Duration::from_secs(5 * 60));
    let mut asked = Box::pin(ask().into_future());
    assert!(
        futures_util::poll!(asked.as_mut()).is_ready(),
        "the old one is given at once"
    );
    until(|| pool.stats().clients.builds == 2).await;
    clock.advance(Duration::from_secs(10 * 60));
    ask().await.unwrap();
    assert_eq!(pool.stats().clients.builds, 2, "renewed before its end");
    clock.advance(Duration::from_secs(3 * 60 * 60));
    ask().await.unwrap();
    let stats = pool.stats().clients;
    assert_eq!((stats.builds, stats.evicted_by_age, stats.kept), (3, 1, 1));
}

#[tokio::test]
async fn a_client_of_fixed_credentials_is_kept_until_five_minutes_before_they_expire() {
    let clock = HandClock::new();
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let builder = builder(&aws).with_time_source(clock.time_source());
    let pool = builder.build().await.unwrap();
    let expiry: SystemTime = clock.now() + Duration::from_secs(15 * 60);
    let keys = Credentials::new(
        "ASIAIOSFODNN7EXAMPLE",
        "s",
        Some("t".into()),
        Some(expiry),
        "",
    );
    let ask = || {
        let ask = pool.client::<Client>().with_region(EAST);
        ask.with_identity(Identity::keys(keys.clone()))
    };
    ask().await.unwrap();
    clock.advance(Duration::from_secs(11 * 60));
    ask().await.unwrap();
    assert_eq!(pool.stats().clients.evicted_by_age, 1);
    clock.advance(Duration::from_secs(5 * 60));
    let refused = ask().await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the credentials ASIA****MPLE expired 60s ago: get new ones, or hand in a provider that renews them"
    );
}

/// Gives keys for an hour.
#[derive(Debug)]
struct Lender {
    until: SystemTime,
    _held: Arc<()>,
}

impl ProvideCredentials for Lender {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let keys = Credentials::new("AKIDLENT", "hush", None, Some(self.until), "lender");
        future::ProvideCredentials::ready(Ok(keys))
    }
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_goes_with_the_next_client_that_is_made() {
    let clock = HandClock::new();
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let builder = builder(&aws).with_time_source(clock.time_source());
    let pool = builder.with_region(EAST).build().await.unwrap();
    let lent = || {
        let held = Arc::new(());
        let left = Arc::downgrade(&held);
        let lender = SharedCredentialsProvider::new(Lender {
            until: clock.now() + Duration::from_secs(3600),
            _held: held,
        });
        let ask = pool.client::<Client>();
        (ask.with_identity(Identity::provider(lender)), left)
    };
    let mut kept = Vec::new();
    let mut left = Vec::new();
    for at in 0..10 {
        let (ask, weak) = lent();
        let kms = ask.await.unwrap();
        kms.list_keys().send().await.unwrap();
        left.push(weak);
        kept.extend((at == 0).then_some(kms));
    }
    let held = || left.iter().filter(|weak| weak.strong_count() > 0).count();
    let stats = pool.stats();
    assert_eq!((pool.len(), stats.clients.kept), (10, 10));
    assert_eq!((held(), stats.credentials.kept), (10, 10));

    clock.advance(Duration::from_secs(30 * 60));
    lent().0.await.unwrap();
    assert_eq!((held(), pool.len()), (10, 11), "not over yet");

    clock.advance(Duration::from_secs(31 * 60));
    assert_eq!((pool.len(), pool.is_empty()), (1, false));
    lent().0.await.unwrap();
    assert_eq!(held(), 1, "the one that is in use");
    let stats = pool.stats();
    assert_eq!((stats.clients.kept, stats.clients.evicted_by_age), (2, 10));
    assert_eq!(stats.credentials.kept, 3);

    drop(kept);
    clock.advance(Duration::from_secs(2 * 60 * 60));
    assert!(pool.is_empty());
    lent().0.await.unwrap();
    assert_eq!((held(), pool.stats().credentials.kept), (0, 1));
}

#[tokio::test]
async fn the_sessions_of_roles_that_nobody_has_any_more_are_let_go_of() {
    let clock = HandClock::new();
    let server = clock.clone();
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = aws.with_time(move || server.now()).start().await.unwrap();
    let pool = builder(&aws).with_time_source(clock.time_source());
    let pool = pool.with_credentials(credentials()).with_region(EAST);
    let pool = pool.build().await.unwrap();
    let arn = |at: usize| format!("arn:aws:iam::111122223333:role/tenant-{at}");
    let ask = |at: usize| {
        let role = Role::new(&arn(at)).unwrap();
        pool.client::<Client>().with_role(role)
    };
    for at in 0..10 {
        ask(at).await.unwrap();
    }
    assert_eq!(pool.stats().credentials.kept, 11, "the pool's own as well");
    clock.advance(Duration::from_secs(2 * 60 * 60));
    ask(10).await.unwrap();
    assert_eq!(pool.stats().credentials.kept, 2);
    ask(0).await.unwrap();
    assert_eq!(
        (aws.roles().calls(&arn(0)), aws.roles().calls(&arn(1))),
        (2, 1)
    );
}

#[tokio::test]
async fn clearing_fails_no_call_in_flight() {
    const CALLS: u64 = 100;
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_max_connections_per_host(CALLS as usize);
    let pool = pool.build().await.unwrap();
    // Long enough for all to arrive before the first is answered, on a slow machine too.
    let slow = Fault::latency(Latency::fixed(Duration::from_secs(2)));
    let slow = aws.faults().inject(Scope::region(EAST), slow);
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let calls = (0..CALLS).map(|_| {
        let kms = kms.clone();
        async move { kms.list_keys().send().await }
    });
    let calls: tokio::task::JoinSet<_> = calls.collect();
    let tally = || aws.counts().tally("kms", "ListKeys");
    until(|| tally().unanswered == CALLS).await;
    pool.clear();
    assert!(pool.is_empty());
    assert_eq!(tally().unanswered, CALLS, "all of them are in flight");
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    assert_eq!(
        (tally().calls, tally().ok),
        (CALLS, CALLS),
        "sent once each"
    );
    slow.clear();
    kms.list_keys().send().await.unwrap();
    assert_eq!(pool.stats().clients.cleared, 1);
    pool.client::<Client>().with_region(EAST).await.unwrap();
    assert_eq!(pool.len(), 1);
}

#[tokio::test]
async fn after_its_shutdown_a_pool_says_so() {
    let (_aws, pool) = regions().await;
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    kms.list_keys().send().await.unwrap();
    pool.shutdown().await;
    assert_eq!(pool.stats().connections.open, 0, "closed with it");
    let refused = pool.client::<Client>().with_region(EAST).await.unwrap_err();
    assert!(matches!(refused, ClientError::ShutDown), "{refused}");
    kms.list_keys().send().await.unwrap_err();
}

#[test]
fn nothing_runs_any_more_after_a_shutdown() {
    let server = tokio::runtime::Runtime::new().unwrap();
    // With no tasks but those of the pool.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = aws.with_runtime(server.handle().clone());
    let aws = runtime.block_on(aws.start()).unwrap();
    runtime.block_on(async {
        let pool = builder(&aws).with_credentials(crate::cloud::credentials());
        let pool = pool.with_region(EAST).build().await.unwrap();
        let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
        let kms: Client = pool.client().with_role(role.clone()).await.unwrap();
        kms.list_keys().send().await.unwrap();
        // A session that is being loaded, and a client that waits for it.
        let dark = leeward_testkit::Scope::any().service("sts");
        aws.faults()
            .inject(dark, leeward_testkit::Fault::black_hole());
        let another = role.with_session_name("another");
        let asked = pool.client::<Client>().with_role(another).into_future();
        let metrics = tokio::runtime::Handle::current().metrics();
        assert!(metrics.num_alive_tasks() > 0);
        pool.shutdown().await;
        assert!(matches!(asked.await, Err(ClientError::ShutDown)));
        until(|| metrics.num_alive_tasks() == 0).await;
        assert!(pool.is_empty());
    });
}

#[test]
fn a_pool_whose_runtime_has_ended_says_so() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (aws, pool) = runtime.block_on(regions());
    drop(runtime);
    let other = tokio::runtime::Runtime::new().unwrap();
    let refused = other.block_on(async { pool.client::<Client>().with_region(EAST).await });
    assert!(matches!(refused, Err(ClientError::ShutDown)));
    drop(aws);
}

#[test]
fn the_pool_of_the_process_is_built_once_and_anew_when_its_runtime_has_ended() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (first, second) = (runtime(), runtime());
    let built = Arc::new(AtomicUsize::new(0));
    let ask = || {
        let built = built.clone();
        async move {
            Pool::global_by(|| {
                built.fetch_add(1, Relaxed);
                Pool::builder().with_region(EAST)
            })
            .await
            .unwrap()
        }
    };
    let pool = first.block_on(ask());
    first
        .block_on(pool.client::<Client>().into_future())
        .unwrap();
    second.block_on(ask());
    assert_eq!(built.load(Relaxed), 1, "shared while its runtime lives");
    drop(first);
    let pool = second.block_on(ask());
    assert_eq!(built.load(Relaxed), 2);
    assert!(pool.is_empty());
    assert!(Pool::take_global().is_some() && Pool::take_global().is_none());
    second.block_on(ask());
    assert_eq!(built.load(Relaxed), 3, "cleared, hence built anew");
    Pool::take_global();
}

#[tokio::test]
async fn a_role_that_is_the_pools_own_is_invalidated_with_its_clients() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let arn = "arn:aws:iam::111122223333:role/ledger";
    let keys = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "secret", None);
    let role = Role::new(arn).unwrap().assumed_by(Identity::keys(keys));
    let pool = builder(&aws)
        .with_region(EAST)
        .with_identity(role)
        .build()
        .await
        .unwrap();
    pool.client::<Client>().await.unwrap();
    assert_eq!(
        pool.invalidate_role("arn:aws:iam::111122223333:role/other"),
        0
    );
    assert_eq!(pool.invalidate_role(arn), 1);
    let china = Region::from_static("cn-north-1");
    let refused = pool
        .client::<Client>()
        .with_region(china)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, ClientError::MixedPartitions { .. }),
        "{refused}"
    );
}
