//! How clients are made, kept, renewed and forgotten.

use crate::{
    cloud::{EAST, WEST, builder, regions},
    hand_clock::HandClock,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_kms::Client;
use aws_smithy_async::time::TimeSource;
use leeward_client_pool::{AwsClient, ClientConfig, ClientError, Identity, Pool, Role};
use leeward_error_taxonomy::{AwsError, Category, Region, Rejected, Stage};
use leeward_testkit::Aws;
use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt};

/// Waits until `is_so`; a test that never gets there is ended by its runner.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_client_is_made_once_for_all_who_ask_at_once() {
    let (_aws, pool) = regions().await;
    let asks = (0..100).map(|_| {
        let pool = pool.clone();
        async move { pool.client::<Client>().with_region(EAST).await.map(drop) }
    });
    let asks: tokio::task::JoinSet<_> = asks.collect();
    for asked in asks.join_all().await {
        asked.unwrap();
    }
    let stats = pool.stats().clients;
    assert_eq!((stats.kept, stats.builds), (1, 1));
    assert_eq!(stats.hits + stats.joins, 99);
    assert_eq!(pool.len(), 1);
}

#[tokio::test]
async fn each_wish_is_a_client_of_its_own() {
    let (_aws, pool) = regions().await;
    let ask = || pool.client::<Client>();
    ask().with_region(EAST).await.unwrap();
    ask().with_region(WEST).await.unwrap();
    let long = Duration::from_secs(90);
    ask()
        .with_region(EAST)
        .with_operation_timeout(long)
        .await
        .unwrap();
    ask()
        .with_region(EAST)
        .with_attempt_timeout(long)
        .await
        .unwrap();
    ask()
        .with_region(EAST)
        .with_endpoint("http://localhost:1")
        .await
        .unwrap();
    ask().with_region(EAST).with_fips(false).await.unwrap();
    ask()
        .with_region(EAST)
        .with_dual_stack(false)
        .await
        .unwrap();
    ask().with_region(EAST).target().await.unwrap();
    let keys = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "secret", None);
    ask()
        .with_region(EAST)
        .with_identity(Identity::keys(keys))
        .await
        .unwrap();
    ask()
        .with_region(EAST)
        .with_config("a", |_| {})
        .await
        .unwrap();
    ask()
        .with_region(EAST)
        .with_config("b", |_| {})
        .await
        .unwrap();
    assert_eq!(pool.len(), 11);
    ask()
        .with_region(EAST)
        .with_config("b", |_| {})
        .await
        .unwrap();
    ask()
        .with_region(EAST)
        .with_operation_timeout(long)
        .await
        .unwrap();
    assert_eq!((pool.len(), pool.stats().clients.hits), (11, 2));
}

#[tokio::test]
async fn the_change_of_a_configuration_takes_effect() {
    let (aws, pool) = regions().await;
    let west = aws.endpoint(&WEST);
    let kms: Client = pool
        .client()
        .with_region(EAST)
        .with_config(("endpoint", &west), {
            let west = west.clone();
            move |config| {
                config.set_endpoint_url(Some(west.clone()));
            }
        })
        .await
        .unwrap();
    kms.list_keys().send().await.unwrap();
    let sent = aws.counts();
    assert_eq!(sent.in_region(&WEST).calls("kms", "ListKeys"), 1);
    let kms: Client = pool
        .client()
        .with_region(EAST)
        .with_endpoint(west)
        .await
        .unwrap();
    kms.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().in_region(&WEST).calls("kms", "ListKeys"), 2);
}

#[tokio::test]
async fn a_label_is_for_logs() {
    let (_aws, pool) = regions().await;
    let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
    let ask = pool.client::<Client>().with_region(EAST).with_role(role);
    assert_eq!(
        ask.label(),
        "kms:us-east-1:arn:aws:iam::111122223333:role/x"
    );
}

/// Gives credentials when it is let, or fails.
#[derive(Clone, Debug)]
struct Gate {
    open: Arc<Semaphore>,
    loads: Arc<AtomicUsize>,
    fails: bool,
}

impl Gate {
    fn new(fails: bool) -> Self {
        Self {
            open: Arc::new(Semaphore::new(0)),
            loads: Arc::default(),
            fails,
        }
    }
}

impl ProvideCredentials for Gate {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.loads.fetch_add(1, Relaxed);
            self.open.acquire().await.unwrap().forget();
            if self.fails {
                Err(CredentialsError::provider_error("no such luck"))
            } else {
                Ok(Credentials::from_keys(
                    "AKIAIOSFODNN7EXAMPLE",
                    "secret",
                    None,
                ))
            }
        })
    }
}

/// A role that the gate's credentials would assume: they are loaded when the client is made.
fn role_behind(gate: &Gate) -> Role {
    let provider = SharedCredentialsProvider::new(gate.clone());
    Role::new("arn:aws:iam::111122223333:role/ledger")
        .unwrap()
        .assumed_by(Identity::provider(provider))
}

#[tokio::test]
async fn a_dropped_ask_leaves_no_stuck_key() {
    let (_aws, pool) = regions().await;
    let gate = Gate::new(true);
    let role = role_behind(&gate);
    let ask = || {
        let ask = pool.client::<Client>().with_region(EAST);
        ask.with_role(role.clone()).into_future()
    };
    let mut first = Box::pin(ask());
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    until(|| gate.loads.load(Relaxed) > 0).await;
    drop(first);
    let second = ask();
    gate.open.add_permits(100);
    let refused = second.await.unwrap_err();
    assert!(
        matches!(refused, ClientError::Credentials { .. }),
        "{refused}"
    );
    assert_eq!(pool.len(), 0);
    assert_eq!(
        pool.stats().clients.build_failures,
        1,
        "one flight for both"
    );
}

