//! The guard inside plain clients.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    http_layers::WAYS,
    wire::until,
};
use aws_sdk_kms::{Client, error::SdkError, operation::list_keys::ListKeysError};
use leeward_client_pool::{GuardConfig, GuardStats, Pool, PoolBuilder, Target};
use leeward_error_taxonomy::{AwsError, Category, Classify, Region, Rejected, Stage};
use leeward_resilience::{CircuitConfig, CircuitState, Plain, Rate, RateLimitConfig};
use leeward_testkit::{Aws, Fault, Scope};
use std::{num::NonZeroUsize, time::Duration};
use tokio::task::JoinSet;
use tower::ServiceExt;

pub(crate) const SHORT: Duration = Duration::from_millis(50);

pub(crate) async fn guarded(change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_credentials(credentials());
    let pool = change(pool).build().await.unwrap();
    (aws, pool)
}

pub(crate) async fn kms(pool: &Pool, region: Region) -> Client {
    pool.client().with_region(region).await.unwrap()
}

pub(crate) fn state(pool: &Pool, region: &Region) -> CircuitState {
    pool.guard().unwrap().circuit("kms", region).state()
}

pub(crate) fn stats(pool: &Pool) -> GuardStats {
    pool.stats().guard.unwrap()
}

#[track_caller]
pub(crate) fn is_refused_by_the_circuit(error: &SdkError<ListKeysError>) {
    let facts = error.facts();
    assert!(
        matches!(facts.rejected, Some(Rejected::CircuitOpen { .. })),
        "{error:?}"
    );
    assert_eq!(
        (facts.stage, facts.category),
        (Stage::NotSent, Category::Rejected)
    );
}

/// A circuit that opens after two failures, and has no other reason to.
pub(crate) fn after_two() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_slow_rate(leeward_resilience::Ratio::percent(60), 0)
}

#[tokio::test]
async fn attempts_that_fail_open_the_circuit_of_their_region_by_default() {
    for way in WAYS {
        let (aws, pool) = guarded(|pool| way(pool).with_attempts(1)).await;
        let fault = Fault::error(500, "KMSInternalException", "of the test");
        aws.faults().inject(Scope::region(EAST), fault);
        let east = kms(&pool, EAST).await;
        for _ in 0..5 {
            assert!(
                east.list_keys()
                    .send()
                    .await
                    .unwrap_err()
                    .as_service_error()
                    .is_some()
            );
        }
        assert_eq!(state(&pool, &EAST), CircuitState::Open);
        let error = east.list_keys().send().await.unwrap_err();
        is_refused_by_the_circuit(&error);
        assert!(matches!(error, SdkError::DispatchFailure(_)));
        let told = AwsError::new(error);
        assert_eq!(told.category(), Category::Rejected);
        assert_eq!(
            aws.counts().calls("kms", "ListKeys"),
            5,
            "the sixth was not sent"
        );
        assert_eq!(state(&pool, &WEST), CircuitState::Closed);
        kms(&pool, WEST).await.list_keys().send().await.unwrap();
        let stats = stats(&pool);
        assert_eq!((stats.admitted, stats.refused_by_circuit), (6, 1));
        assert_eq!((stats.succeeded, stats.failed), (1, 5));
    }
}

#[tokio::test]
async fn a_refusal_is_sent_neither_once_nor_again() {
    for way in WAYS {
        let (aws, pool) = guarded(|pool| way(pool).with_attempts(10)).await;
        pool.guard().unwrap().circuit("kms", &EAST).force_open();
        let error = kms(&pool, EAST).await.list_keys().send().await.unwrap_err();
        is_refused_by_the_circuit(&error);
        assert_eq!(
            (aws.counts().total().calls, stats(&pool).refused_by_circuit),
            (0, 1)
        );
        pool.guard().unwrap().circuit("kms", &EAST).reset();
        kms(&pool, EAST).await.list_keys().send().await.unwrap();
    }
}

#[tokio::test]
async fn the_retries_of_the_sdk_end_when_the_circuit_opens() {
    let guard = GuardConfig::new().with_circuit(after_two());
    let (aws, pool) = guarded(|pool| pool.with_attempts(10).with_guard(guard)).await;
    let fault = Fault::error(500, "KMSInternalException", "of the test");
    aws.faults().inject(Scope::region(EAST), fault);
    let quick = aws_smithy_types::retry::RetryConfig::standard()
        .with_max_attempts(10)
        .with_initial_backoff(Duration::from_millis(1));
    let east: Client = pool
        .client()
        .with_region(EAST)
        .with_config("quick", move |config| {
            config.set_retry_config(Some(quick.clone()));
        })
        .await
        .unwrap();
    is_refused_by_the_circuit(&east.list_keys().send().await.unwrap_err());
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 2);
}

