//! How a pool is set up, and what it says when that is not possible.

use crate::cloud::{EAST, builder, credentials};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, PoolError};
use leeward_testkit::Aws;
use std::error::Error;

#[tokio::test]
async fn a_cap_of_zero_is_refused() {
    let built = Pool::builder()
        .with_max_connections_per_host(0)
        .build()
        .await;
    let error = built.unwrap_err();
    assert!(matches!(error, PoolError::Connections { .. }));
    assert!(
        error
            .to_string()
            .starts_with("connections cannot be set up")
    );
    assert!(error.source().is_some());
}

#[tokio::test]
async fn no_more_connections_are_opened_than_the_cap_allows() {
    let aws = Aws::start(&[EAST, crate::cloud::WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_max_connections_per_host(2);
    let pool = pool.build().await.unwrap();
    let calls = (0..20).map(|_| {
        let kms: Client = pool.client(&EAST);
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
        pool.target::<Client>(&EAST)
    );
    assert!(!text.contains(leeward_testkit::SECRET_ACCESS_KEY), "{text}");
}

#[tokio::test]
async fn building_opens_no_connection() {
    let pool = Pool::builder().build().await.unwrap();
    let stats = pool.stats();
    assert_eq!(
        (stats.connections_opened, stats.connections_failed),
        (0, 0),
        "the metadata service was asked"
    );
}
