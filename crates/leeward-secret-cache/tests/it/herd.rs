//! Many who want one secret at once, and those who go away.

use crate::upstream::{Answer, Upstream};
use leeward_secret_cache::SecretErrorKind;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, advance, timeout},
};

const UPSTREAM: Duration = Duration::from_millis(200);

#[tokio::test(start_paused = true)]
async fn a_thousand_who_ask_for_what_is_not_there_make_one_call() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let cache = cache.clone();
        callers.spawn(async move { cache.get("db").await.unwrap().version_id().to_owned() });
    }
    let versions = callers.join_all().await;
    assert!(versions.iter().all(|version| version == "version-1"));
    assert_eq!(upstream.calls(), 1);
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.joins, stats.hits), (1, 999, 0));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_ask_for_what_is_over_make_one_call() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    advance(Duration::from_secs(301)).await;
    upstream.answers(Answer::Version(2));
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let cache = cache.clone();
        callers.spawn(async move { cache.get("db").await.unwrap().version_id().to_owned() });
    }
    let versions = callers.join_all().await;
    assert!(versions.iter().all(|version| version == "version-2"));
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn callers_that_give_up_do_not_end_the_fetch() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let start = Instant::now();
    let mut tries = 0;
    while timeout(Duration::from_millis(50), cache.get("db"))
        .await
        .is_err()
    {
        tries += 1;
    }
    assert!(tries >= 3);
    assert!(start.elapsed() < UPSTREAM + Duration::from_millis(50));
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_one_failure_and_the_next_are_refused_at_once() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Missing);
    let cache = upstream.cache();
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let cache = cache.clone();
        callers.spawn(async move { cache.get("db").await.unwrap_err().kind() });
    }
    let kinds = callers.join_all().await;
    assert!(kinds.iter().all(|kind| *kind == SecretErrorKind::NotFound));
    assert_eq!(upstream.calls(), 1);
    let before = Instant::now();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    assert_eq!((upstream.calls(), cache.stats().refusals), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_wedges_nothing() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Panic);
    let cache = upstream.cache();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Ended);
    upstream.answers(Answer::Version(1));
    advance(Duration::from_secs(1)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
}

#[tokio::test(start_paused = true)]
async fn a_silent_upstream_is_given_up_on() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Silent);
    let cache = upstream.cache();
    let start = Instant::now();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert_eq!(error.to_string(), "secret db: no answer within 10s");
}

#[tokio::test(start_paused = true)]
async fn more_secrets_than_may_be_fetched_at_once_wait_for_their_turn() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for nth in 0..60 {
        let cache = cache.clone();
        callers.spawn(async move { cache.get(&format!("db-{nth}")).await.unwrap() });
    }
    callers.join_all().await;
    // Twenty at a time.
    assert_eq!(start.elapsed(), 3 * UPSTREAM);
}

#[test]
fn a_cache_that_outlives_its_runtime_refuses_and_does_not_hang() {
    let upstream = Upstream::new();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let first = runtime();
    let cache = first.block_on(async { upstream.cache() });
    let there = first.block_on(cache.get("db")).unwrap();
    drop(first);
    // From memory, on a thread without a runtime.
    assert_eq!(cache.try_get("db").unwrap(), there);
    assert!(cache.try_get("other").is_none());
    let error = runtime().block_on(cache.get("other")).unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Ended);
}
