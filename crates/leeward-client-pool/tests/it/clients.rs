//! How clients are asked for and made.

use crate::{
    cloud::{EAST, WEST, builder, regions},
    hand_clock::HandClock,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{AwsClient, ClientConfig, ClientError, Identity, Role};
use leeward_error_taxonomy::{AwsError, Category, Rejected, Stage};
use leeward_testkit::Aws;
use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt};

/// Waits until `is_so`; a test that never gets there is ended by its runner.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
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
async fn no_change_of_the_configuration_makes_a_target_retry() {
    let (aws, pool) = regions().await;
    use leeward_testkit::{Fault, Scope};
    let fault = Fault::error(500, "KMSInternalException", "try again");
    aws.faults().inject(Scope::region(EAST), fault);
    let target = pool
        .client::<Client>()
        .with_region(EAST)
        .with_config("ten", |config| {
            let retries = aws_smithy_types::retry::RetryConfig::standard();
            config.set_retry_config(Some(retries.with_max_attempts(10)));
            config.set_region(aws_types::region::Region::from_static("us-west-2"));
        })
        .target()
        .await
        .unwrap();
    let list =
        leeward_resilience::Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    target.oneshot(list).await.unwrap_err();
    assert_eq!(aws.counts().in_region(&EAST).calls("kms", "ListKeys"), 1);
}

#[tokio::test]
async fn a_panic_in_a_change_is_told_as_one() {
    let (_aws, pool) = regions().await;
    let ask = pool.client::<Client>().with_region(EAST);
    let refused = ask
        .with_config("bug", |_| panic!("a bug"))
        .await
        .unwrap_err();
    assert!(matches!(refused, ClientError::Recipe { .. }), "{refused}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_at_is_told_with_what_to_look_at() {
    let (aws, pool) = regions().await;
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let ask = || pool.client::<Client>().with_region(EAST);
    let kms = ask().with_endpoint(format!("http://{nobody}")).await;
    let error = AwsError::from(kms.unwrap().list_keys().send().await.unwrap_err());
    assert_eq!(error.category(), Category::Network);
    let told = format!("{error}; {}", error.advice());
    assert!(
        told.contains("Connection refused") && told.contains("a security group"),
        "{told}"
    );
    let refused = ask().with_endpoint(nobody.to_string()).await.unwrap_err();
    assert!(matches!(refused, ClientError::Endpoint { .. }), "{refused}");
    assert_eq!(aws.counts().total().calls, 0);
}

#[tokio::test]
async fn a_timeout_of_zero_is_refused() {
    let (_aws, pool) = regions().await;
    let ask = pool.client::<Client>().with_region(EAST);
    let refused = ask
        .with_operation_timeout(Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the operation timeout is zero, and no call could ever be made: give it time, or leave it out"
    );
}
