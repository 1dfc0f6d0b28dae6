//! How clients are asked for and made.

use crate::cloud::{EAST, WEST, builder, regions};
use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use leeward_client_pool::{Identity, Role};
use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use std::time::Duration;
use tower::ServiceExt;

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
async fn a_service_goes_to_its_own_endpoint_and_so_does_sts() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let west = aws.endpoint(&WEST);
    let pool = builder(&aws)
        .with_credentials(crate::cloud::credentials())
        .with_region(EAST)
        .with_service_endpoint("KMS", EAST, &west)
        .with_service_endpoint("sts", EAST, &west);
    let pool = pool.build().await.unwrap();
    let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
    let kms: Client = pool.client().with_role(role).await.unwrap();
    kms.list_keys().send().await.unwrap();
    let other = pool.client_by("other", |config| Client::new(config.sdk()));
    other.await.unwrap().list_keys().send().await.unwrap();
    let calls = |region: &Region| {
        let there = aws.counts().in_region(region);
        [("sts", "AssumeRole"), ("kms", "ListKeys")]
            .map(|(service, operation)| there.calls(service, operation))
    };
    assert_eq!((calls(&WEST), calls(&EAST)), ([1, 1], [0, 1]));
}

#[tokio::test]
async fn each_service_that_has_a_feature_is_asked_for_by_its_type() {
    let (_aws, pool) = regions().await;
    macro_rules! made {
        ($($feature:literal $sdk:ident),*) => {$(
            #[cfg(feature = $feature)]
            {
                let ask = pool.client::<$sdk::Client>().with_region(EAST);
                assert_eq!(ask.label(), concat!($feature, ":us-east-1:default"));
                let client: $sdk::Client = ask.await.unwrap();
                let region = client.config().region().unwrap();
                assert_eq!(region.as_ref(), "us-east-1");
            }
        )*};
    }
    made!(
        "cloudformation" aws_sdk_cloudformation,
        "cloudwatch" aws_sdk_cloudwatch,
        "cloudwatchlogs" aws_sdk_cloudwatchlogs,
        "costexplorer" aws_sdk_costexplorer,
        "dynamodb" aws_sdk_dynamodb,
        "eventbridge" aws_sdk_eventbridge,
        "iam" aws_sdk_iam,
        "kms" aws_sdk_kms,
        "lambda" aws_sdk_lambda,
        "s3" aws_sdk_s3,
        "secretsmanager" aws_sdk_secretsmanager,
        "sts" aws_sdk_sts
    );
    assert!(!pool.is_empty());
}