#[tokio::test]
async fn a_failure_is_kept_for_a_moment_and_no_longer() {
    let clock = HandClock::new();
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_time_source(clock.time_source())
        .with_negative_entry(Duration::from_secs(5))
        .build()
        .await
        .unwrap();
    let gate = Gate::new(true);
    gate.open.add_permits(1_000);
    let role = role_behind(&gate);
    let ask = || {
        pool.client::<Client>()
            .with_region(EAST)
            .with_role(role.clone())
    };
    ask().await.unwrap_err();
    let loads = gate.loads.load(Relaxed);
    let refused = ask().await.unwrap_err();
    assert_eq!(gate.loads.load(Relaxed), loads, "the same answer, unasked");
    assert_eq!(pool.stats().clients.refusals, 1);
    let error = AwsError::from(refused);
    assert_eq!(
        (error.stage(), error.category()),
        (Stage::NotSent, Category::Authentication)
    );
    clock.advance(Duration::from_secs(5));
    ask().await.unwrap_err();
    assert!(gate.loads.load(Relaxed) > loads, "asked anew");
}

#[tokio::test]
async fn a_maker_refuses_where_there_is_no_client() {
    let (_aws, pool) = regions().await;
    let gate = Gate::new(true);
    gate.open.add_permits(1_000);
    let mut maker = pool
        .client::<Client>()
        .with_role(role_behind(&gate))
        .maker();
    let refused = maker.ready().await.unwrap().call(EAST).await.unwrap_err();
    let Rejected::Unavailable { source } = &refused else {
        panic!("{refused:?}")
    };
    assert!(source.downcast_ref::<ClientError>().is_some());
    assert!(refused.is_free_to_fail_over());
}

#[tokio::test]
async fn no_region_is_told_at_once() {
    // In a process of its own, since the environment belongs to all tests of one.
    if crate::child::is_child() {
        let pool = Pool::builder().build().await.unwrap();
        let refused = pool.client::<Client>().await.unwrap_err();
        assert!(matches!(refused, ClientError::NoRegion));
        let error = AwsError::from(refused);
        assert!(error.advice().to_string().contains("AWS_REGION"), "{error}");
        assert_eq!(
            pool.stats().connections.opened + pool.stats().connections.failed,
            0
        );
        return;
    }
    let none = [
        ("AWS_CONFIG_FILE", "/none"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
    ];
    crate::child::run("clients::no_region_is_told_at_once", &none);
}

#[tokio::test]
async fn the_environment_names_the_region_and_the_profile_its_own() {
    if crate::child::is_child() {
        let pool = Pool::builder().build().await.unwrap();
        let region = pool.client::<Client>().target().await.unwrap();
        assert_eq!(region.region().as_str(), "eu-central-1");
        let ask = pool.client::<Client>().with_profile("far");
        let region = ask.target().await.unwrap();
        assert_eq!(region.region().as_str(), "ap-southeast-2");
        let refused = pool
            .client::<Client>()
            .with_profile("fra")
            .await
            .unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("\"fra\"") && text.contains("far"), "{text}");
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let profile = "[profile far]\nregion = ap-southeast-2\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n";
    std::fs::write(&config, profile).unwrap();
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
    ];
    crate::child::run(
        "clients::the_environment_names_the_region_and_the_profile_its_own",
        &variables,
    );
}

#[tokio::test]
async fn an_empty_region_is_refused() {
    if crate::child::is_child() {
        let error = Pool::builder().build().await.unwrap_err().to_string();
        assert!(error.contains("US EAST"), "{error}");
        return;
    }
    let variables = [("AWS_REGION", "US EAST")];
    crate::child::run("clients::an_empty_region_is_refused", &variables);
}

#[tokio::test]
async fn partitions_are_not_mixed() {
    let (_aws, pool) = regions().await;
    let role = Role::new("arn:aws-cn:iam::111122223333:role/x").unwrap();
    let ask = pool.client::<Client>().with_region(EAST).with_role(role);
    let refused = ask.await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "arn:aws-cn:iam::111122223333:role/x is of the partition aws-cn, us-east-1 of aws: no credentials are good in both"
    );
}

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

#[tokio::test]
async fn clearing_fails_no_call_in_flight() {
    let (aws, pool) = regions().await;
    use leeward_testkit::{Fault, Latency, Scope};
    let slow = Fault::latency(Latency::fixed(Duration::from_millis(200)));
    aws.faults().inject(Scope::region(EAST), slow);
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let calls = (0..100).map(|_| {
        let kms = kms.clone();
        async move { kms.list_keys().send().await }
    });
    let calls: tokio::task::JoinSet<_> = calls.collect();
    until(|| pool.stats().connections.opened > 0).await;
    pool.clear();
    assert!(pool.is_empty());
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    kms.list_keys().send().await.unwrap();
    assert_eq!(pool.stats().clients.cleared, 1);
    pool.client::<Client>().with_region(EAST).await.unwrap();
    assert_eq!(pool.len(), 1);
}

/// Counts how often it is made; panics if it is told to.
#[derive(Clone)]
struct Panicking;

impl AwsClient for Panicking {
    const SERVICE: &'static str = "panic";

    fn from_config(_: &ClientConfig) -> Self {
        panic!("a bug in somebody's client")
    }
}

#[tokio::test]
async fn a_panic_in_the_making_is_told_and_nothing_is_stuck() {
    let (_aws, pool) = regions().await;
    let refused = pool.client::<Panicking>().with_region(EAST).await;
    let refused = refused.err().unwrap().to_string();
    assert!(
        refused.starts_with("the code that makes clients of panic panicked"),
        "{refused}"
    );
    pool.client::<Client>().with_region(EAST).await.unwrap();
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
