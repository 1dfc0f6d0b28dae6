//! The line before the connections to a host.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    http_layers::WAYS,
    wire::{Wire, until},
};
use aws_sdk_kms::Client;
use aws_smithy_async::{
    rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep},
    time::{SharedTimeSource, TimeSource},
};
use leeward_client_pool::{HostStats, Pool, PoolBuilder};
use leeward_error_taxonomy::{AwsError, Category, Classify, Rejected, Stage};
use leeward_resilience::deadline;
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::time::{Duration, SystemTime};
use tokio::{task::JoinSet, time::Instant};

async fn one_connection(change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> (Aws, Pool, Client) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_max_connections_per_host(1);
    let pool = change(pool).build().await.unwrap();
    let kms = pool.client().with_region(EAST).await.unwrap();
    (aws, pool, kms)
}

fn east(pool: &Pool) -> HostStats {
    let [host] = &*pool.stats().connections.hosts else {
        panic!("one Region is called")
    };
    host.clone()
}

#[tokio::test]
async fn a_wait_for_a_connection_is_no_read_timeout_and_no_retry() {
    let (aws, pool, kms) =
        one_connection(|pool| pool.with_read_timeout(Duration::from_millis(400))).await;
    let slow = Latency::fixed(Duration::from_millis(150));
    aws.faults().inject(Scope::any(), Fault::latency(slow));
    let mut calls = JoinSet::new();
    for _ in 0..6 {
        let kms = kms.clone();
        calls.spawn(async move { kms.list_keys().send().await.unwrap() });
    }
    assert_eq!(calls.join_all().await.len(), 6, "the last waits for 750 ms");
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 6);
    assert_eq!(aws.counts().opened_connections(), 1);
    let host = east(&pool);
    assert_eq!((host.opened, host.reused, host.refused), (1, 5, 0));
}

#[tokio::test]
async fn a_call_that_finds_the_line_full_is_refused_unsent_and_not_tried_again() {
    for way in WAYS {
        let (aws, pool, kms) = one_connection(|pool| way(pool).with_max_waiting_per_host(1)).await;
        aws.faults().inject(Scope::any(), Fault::black_hole());
        let mut calls = JoinSet::new();
        for _ in 0..2 {
            let kms = kms.clone();
            calls.spawn(async move { kms.list_keys().send().await });
        }
        until(|| {
            pool.stats()
                .connections
                .hosts
                .iter()
                .any(|host| host.pending == 1)
        })
        .await;
        until(|| aws.counts().total().calls == 1).await;
        let error = kms.list_keys().send().await.unwrap_err();
        let facts = error.facts();
        assert_eq!(
            (facts.stage, facts.category),
            (Stage::NotSent, Category::Rejected)
        );
        assert!(matches!(facts.rejected, Some(Rejected::LimiterFull)));
        assert_eq!(east(&pool).refused, 1, "the SDK did not try again");
        assert_eq!(AwsError::new(error).category(), Category::Rejected);
        assert_eq!(aws.counts().total().calls, 1);
    }
}

#[tokio::test]
async fn a_wait_that_takes_too_long_is_refused_unsent() {
    let (aws, pool, kms) =
        one_connection(|pool| pool.with_max_connection_wait(Duration::from_millis(50))).await;
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut calls = JoinSet::new();
    let first = kms.clone();
    calls.spawn(async move { first.list_keys().send().await });
    until(|| aws.counts().total().calls == 1).await;
    let error = kms.list_keys().send().await.unwrap_err();
    assert!(matches!(
        error.facts().rejected,
        Some(Rejected::LimiterFull)
    ));
    assert_eq!(error.facts().stage, Stage::NotSent);
    assert_eq!(east(&pool).refused, 1);
    assert_eq!(east(&pool).pending, 0);
}

#[tokio::test]
async fn a_client_in_a_hurry_leaves_the_line_before_the_sdk_takes_the_wait_for_silence() {
    let (aws, pool, kms) = one_connection(|pool| pool).await;
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut calls = JoinSet::new();
    calls.spawn(async move { kms.list_keys().send().await });
    until(|| aws.counts().total().calls == 1).await;
    let hurried: Client = pool
        .client()
        .with_region(EAST)
        .with_attempt_timeout(Duration::from_millis(200))
        .await
        .unwrap();
    let error = hurried.list_keys().send().await.unwrap_err();
    assert!(
        matches!(error.facts().rejected, Some(Rejected::LimiterFull)),
        "{error:?}"
    );
    assert_eq!(east(&pool).refused, 1, "one attempt");
}

