//! Calls that are not as their clients are: signed only, sent elsewhere, with less time, held up by layers of the user's own.

use crate::{
    cloud::{EAST, WEST},
    guard::{SHORT, after_two, guarded, kms, state, stats},
};
use aws_sdk_kms::{config::Builder, error::SdkError};
use leeward_client_pool::{GuardConfig, HttpService};
use leeward_error_taxonomy::{AwsError, Classify, Rejected};
use leeward_resilience::CircuitState;
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};
use tower::{Service, ServiceExt, layer::layer_fn, service_fn};

#[cfg(feature = "s3")]
#[tokio::test]
async fn a_url_is_signed_whatever_the_circuit_says() {
    use aws_sdk_s3::presigning::PresigningConfig;
    let (_aws, pool) = guarded(|pool| pool).await;
    let s3: aws_sdk_s3::Client = pool.client().with_region(EAST).await.unwrap();
    pool.guard().unwrap().circuit("s3", &EAST).force_open();
    let for_a_minute = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let upload = s3.put_object().bucket("ledger").key("2026");
    let upload = upload.presigned(for_a_minute).await.unwrap();
    assert!(upload.uri().contains("X-Amz-Signature"));
    let stats = stats(&pool);
    assert_eq!((stats.refused_by_circuit, stats.dropped), (0, 0));
}

#[tokio::test]
async fn a_call_to_another_region_than_its_clients_is_none_of_this_ones_circuit() {
    let (aws, pool) = guarded(|pool| pool).await;
    let east = kms(&pool, EAST).await;
    pool.guard().unwrap().circuit("kms", &EAST).force_open();
    let west = || {
        let region = aws_types::region::Region::from_static("us-west-2");
        Builder::new()
            .region(region)
            .endpoint_url(aws.endpoint(&WEST))
    };
    let call = east.list_keys().customize().config_override(west());
    call.send().await.unwrap();
    aws.faults()
        .inject(Scope::region(WEST), Fault::access_denied());
    let call = east.list_keys().customize().config_override(west());
    let error = AwsError::from(call.send().await.unwrap_err());
    assert_eq!(error.region(), Some(&WEST), "{error}");
}

#[tokio::test]
async fn a_call_in_a_hurry_leaves_the_line_in_time_too() {
    let (aws, pool) = guarded(|pool| pool.with_max_connections_per_host(1)).await;
    let east = kms(&pool, EAST).await;
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut first = JoinSet::new();
    first.spawn(east.list_keys().send());
    crate::wire::until(|| aws.counts().total().calls == 1).await;
    let timeouts = aws_sdk_kms::config::timeout::TimeoutConfig::builder();
    let timeouts = timeouts.operation_attempt_timeout(SHORT * 4).build();
    let hurried = Builder::new().timeout_config(timeouts);
    let call = east.list_keys().customize().config_override(hurried);
    let error = call.send().await.unwrap_err();
    assert!(
        matches!(error.facts().rejected, Some(Rejected::LimiterFull)),
        "{error:?}"
    );
}

#[tokio::test]
async fn time_in_a_layer_of_the_users_own_is_no_evidence_against_the_service() {
    let slow = layer_fn(|inner: HttpService| {
        service_fn(move |request| {
            let mut inner = inner.clone();
            async move {
                sleep(Duration::from_secs(60)).await;
                inner.ready().await?.call(request).await
            }
        })
    });
    let guard = GuardConfig::new().with_circuit(after_two());
    let (aws, pool) = guarded(|pool| {
        pool.with_attempts(1)
            .with_guard(guard)
            .with_attempt_timeout(SHORT)
            .with_http_layer(slow)
    })
    .await;
    let east = kms(&pool, EAST).await;
    for _ in 0..5 {
        let error = east.list_keys().send().await.unwrap_err();
        assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    assert_eq!(aws.counts().total().calls, 0);
}
