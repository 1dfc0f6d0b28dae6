//! Clients that know the deadline of the task which calls them, over real sockets and real time.

use crate::cloud::{EAST, WEST, builder, credentials, regions};
use aws_sdk_kms::{Client, error::SdkError};
use leeward_error_taxonomy::Rejected;
use leeward_resilience::{DeadlineLayer, Plain, deadline};
use leeward_testkit::{Aws, Fault, Scope};
use std::{error::Error, time::Duration};
use tokio::{runtime::Handle, time::Instant};
use tower::{Layer, ServiceExt};

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(3_600);

/// Fails instead of hanging when nothing gives up.
async fn in_time<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, future)
        .await
        .expect("gives up by itself")
}

fn is_operation_timeout<E, R>(error: &SdkError<E, R>) -> bool
where
    SdkError<E, R>: Error,
{
    let SdkError::TimeoutError(_) = error else {
        return false;
    };
    let source = error.source().map(ToString::to_string);
    source.is_some_and(|text| text.starts_with("operation timeout"))
}

#[tokio::test]
async fn a_bare_call_into_a_black_hole_gives_up_at_the_deadline() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let call = deadline::until(Instant::now() + SHORT, kms.list_keys().send());
    let error = in_time(call).await.unwrap_err();
    assert!(is_operation_timeout(&error), "{error:?}");
}

#[tokio::test]
async fn the_retries_of_the_sdk_end_at_the_deadline_too() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    // A circuit would end them before.
    let pool = builder(&aws).with_credentials(credentials());
    let pool = pool.without_guard().build().await.unwrap();
    let fault = Fault::error(500, "KMSInternalException", "try again");
    aws.faults()
        .inject(Scope::region(EAST).service("kms"), fault);
    let patient = aws_smithy_types::retry::RetryConfig::standard()
        .with_max_attempts(1_000)
        .with_initial_backoff(SHORT / 5);
    let kms: Client = pool
        .client()
        .with_region(EAST)
        .with_config("patient", move |config| {
            config.set_retry_config(Some(patient.clone()));
        })
        .await
        .unwrap();
    let call = deadline::until(Instant::now() + SHORT, kms.list_keys().send());
    let error = in_time(call).await.unwrap_err();
    assert!(is_operation_timeout(&error), "{error:?}");
    assert!(aws.counts().calls("kms", "ListKeys") >= 1);
}

#[tokio::test]
async fn a_spawned_call_gives_up_if_it_carries_the_deadline() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let call = deadline::until(Instant::now() + SHORT, async {
        let call = async move { kms.list_keys().send().await };
        Handle::current().spawn(deadline::carry(call)).await
    });
    let error = in_time(call).await.unwrap().unwrap_err();
    assert!(is_operation_timeout(&error), "{error:?}");
}

#[tokio::test]
async fn a_call_that_is_begun_too_late_is_not_sent() {
    let (aws, pool) = regions().await;
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let call = deadline::until(Instant::now(), kms.list_keys().send());
    let error = call.await.unwrap_err();
    assert!(
        matches!(error, SdkError::ConstructionFailure(_)),
        "{error:?}"
    );
    let chain = std::iter::successors(error.source(), |error| (*error).source());
    let refused = chain.filter_map(|error| error.downcast_ref()).next();
    assert!(
        matches!(refused, Some(Rejected::DeadlineExceeded { .. })),
        "{error:?}"
    );
    assert_eq!(aws.counts().total().calls, 0);
}

#[tokio::test]
async fn a_call_in_time_is_answered() {
    let (_aws, pool) = regions().await;
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let call = deadline::until(Instant::now() + LONG, kms.list_keys().send());
    in_time(call).await.unwrap();
    kms.list_keys().send().await.unwrap();
}

#[tokio::test]
async fn a_deadline_layer_has_the_first_word() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let list = || Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    for layer in [DeadlineLayer::new(SHORT), DeadlineLayer::per_attempt(SHORT)] {
        let call = layer
            .layer(pool.target::<Client>(EAST).await.unwrap())
            .oneshot(list());
        let error = in_time(call).await.unwrap_err();
        let refused = error.source().and_then(|error| error.downcast_ref());
        assert!(
            matches!(
                refused,
                Some(Rejected::DeadlineExceeded { .. } | Rejected::AttemptTimedOut { .. })
            ),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_shorter_timeout_of_the_client_stays() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let kms: Client = pool
        .client()
        .with_region(EAST)
        .with_operation_timeout(SHORT)
        .await
        .unwrap();
    let call = deadline::until(Instant::now() + LONG, kms.list_keys().send());
    let error = in_time(call).await.unwrap_err();
    assert!(is_operation_timeout(&error), "{error:?}");
}