#[tokio::test]
async fn a_call_whose_deadline_ends_in_the_line_says_that_it_was_not_sent() {
    let (aws, pool, kms) = one_connection(|pool| pool).await;
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut calls = JoinSet::new();
    let first = kms.clone();
    calls.spawn(async move { first.list_keys().send().await });
    until(|| aws.counts().total().calls == 1).await;
    let end = Instant::now() + Duration::from_millis(100);
    let error = deadline::until(end, kms.list_keys().send())
        .await
        .unwrap_err();
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.category),
        (Stage::NotSent, Category::Timeout)
    );
    assert!(
        matches!(facts.rejected, Some(Rejected::DeadlineExceeded { .. })),
        "{error:?}"
    );
    assert_eq!((east(&pool).refused, aws.counts().total().calls), (1, 1));
}

async fn over(wire: &Wire, way: fn(PoolBuilder) -> PoolBuilder) -> (Pool, Client) {
    let pool = Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, wire.url())
        .with_credentials(credentials())
        .with_max_connections_per_host(1);
    let pool = way(pool).build().await.unwrap();
    let kms = pool.client().with_region(EAST).await.unwrap();
    (pool, kms)
}

#[tokio::test]
async fn a_place_is_free_when_the_body_has_ended_and_not_when_it_begins() {
    for way in WAYS {
        let wire = Wire::holding_bodies().await;
        let (pool, kms) = over(&wire, way).await;
        let mut calls = JoinSet::new();
        for _ in 0..2 {
            let kms = kms.clone();
            calls.spawn(async move { kms.list_keys().send().await.unwrap() });
        }
        wire.requests(1).await;
        // The answer has begun, and the other call still waits.
        until(|| pool.stats().http.successes == 1).await;
        assert_eq!((east(&pool).pending, pool.stats().http.in_flight), (1, 1));
        assert_eq!(wire.heads().len(), 1);
        wire.let_bodies(1);
        wire.requests(2).await;
        wire.let_bodies(1);
        assert_eq!(calls.join_all().await.len(), 2);
        assert_eq!(pool.stats().http.in_flight, 0);
        assert_eq!(east(&pool).opened, 1);
    }
}

#[tokio::test]
async fn a_place_is_free_when_its_call_is_dropped_half_way() {
    for way in WAYS {
        let wire = Wire::holding_bodies().await;
        let (pool, kms) = over(&wire, way).await;
        let mut calls = JoinSet::new();
        let first = kms.clone();
        let dropped = calls.spawn(async move { first.list_keys().send().await });
        until(|| pool.stats().http.successes == 1).await;
        dropped.abort();
        wire.let_bodies(2);
        kms.list_keys().send().await.unwrap();
        assert_eq!(pool.stats().http.in_flight, 0);
    }
}

/// Runs a hundred times as fast as real time.
#[derive(Clone, Copy, Debug)]
struct Fast(Instant);

const SPEED: u32 = 100;

impl TimeSource for Fast {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_219_200) + self.0.elapsed() * SPEED
    }
}

impl AsyncSleep for Fast {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration / SPEED))
    }
}

#[tokio::test]
async fn a_request_that_stands_in_line_is_no_stalled_upload() {
    let wire = Wire::holding_bodies().await;
    let clock = Fast(Instant::now());
    let pool = Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, wire.url())
        .with_credentials(credentials())
        .with_max_connections_per_host(1)
        .with_max_connection_wait(Duration::from_secs(300))
        .with_time_source(SharedTimeSource::new(clock))
        .with_sleep(SharedAsyncSleep::new(clock))
        .with_connect_timeout(Duration::from_secs(1_000))
        .with_read_timeout(None)
        .with_attempt_timeout(None)
        .with_operation_timeout(None)
        .with_attempts(1);
    let pool = pool.build().await.unwrap();
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..2 {
        let kms = kms.clone();
        calls.spawn(async move { kms.list_keys().send().await.unwrap() });
    }
    until(|| pool.stats().http.successes == 1).await;
    let begun = Instant::now();
    // The SDK gives an upload up that has stood still for six seconds.
    until(|| begun.elapsed() * SPEED > Duration::from_secs(15)).await;
    wire.let_bodies(2);
    assert_eq!(calls.join_all().await.len(), 2);
    assert_eq!(pool.stats().http.attempts, 2);
}
