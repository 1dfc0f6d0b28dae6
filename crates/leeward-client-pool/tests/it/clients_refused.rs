//! Clients that cannot be had: what is told of it, and for how long.

use crate::{
    clients::until,
    cloud::{EAST, WEST, builder, regions},
    hand_clock::HandClock,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{AwsClient, ClientConfig, ClientError, Identity, Pool, Role};
use leeward_error_taxonomy::{AwsError, Category, Classify, Rejected, Stage};
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
    let Rejected::Unavailable { source, .. } = &refused else {
        panic!("{refused:?}")
    };
    assert!(source.downcast_ref::<ClientError>().is_some());
    assert!(refused.is_free_to_fail_over());
}

#[tokio::test]
async fn a_making_without_end_is_given_up_and_nothing_is_stuck() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_making_timeout(Duration::from_millis(50))
        .with_negative_entry(Duration::ZERO);
    let pool = pool.build().await.unwrap();
    let gate = Gate::new(false);
    let ask = || {
        let ask = pool.client::<Client>().with_region(EAST);
        ask.with_role(role_behind(&gate))
    };
    let refused = ask().await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no client after 50ms: look at where the credentials come from"
    );
    assert_eq!((pool.len(), pool.stats().clients.build_failures), (0, 1));
    let error = AwsError::from(refused);
    assert_eq!(error.stage(), Stage::NotSent);
    ask().await.unwrap_err();
    assert_eq!(pool.stats().clients.build_failures, 2, "tried anew");
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

/// Panics when it is made.
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
    assert_eq!(error.host(), Some(nobody.to_string().as_str()));
    let begin = "kms.ListKeys: Connection refused (os error 111)";
    assert!(
        told.starts_with(&format!("{begin} (3 attempts, us-east-1, {nobody})")),
        "{told}"
    );
    let refused = ask().with_endpoint(nobody.to_string()).await.unwrap_err();
    assert!(matches!(refused, ClientError::Endpoint { .. }), "{refused}");
    assert_eq!(aws.counts().total().calls, 0);
}

#[tokio::test]
async fn a_bound_of_zero_is_refused_with_its_name() {
    let zero = Duration::ZERO;
    for (builder, setting) in [
        (Pool::builder().with_max_clients(0), "the bound of clients"),
        (
            Pool::builder().with_max_identities(0),
            "the bound of identities",
        ),
        (
            Pool::builder().with_time_to_live(zero),
            "the time to live of clients",
        ),
        (
            Pool::builder().with_making_timeout(zero),
            "the time to make a client",
        ),
        (
            Pool::builder().with_sts_timeout(zero),
            "the time for an answer of STS",
        ),
    ] {
        let error = builder.build().await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{setting} is zero, and nothing could ever be done: set it to 1 or more")
        );
    }
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

#[tokio::test]
async fn keys_that_have_expired_are_told_with_how_long_ago() {
    let clock = HandClock::new();
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = crate::cloud::builder(&aws)
        .with_time_source(clock.time_source())
        .build()
        .await
        .unwrap();
    let now = aws_smithy_async::time::TimeSource::now(&clock);
    let expiry = now - Duration::from_secs(90);
    let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "hush", None, Some(expiry), "given");
    let asked = pool.client::<Client>().with_region(EAST);
    let error = asked.with_identity(Identity::keys(keys)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the credentials AKIA****MPLE expired 90s ago: get new ones, or hand in a provider that renews them"
    );
    assert_eq!(error.facts().category, Category::Authentication);
}
