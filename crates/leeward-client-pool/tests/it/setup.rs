//! How a pool is set up, and what it says when that is not possible.

use crate::cloud::{EAST, builder, credentials};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, PoolError};
use leeward_testkit::Aws;

#[tokio::test]
async fn a_cap_of_zero_is_refused() {
    let built = Pool::builder()
        .with_max_connections_per_host(0)
        .build()
        .await;
    let error = built.unwrap_err();
    assert!(matches!(error, PoolError::Zero { .. }));
    assert_eq!(
        error.to_string(),
        "the bound of connections per host is zero, and nothing could ever be done: set it to 1 or more"
    );
}

#[tokio::test]
async fn no_more_connections_are_opened_than_the_cap_allows() {
    let aws = Aws::start(&[EAST, crate::cloud::WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_max_connections_per_host(2);
    let pool = pool.build().await.unwrap();
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let calls = (0..20).map(|_| {
        let kms = kms.clone();
        async move { kms.list_keys().send().await.unwrap() }
    });
    let tasks: tokio::task::JoinSet<_> = calls.collect();
    assert_eq!(tasks.join_all().await.len(), 20);
    assert!(aws.counts().opened_connections() <= 2);
}

#[tokio::test]
async fn nothing_prints_the_credentials() {
    let aws = Aws::start(&[EAST, crate::cloud::WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .build()
        .await
        .unwrap();
    let text = format!(
        "{pool:?} {:?} {:?}",
        pool.maker::<Client>(),
        pool.target::<Client>(EAST).await.unwrap()
    );
    assert!(!text.contains(leeward_testkit::SECRET_ACCESS_KEY), "{text}");
}

#[tokio::test]
async fn building_opens_no_connection() {
    let pool = Pool::builder().build().await.unwrap();
    let stats = pool.stats();
    assert_eq!(
        (stats.connections.opened, stats.connections.failed),
        (0, 0),
        "the metadata service was asked"
    );
}

#[test]
fn a_pool_is_used_from_another_runtime_while_its_own_runs() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let (home, other) = (runtime(), runtime());
    let (aws, pool) = home.block_on(crate::cloud::regions());
    for runtime in [&home, &other] {
        runtime.block_on(async {
            let kms: Client = pool.client().with_region(EAST).await.unwrap();
            kms.list_keys().send().await.unwrap()
        });
    }
    assert_eq!(aws.counts().opened_connections(), 1);
    drop(aws);
}

#[test]
fn a_pool_needs_a_runtime_to_live_on() {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };
    let built = pin!(Pool::builder().build()).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = built else {
        panic!("waits for nothing")
    };
    assert!(matches!(error, PoolError::NoRuntime));
}

#[tokio::test]
async fn a_silent_service_is_given_up_even_by_a_bare_client() {
    use leeward_testkit::{Fault, Scope};
    let aws = Aws::start(&[EAST, crate::cloud::WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_read_timeout(std::time::Duration::from_millis(50));
    let pool = pool.build().await.unwrap();
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    assert!(matches!(
        kms.list_keys().send().await.unwrap_err(),
        aws_sdk_kms::error::SdkError::DispatchFailure(_)
    ));
}

/// Runs in a process of its own, since the environment belongs to all tests of one.
#[test]
fn the_endpoint_that_was_given_wins_over_the_environment() {
    const CHILD: &str = "LEEWARD_TEST_ENDPOINT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (aws, pool) = crate::cloud::regions().await;
            pool.client::<Client>()
                .with_region(EAST)
                .await
                .unwrap()
                .list_keys()
                .send()
                .await
                .unwrap();
            assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
        });
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "setup::the_endpoint_that_was_given_wins_over_the_environment",
        ])
        .env(CHILD, "1")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
}
