//! Fetches that somebody asked for.

use super::vault::Vault;
use crate::is_one;
use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::SecretErrorKind;
use std::time::Duration;
use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{Instant, advance, sleep, timeout},
};

#[tokio::test(start_paused = true)]
async fn a_thousand_at_once_make_one_call() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    advance(seconds(2)).await;
    upstream.answers(Answer::Version(2));
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let cache = cache.clone();
        callers.spawn(async move { cache.refresh_now("db").await.unwrap() });
    }
    let secrets = callers.join_all().await;
    assert!(secrets.iter().all(|it| it.version_id() == "version-2"));
    assert!(secrets.iter().all(|it| is_one(it, &secrets[0])));
    assert_eq!(upstream.calls(), 2);
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_from_long_before_the_call_is_not_taken_for_it() {
    let upstream = Upstream::new();
    upstream.takes(seconds(5));
    let cache = upstream.cache();
    assert!(cache.try_get("db").is_none());
    sleep(seconds(2)).await;
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let cache = cache.clone();
        callers.spawn(async move { cache.refresh_now("db").await.unwrap() });
    }
    sleep(seconds(1)).await;
    upstream.answers(Answer::Version(2));
    let secrets = callers.join_all().await;
    assert!(secrets.iter().all(|it| it.version_id() == "version-2"));
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn within_a_second_it_gives_at_once_what_the_last_fetch_brought() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let handle = cache.handle("db");
    handle.refresh_now().await.unwrap();
    upstream.answers(Answer::Version(2));
    sleep(Duration::from_millis(700)).await;
    let before = Instant::now();
    let secret = handle.refresh_now().await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!((secret.version_id(), upstream.calls()), ("version-1", 1));
    sleep(Duration::from_millis(100)).await;
    let secret = handle.refresh_now().await.unwrap();
    assert_eq!((secret.version_id(), upstream.calls()), ("version-2", 2));
}

#[tokio::test(start_paused = true)]
async fn how_often_is_up_to_the_caller() {
    let upstream = Upstream::new();
    let builder = upstream.builder();
    let cache = builder
        .with_min_refresh_interval(Duration::ZERO)
        .build()
        .unwrap();
    for calls in 1..=3 {
        cache.refresh_now("db").await.unwrap();
        assert_eq!(upstream.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_the_old_value_is_served() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    advance(seconds(2)).await;
    upstream.answers(Answer::Throttled);
    for calls in [2, 2] {
        let error = cache.refresh_now("db").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::Unavailable);
        assert_eq!(upstream.calls(), calls);
    }
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
    // It is asked for once a second however long the pauses between refreshes have grown.
    upstream.answers(Answer::Version(2));
    sleep(seconds(1)).await;
    let secret = cache.refresh_now("db").await.unwrap();
    assert_eq!(secret.version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_does_not_end_the_fetch() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    advance(seconds(2)).await;
    upstream.answers(Answer::Version(2));
    let given_up = timeout(Duration::from_millis(50), cache.refresh_now("db")).await;
    assert!(given_up.is_err());
    sleep(Duration::from_millis(200)).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-2");
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_declared_void_does_not_serve_for_it() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    // Within the second, yet of what is void.
    cache.invalidate("db");
    upstream.answers(Answer::Version(2));
    let secret = cache.refresh_now("db").await.unwrap();
    assert_eq!((secret.version_id(), upstream.calls()), ("version-2", 2));
    cache.clear();
    upstream.answers(Answer::Version(3));
    let secret = cache.refresh_now("db").await.unwrap();
    assert_eq!((secret.version_id(), upstream.calls()), ("version-3", 3));
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_is_cleared_or_shut_down_meanwhile_leaves_nobody_waiting() {
    let vault = Vault::new();
    let cache = vault.cache();
    let waiting = |cache: &leeward_secret_cache::SecretCache| {
        let cache = cache.clone();
        Handle::current().spawn(async move { cache.refresh_now("db").await })
    };
    let first = waiting(&cache);
    sleep(Duration::from_millis(10)).await;
    cache.clear();
    assert!(first.await.unwrap().is_ok());
    // What was fetched before it was cleared is not there.
    assert!(cache.try_get("db").is_none());
    sleep(seconds(2)).await;
    let second = waiting(&cache);
    sleep(Duration::from_millis(10)).await;
    cache.shutdown().await;
    let error = second.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Ended);
    let error = cache.refresh_now("db").await.unwrap_err();
    assert_eq!(error.to_string(), "secret db: the cache was shut down");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_have_changed_meanwhile_does_not_serve_for_it() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    assert!(cache.try_get("db").is_none());
    sleep(Duration::from_millis(100)).await;
    upstream.answers(Answer::Version(2));
    cache.invalidate_arn("db");
    // Within the second, yet it calls from before.
    let secret = cache.refresh_now("db").await.unwrap();
    assert_eq!((secret.version_id(), upstream.calls()), ("version-2", 2));
}