#[tokio::test]
async fn an_open_circuit_lets_a_probe_through_and_closes_on_its_success() {
    let circuit = after_two().with_rest(Duration::from_millis(1));
    let guard = GuardConfig::new().with_circuit(circuit);
    let (aws, pool) = guarded(|pool| pool.with_attempts(1).with_guard(guard)).await;
    let fault = Fault::error(500, "KMSInternalException", "of the test");
    let outage = aws.faults().inject(Scope::region(EAST), fault);
    let east = kms(&pool, EAST).await;
    for _ in 0..2 {
        east.list_keys().send().await.unwrap_err();
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Open);
    outage.clear();
    for _ in 0..3_000 {
        if east.list_keys().send().await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
}

#[tokio::test]
async fn a_service_that_names_a_wait_is_left_alone_for_so_long() {
    let rate = RateLimitConfig::adaptive().with_max_wait(Duration::ZERO);
    let guard = GuardConfig::new().with_rate_limit(rate);
    let (aws, pool) = guarded(|pool| pool.with_attempts(1).with_guard(guard)).await;
    let fault = Fault::throttling().with_amz_retry_after(Duration::from_secs(15));
    let throttled = aws.faults().inject(Scope::region(EAST), fault);
    let east = kms(&pool, EAST).await;
    east.list_keys().send().await.unwrap_err();
    throttled.clear();
    let error = east.list_keys().send().await.unwrap_err();
    let facts = error.facts();
    assert!(
        matches!(facts.rejected, Some(Rejected::LimiterFull)),
        "{error:?}"
    );
    assert_eq!(facts.stage, Stage::NotSent);
    assert_eq!(aws.counts().total().calls, 1);
    assert_eq!(stats(&pool).refused_by_rate, 1);
}

#[tokio::test]
async fn calls_wait_for_a_fixed_rate_together() {
    let rate = RateLimitConfig::fixed(Rate::per_second(100).with_burst(1));
    let guard = GuardConfig::new().with_rate_limit(rate);
    let (aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    let rate = pool.guard().unwrap().rate_limiter("kms", &EAST).unwrap();
    let mut calls = JoinSet::new();
    for attempts in [2, 3] {
        // Two clients, one rate.
        let east: Client = pool
            .client()
            .with_region(EAST)
            .with_config(attempts, |_| {})
            .await
            .unwrap();
        for _ in 0..5 {
            let east = east.clone();
            calls.spawn(async move { east.list_keys().send().await.unwrap() });
        }
    }
    until(|| rate.waiting() > 0).await;
    assert_eq!(calls.join_all().await.len(), 10);
    assert_eq!(aws.counts().total().calls, 10);
    assert_eq!(stats(&pool).refused_by_rate, 0);
}

#[tokio::test]
async fn targets_have_no_guard_since_their_layers_are_one() {
    let (_aws, pool) = guarded(|pool| pool).await;
    pool.guard().unwrap().circuit("kms", &EAST).force_open();
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    target.oneshot(list).await.unwrap();
    assert_eq!(stats(&pool), GuardStats::default());
}

#[tokio::test]
async fn a_pool_without_a_guard_sends_whatever_happens() {
    let (aws, pool) = guarded(|pool| pool.without_guard().with_attempts(1)).await;
    assert!(pool.guard().is_none() && pool.stats().guard.is_none());
    let fault = Fault::error(500, "KMSInternalException", "of the test");
    aws.faults().inject(Scope::region(EAST), fault);
    let east = kms(&pool, EAST).await;
    for _ in 0..20 {
        east.list_keys().send().await.unwrap_err();
    }
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 20);
}

#[tokio::test]
async fn a_client_with_an_endpoint_of_its_own_has_a_circuit_of_its_own() {
    let (aws, pool) = guarded(|pool| pool).await;
    pool.guard().unwrap().circuit("kms", &EAST).force_open();
    let own: Client = pool
        .client()
        .with_region(EAST)
        .with_endpoint(aws.endpoint(&WEST))
        .await
        .unwrap();
    own.list_keys().send().await.unwrap();
    let circuits = pool.guard().unwrap().circuits();
    let names: Vec<_> = circuits.iter().map(|(key, _)| key.to_string()).collect();
    let at = format!("kms in us-east-1 at {}", aws.endpoint(&WEST));
    assert_eq!(names, ["kms in us-east-1", &*at]);
}

#[tokio::test]
async fn circuits_are_kept_up_to_a_bound() {
    let guard = GuardConfig::new().with_max_keys(NonZeroUsize::MIN);
    let (_aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    for region in [EAST, WEST] {
        kms(&pool, region).await.list_keys().send().await.unwrap();
    }
    let circuits = pool.guard().unwrap().circuits();
    assert_eq!(circuits.len(), 1);
    assert_eq!(circuits[0].0.region, WEST);
}

#[test]
fn the_environment_switches_it_off() {
    if crate::child::is_child() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_aws, pool) = guarded(|pool| pool).await;
            pool.guard().unwrap().circuit("kms", &EAST).force_open();
            let rate = pool.guard().unwrap().rate_limiter("kms", &EAST).unwrap();
            rate.pause(Duration::from_secs(15));
            kms(&pool, EAST).await.list_keys().send().await.unwrap();
        });
        return;
    }
    let off = [
        ("LEEWARD_CIRCUIT_BREAKER", "off"),
        ("LEEWARD_RATE_LIMIT", "off"),
    ];
    crate::child::run("guard::the_environment_switches_it_off", &off);
}
