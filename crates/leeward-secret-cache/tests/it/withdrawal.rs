//! What is denied, deleted or declared void.

use crate::upstream::{ARN, Answer, Upstream, seconds};
use leeward_secret_cache::{
    Freshness, OnWithdrawal, SecretCache, SecretCacheError, SecretErrorKind, WarmUp,
};
use leeward_testkit::Log;
use std::time::Duration;
use tokio::{
    runtime::{Builder, Handle},
    task::JoinSet,
    time::{Instant, advance, sleep},
};
use tracing::Level;

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_let_go_of_at_once() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Missing);
    advance(seconds(241)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    assert!(cache.stats().withdrawals >= 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_may_be_kept_until_it_is_over() {
    let upstream = Upstream::new();
    let builder = upstream.builder();
    let cache = builder
        .with_on_withdrawal(OnWithdrawal::KeepUntilOver)
        .build()
        .unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Missing);
    advance(seconds(241)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    cache.get("db").await.unwrap();
    advance(seconds(60)).await;
    cache.get("db").await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn what_was_denied_and_kept_does_not_outlast_an_outage() {
    let upstream = Upstream::new();
    let freshness = Freshness::new().with_stale_on_outage(seconds(600));
    let builder = upstream.builder().with_freshness(freshness);
    let cache = builder
        .with_on_withdrawal(OnWithdrawal::KeepUntilOver)
        .build()
        .unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Refused("AccessDeniedException"));
    advance(seconds(241)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    upstream.answers(Answer::Throttled);
    sleep(seconds(30)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(30)).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    // It does again once it may be read.
    upstream.answers(Answer::Version(2));
    sleep(seconds(60)).await;
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    sleep(seconds(400)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn however_often_a_secret_is_declared_void_two_calls_for_it_are_out_at_once() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        cache.invalidate("db");
        callers.spawn({
            let cache = cache.clone();
            async move { cache.get("db").await.map(drop) }
        });
        sleep(Duration::from_millis(1)).await;
    }
    while let Some(met) = callers.join_next().await {
        met.unwrap().unwrap();
    }
    // Each takes 200 ms of the second.
    assert!(upstream.calls() <= 12, "{} calls", upstream.calls());
    cache.get("db").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_declared_void_and_nobody_waits_for_is_called_off() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Silent);
    let cache = upstream.cache();
    for _ in 0..3 {
        assert!(cache.try_get("db").is_none());
        sleep(Duration::from_millis(10)).await;
        cache.invalidate("db");
    }
    upstream.answers(Answer::Version(1));
    let before = Instant::now();
    cache.get("db").await.unwrap();
    assert_eq!(before.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_from_before_an_invalidation_does_not_bring_the_old_value_back() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let before = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("db").await }
    });
    sleep(Duration::from_millis(100)).await;
    assert_eq!(cache.invalidate("db"), 1);
    upstream.answers(Answer::Version(2));
    let after = cache.get("db").await.unwrap();
    assert_eq!(after.version_id(), "version-2");
    // Who asked before gets what there was then.
    assert_eq!(before.await.unwrap().unwrap().version_id(), "version-1");
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_under_another_name() {
    for told in [["db", ARN], [ARN, "db"], [ARN, ARN]] {
        let upstream = Upstream::new();
        let cache = upstream.cache();
        let by_arn = cache.handle(ARN);
        let before = Handle::current().spawn({
            let cache = cache.clone();
            async move { cache.get("db").await }
        });
        sleep(Duration::from_millis(100)).await;
        upstream.answers(Answer::Version(2));
        for id in told {
            cache.invalidate(id);
        }
        // Who asked before gets what there was then.
        assert_eq!(before.await.unwrap().unwrap().version_id(), "version-1");
        assert!(cache.try_get("db").is_none() && by_arn.try_get().is_none());
        sleep(seconds(1)).await;
        for found in [cache.try_get("db"), by_arn.try_get()] {
            assert_eq!(found.unwrap().version_id(), "version-2");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_from_before_does_not_let_go_of_what_was_fetched_later() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Missing);
    let cache = upstream.cache();
    upstream.takes(seconds(2));
    let before = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("db").await }
    });
    sleep(seconds(1)).await;
    // It is made now.
    upstream.answers(Answer::Version(1));
    upstream.takes(Duration::from_millis(200));
    cache.get(ARN).await.unwrap();
    let at_once = WarmUp::of_ids(["db"]).with_start_within(Duration::ZERO);
    assert!(cache.warm_up(at_once).await.unwrap().is_complete());
    let error = before.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    for id in ["db", ARN] {
        assert!(cache.try_get(id).is_some(), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cleared_is_fetched_anew_and_what_was_shut_down_is_not() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    cache.clear();
    assert_eq!(cache.stats().secrets, 0);
    cache.get("db").await.unwrap();
    assert_eq!(upstream.calls(), 2);
    cache.shutdown().await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.to_string(), "secret db: the cache was shut down");
    // Nor is anything kept of who asks afterwards.
    cache.handle("other").refresh_now().await.unwrap_err();
    assert!(cache.subscribe("another").changed().await.is_none());
    assert_eq!((cache.stats().secrets, cache.invalidate("another")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_while_it_is_shut_down_is_told_and_nobody_is_warned() {
    let (log, _guard) = Log::begin();
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let waiting = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("db").await }
    });
    sleep(Duration::from_millis(100)).await;
    cache.shutdown().await;
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Ended);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.outages, stats.failures), (1, 0, 0));
    assert!(log.take(Level::WARN).is_empty());
}

#[test]
fn a_runtime_that_keeps_no_time_is_refused() {
    let runtime = |builder: &mut Builder| builder.build().unwrap();
    let build = || SecretCache::builder(Upstream::new()).build().map(drop);
    let timeless = runtime(&mut Builder::new_current_thread());
    let refused = timeless.block_on(async { build() }).unwrap_err();
    assert_eq!(refused, SecretCacheError::NoTimer);
    assert!(refused.to_string().contains("enable_time"));
    let timed = runtime(Builder::new_current_thread().enable_time());
    timed.block_on(async { build() }).unwrap();
    assert_eq!(build().unwrap_err(), SecretCacheError::NoRuntime);
}
