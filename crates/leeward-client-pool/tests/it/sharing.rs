//! What clients share: connections, credentials, and who retries.

use crate::cloud::{EAST, WEST, builder, regions};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_kms::Client;
use leeward_client_pool::Target;
use leeward_error_taxonomy::{Category, Classify, Stage};
use leeward_resilience::Plain;
use leeward_testkit::{Aws, Fault, Scope};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tower::{Service, ServiceExt};

#[tokio::test]
async fn clients_share_connections() {
    let (aws, pool) = regions().await;
    for region in [&EAST, &WEST] {
        for _ in 0..3 {
            pool.client::<Client>()
                .with_region(region.clone())
                .await
                .unwrap()
                .list_keys()
                .send()
                .await
                .unwrap();
            let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
            pool.target::<Client>(region.clone())
                .await
                .unwrap()
                .oneshot(list)
                .await
                .unwrap();
            let own: Client = pool
                .client_by("kms", |config| Client::new(config.sdk()))
                .with_region(region.clone())
                .await
                .unwrap();
            own.list_keys().send().await.unwrap();
        }
    }
    assert_eq!(aws.counts().opened_connections(), 2, "one for each Region");
    let stats = pool.stats();
    assert_eq!((stats.connections.opened, stats.connections.failed), (2, 0));
    assert_eq!(
        stats.clients.kept, 6,
        "one for each Region, answer to who retries and way to make it"
    );
}

#[tokio::test]
async fn only_a_client_that_is_called_bare_retries() {
    let (aws, pool) = regions().await;
    let fault = Fault::error(500, "KMSInternalException", "try again");
    aws.faults()
        .inject(Scope::region(EAST).service("kms"), fault);
    pool.client::<Client>()
        .with_region(EAST)
        .await
        .unwrap()
        .list_keys()
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        aws.counts().calls("kms", "ListKeys"),
        3,
        "the SDK's three attempts"
    );
    aws.reset_counts();
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    pool.target::<Client>(EAST)
        .await
        .unwrap()
        .oneshot(list)
        .await
        .unwrap_err();
    assert_eq!(
        aws.counts().calls("kms", "ListKeys"),
        1,
        "the layers above decide"
    );
}

#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl ProvideCredentials for Counted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Relaxed);
        future::ProvideCredentials::ready(Ok(Credentials::from_keys("AKIDEXAMPLE", "secret", None)))
    }
}

#[tokio::test]
async fn credentials_are_loaded_once_for_all_clients() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let provider = SharedCredentialsProvider::new(Counted(loads.clone()));
    let pool = builder(&aws)
        .with_credentials(provider)
        .build()
        .await
        .unwrap();
    for region in [&EAST, &WEST] {
        pool.client::<Client>()
            .with_region(region.clone())
            .await
            .unwrap()
            .list_keys()
            .send()
            .await
            .unwrap();
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        pool.target::<Client>(region.clone())
            .await
            .unwrap()
            .oneshot(list)
            .await
            .unwrap();
    }
    assert_eq!(loads.load(Relaxed), 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let (aws, pool) = regions().await;
    let rule = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    let mut target: Target<Client> = pool.target(EAST).await.unwrap();
    let call = target.call(list.clone());
    tokio::time::timeout(Duration::from_millis(100), call)
        .await
        .unwrap_err();
    rule.clear();
    pool.target::<Client>(EAST)
        .await
        .unwrap()
        .oneshot(list)
        .await
        .unwrap();
    assert_eq!(
        pool.stats().connections.opened,
        2,
        "the silent connection was not used again"
    );
}

#[tokio::test]
async fn the_maker_makes_a_target_for_any_region() {
    let (aws, pool) = regions().await;
    let mut maker = pool.maker::<Client>();
    let target = maker.ready().await.unwrap().call(WEST).await.unwrap();
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    target.oneshot(list).await.unwrap();
    assert_eq!(aws.counts().in_region(&WEST).calls("kms", "ListKeys"), 1);
}

/// Takes longer than any one caller waits for it.
#[derive(Debug)]
struct Slow(Arc<AtomicUsize>);

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Relaxed);
        future::ProvideCredentials::new(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(Credentials::from_keys("AKIDEXAMPLE", "secret", None))
        })
    }
}

#[tokio::test]
async fn credentials_that_take_longer_than_an_attempt_are_loaded_all_the_same() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let provider = SharedCredentialsProvider::new(Slow(loads.clone()));
    let pool = builder(&aws)
        .with_credentials(provider)
        .build()
        .await
        .unwrap();
    let target = pool.target::<Client>(EAST).await.unwrap();
    let attempt = || {
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        tokio::time::timeout(Duration::from_millis(200), target.clone().oneshot(list))
    };
    attempt().await.unwrap_err();
    attempt()
        .await
        .expect("joins the load that the first one began")
        .unwrap();
    assert_eq!(loads.load(Relaxed), 1);
}

#[derive(Debug)]
struct Failing(Arc<AtomicUsize>);

impl ProvideCredentials for Failing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Relaxed);
        future::ProvideCredentials::ready(Err(CredentialsError::invalid_configuration(
            "no such profile",
        )))
    }
}

#[tokio::test]
async fn a_failed_load_keeps_its_kind_and_is_tried_again() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let provider = SharedCredentialsProvider::new(Failing(loads.clone()));
    let pool = builder(&aws)
        .with_credentials(provider)
        .build()
        .await
        .unwrap();
    for expected in [1, 2] {
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        let error = pool
            .target::<Client>(EAST)
            .await
            .unwrap()
            .oneshot(list)
            .await
            .unwrap_err();
        let facts = error.facts();
        assert_eq!(
            (facts.stage, facts.category),
            (Stage::NotSent, Category::Configuration)
        );
        assert_eq!(loads.load(Relaxed), expected);
    }
    assert_eq!(aws.counts().total().calls, 0);
}
