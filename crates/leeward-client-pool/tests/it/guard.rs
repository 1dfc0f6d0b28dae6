//! The guard inside plain clients.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    http_layers::WAYS,
    wire::{Wire, until},
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_kms::{Client, error::SdkError, operation::list_keys::ListKeysError};
use leeward_client_pool::{GuardConfig, GuardStats, Pool, PoolBuilder, Target};
use leeward_error_taxonomy::{AwsError, Category, Classify, Region, Rejected, Stage};
use leeward_resilience::{CircuitConfig, CircuitState, Plain, Rate, RateLimitConfig, deadline};
use leeward_testkit::{Aws, Fault, Scope};
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};
use tower::ServiceExt;

const SHORT: Duration = Duration::from_millis(50);

async fn guarded(change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_credentials(credentials());
    let pool = change(pool).build().await.unwrap();
    (aws, pool)
}

async fn kms(pool: &Pool, region: Region) -> Client {
    pool.client().with_region(region).await.unwrap()
}

fn state(pool: &Pool, region: &Region) -> CircuitState {
    pool.guard().unwrap().circuit("kms", region).state()
}

fn stats(pool: &Pool) -> GuardStats {
    pool.stats().guard.unwrap()
}

#[track_caller]
fn is_refused_by_the_circuit(error: &SdkError<ListKeysError>) {
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
fn after_two() -> CircuitConfig {
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
async fn an_answer_that_blames_the_request_opens_nothing() {
    let guard = GuardConfig::new().with_circuit(after_two());
    let (_aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    let east = kms(&pool, EAST).await;
    for _ in 0..10 {
        east.describe_key()
            .key_id("nobody")
            .send()
            .await
            .unwrap_err();
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    assert_eq!(stats(&pool).failed, 10);
}

#[tokio::test]
async fn an_attempt_that_had_all_its_time_is_a_failure() {
    for way in WAYS {
        let guard = GuardConfig::new().with_circuit(after_two());
        let (aws, pool) = guarded(|pool| {
            way(pool)
                .with_attempts(1)
                .with_guard(guard)
                .with_attempt_timeout(SHORT * 4)
        })
        .await;
        aws.faults()
            .inject(Scope::region(EAST), Fault::black_hole());
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            assert!(matches!(
                east.list_keys().send().await,
                Err(SdkError::TimeoutError(_))
            ));
        }
        is_refused_by_the_circuit(&east.list_keys().send().await.unwrap_err());
        assert_eq!((stats(&pool).failed, stats(&pool).dropped), (2, 0));
    }
}

/// A provider of credentials that never answers.
#[derive(Debug)]
struct Hanging;

impl ProvideCredentials for Hanging {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test]
async fn time_that_credentials_take_is_no_evidence_against_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two().with_slow(Duration::from_millis(1)));
    let (aws, pool) = guarded(|pool| {
        pool.with_attempts(1)
            .with_guard(guard)
            .with_attempt_timeout(SHORT)
            .with_credentials(SharedCredentialsProvider::new(Hanging))
    })
    .await;
    let hanging = kms(&pool, EAST).await;
    for _ in 0..10 {
        let error = hanging.list_keys().send().await.unwrap_err();
        assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    }
    for _ in 0..2 {
        timeout(SHORT / 2, hanging.list_keys().send())
            .await
            .unwrap_err();
    }
    let circuit = pool.guard().unwrap().circuit("kms", &EAST).snapshot();
    assert_eq!(
        (circuit.state, circuit.calls, circuit.failures),
        (CircuitState::Closed, 0, 0)
    );
    assert_eq!(aws.counts().total().calls, 0);
    let stats = stats(&pool);
    assert_eq!((stats.admitted, stats.failed, stats.dropped), (0, 10, 2));
}

#[tokio::test]
async fn a_call_that_its_deadline_cuts_short_says_nothing_of_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two().with_slow(Duration::from_secs(60)));
    let (aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let east = kms(&pool, EAST).await;
    for _ in 0..4 {
        let end = Instant::now() + SHORT;
        deadline::until(end, east.list_keys().send())
            .await
            .unwrap_err();
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    assert_eq!((stats(&pool).failed, stats(&pool).dropped), (0, 4));
}

#[tokio::test]
async fn a_dropped_call_gives_its_place_back_and_counts_when_it_was_under_way_for_long() {
    let cases = [
        (Duration::from_secs(60), CircuitState::Closed),
        (SHORT / 2, CircuitState::Open),
    ];
    for ((slow, expected), way) in cases
        .into_iter()
        .flat_map(|case| WAYS.map(|way| (case, way)))
    {
        let guard = GuardConfig::new().with_circuit(after_two().with_slow(slow));
        let (aws, pool) = guarded(|pool| way(pool).with_guard(guard)).await;
        aws.faults()
            .inject(Scope::region(EAST), Fault::black_hole());
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            timeout(SHORT, east.list_keys().send()).await.unwrap_err();
        }
        let circuit = pool.guard().unwrap().circuit("kms", &EAST);
        assert_eq!(
            (circuit.state(), circuit.snapshot().in_flight),
            (expected, 0)
        );
        assert_eq!((stats(&pool).dropped, stats(&pool).failed), (2, 0));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_one_failure() {
    for way in WAYS {
        let wire = Wire::tearing_bodies().await;
        let pool = Pool::builder()
            .without_proxy()
            .with_endpoint(EAST, wire.url())
            .with_credentials(credentials())
            .with_attempts(1);
        let pool = way(pool).build().await.unwrap();
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            east.list_keys().send().await.unwrap_err();
        }
        let circuit = pool.guard().unwrap().circuit("kms", &EAST).snapshot();
        assert_eq!((circuit.calls, circuit.failures), (2, 2));
    }
}

#[tokio::test]
async fn throttling_slows_the_rate_and_is_no_evidence_against_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two());
    let (aws, pool) = guarded(|pool| pool.with_attempts(1).with_guard(guard)).await;
    let east = kms(&pool, EAST).await;
    for _ in 0..10 {
        east.list_keys().send().await.unwrap();
    }
    let rate = pool.guard().unwrap().rate_limiter("kms", &EAST).unwrap();
    assert_eq!(rate.throttled_rate(), None);
    let throttled = aws
        .faults()
        .inject(Scope::region(EAST), Fault::throttling());
    for _ in 0..3 {
        // The rate may refuse one of them by then.
        east.list_keys().send().await.unwrap_err();
    }
    throttled.clear();
    assert!(rate.throttled_rate().is_some());
    assert!(stats(&pool).throttled >= 1);
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    let other = pool.guard().unwrap().rate_limiter("kms", &WEST).unwrap();
    assert_eq!(other.throttled_rate(), None);
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
