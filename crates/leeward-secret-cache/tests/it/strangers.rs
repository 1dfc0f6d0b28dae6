//! Names that strangers make up, faster than they can be asked for.

use crate::upstream::{Answer, Upstream, seconds};
use leeward_error_taxonomy::Rejected;
use leeward_secret_cache::{SecretCache, SecretError, SecretErrorKind};
use leeward_testkit::Log;
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    task::JoinSet,
    time::{advance, sleep},
};
use tracing::Level;

/// Asks for so many names, each in a task of its own; says what each met.
fn ask(cache: &SecretCache, count: usize) -> JoinSet<Result<(), SecretError>> {
    let mut callers = JoinSet::new();
    for nth in 0..count {
        let cache = cache.clone();
        callers.spawn(async move { cache.get(&format!("made-up-{nth}")).await.map(drop) });
    }
    callers
}

fn loud(log: &Log) -> usize {
    log.take(Level::WARN).len()
}

#[tokio::test(start_paused = true)]
async fn beyond_a_thousand_in_line_who_asks_for_what_is_not_there_is_refused_at_once() {
    let (log, _guard) = Log::begin();
    let upstream = Upstream::new();
    upstream.takes(Duration::from_millis(100));
    upstream.answers(Answer::Missing);
    let cache = upstream.cache();
    let outcomes = ask(&cache, 1_200).join_all().await;
    let errors = outcomes.into_iter().map(Result::unwrap_err);
    let (missing, refused): (Vec<_>, Vec<_>) =
        errors.partition(|error| error.kind() == SecretErrorKind::NotFound);
    assert_eq!((missing.len(), refused.len()), (1_000, 200));
    for error in &refused {
        assert_eq!(error.kind(), SecretErrorKind::Unavailable);
        assert!(matches!(error.rejected(), Some(Rejected::LimiterFull)));
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.sheds, stats.refusals), (1_000, 200, 0));
    assert!(stats.to_string().contains("200 shed"), "{stats}");
    assert_eq!((upstream.calls(), loud(&log)), (1_000, 20));
    // That is not remembered of the names, and there is room again.
    let refused = refused[0].secret();
    upstream.answers(Answer::Version(1));
    cache.get(refused).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_in_use_is_refreshed_before_a_thousand_strangers() {
    let upstream = Upstream::new();
    let room = NonZeroUsize::new(2_000).unwrap();
    let cache = upstream.builder().with_capacity(room).build().unwrap();
    cache.get("db").await.unwrap();
    upstream.takes(Duration::from_millis(100));
    advance(seconds(241)).await;
    let mut callers = ask(&cache, 1_500);
    sleep(Duration::from_millis(10)).await;
    cache.get("db").await.unwrap();
    // What was called for before it, and its own call.
    sleep(Duration::from_millis(200)).await;
    let status = cache.status("db").unwrap();
    assert!(status.age.unwrap() < Duration::from_millis(200), "{status}");
    while let Some(met) = callers.join_next().await {
        met.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_use_is_not_driven_out_by_strangers() {
    let upstream = Upstream::new();
    let room = NonZeroUsize::new(10).unwrap();
    let cache = upstream.builder().with_capacity(room).build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Missing);
    let strangers = ask(&cache, 100).join_all().await;
    assert!(strangers.iter().all(Result::is_err));
    assert!(cache.try_get("db").is_some());
    assert!(cache.statuses().len() <= 10);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_not_asked_for() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Missing);
    let room = NonZeroUsize::new(10).unwrap();
    let cache = upstream.builder().with_capacity(room).build().unwrap();
    for nth in 0..500 {
        assert!(cache.try_get(&format!("made-up-{nth}")).is_none());
    }
    sleep(seconds(1)).await;
    // Those that there is room for.
    assert_eq!(upstream.calls(), 10);
    let stats = cache.stats();
    assert_eq!((stats.missing, stats.fetches()), (10, 10));
    cache.get("db").await.unwrap_err();
    assert_eq!(upstream.calls(), 11);
}

#[tokio::test(start_paused = true)]
async fn what_strangers_meet_does_not_fill_the_log() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (log, _guard) = Log::begin();
    for (answer, told) in [
        (Answer::Missing, 0),
        (Answer::Refused("AccessDeniedException"), 20),
        (Answer::Throttled, 20),
    ] {
        upstream.answers(answer);
        ask(&cache, 100).join_all().await;
        assert_eq!(loud(&log), told);
        sleep(seconds(61)).await;
    }
    // Whoever watches a name believes that it is there.
    upstream.answers(Answer::Missing);
    let watch = cache.subscribe("typo");
    sleep(seconds(600)).await;
    assert_eq!(loud(&log), 1);
    drop(watch);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_is_told_loudly_once_until_it_fails_otherwise_or_is_there_again() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (log, _guard) = Log::begin();
    for (answer, told) in [
        (Answer::Version(1), 0),
        (Answer::Throttled, 1),
        (Answer::Refused("InternalServiceError"), 0),
        (Answer::Missing, 1),
        (Answer::Refused("AccessDeniedException"), 1),
        (Answer::Version(2), 0),
        (Answer::Missing, 1),
    ] {
        upstream.answers(answer.clone());
        for _ in 0..10 {
            sleep(seconds(241)).await;
            let _ = cache.get("db").await;
            sleep(seconds(1)).await;
        }
        assert_eq!(loud(&log), told, "{answer:?}");
    }
}
