//! What callers see while Secrets Manager cannot be reached.

use crate::upstream::{Answer, Upstream, brief, seconds};
use leeward_secret_cache::{Freshness, SecretErrorKind};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};

#[tokio::test(start_paused = true)]
async fn an_outage_costs_few_calls_and_nobody_waits_for_it() {
    let upstream = Upstream::new();
    let cache = upstream.builder().with_freshness(brief()).build().unwrap();
    cache.get("db").await.unwrap();
    let start = Instant::now();
    upstream.answers(Answer::Throttled);
    let (mut served, mut refused) = (0, 0);
    while start.elapsed() < seconds(8) {
        let before = Instant::now();
        match cache.get("db").await {
            Ok(_) => served += 1,
            Err(error) => {
                assert_eq!(error.kind(), SecretErrorKind::Unavailable);
                // Never before the value was over.
                assert!(start.elapsed() >= seconds(2));
                refused += 1;
            }
        }
        assert_eq!(before.elapsed(), Duration::ZERO);
        sleep(Duration::from_millis(10)).await;
    }
    assert!(served >= 200 && refused > 0, "{served} {refused}");
    assert!(upstream.calls() <= 10, "{}", upstream.calls());
    // It is noticed that it is over, at the latest after the longest pause.
    upstream.answers(Answer::Version(2));
    let mut waited = 0;
    while cache.get("db").await.is_err() {
        sleep(seconds(1)).await;
        waited += 1;
    }
    assert!(waited <= 31, "{waited}");
}

#[tokio::test(start_paused = true)]
async fn a_value_outlasts_an_outage_if_it_was_said_to_and_not_for_ever() {
    let upstream = Upstream::new();
    let freshness = Freshness::new().with_stale_on_outage(seconds(600));
    let cache = upstream
        .builder()
        .with_freshness(freshness)
        .build()
        .unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    advance(seconds(301)).await;
    for _ in 0..598 {
        assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
        sleep(seconds(1)).await;
    }
    assert!(cache.stats().stale_serves >= 590);
    sleep(seconds(2)).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn nor_does_anybody_once_what_is_over_was_let_go_of() {
    let upstream = Upstream::new();
    let cache = upstream.builder().with_freshness(brief()).build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    sleep(seconds(2)).await;
    for _ in 0..600 {
        let before = Instant::now();
        let _ = cache.get("db").await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        sleep(seconds(1)).await;
    }
    assert_eq!(cache.status("db").unwrap().version_id, None);
    // One after each pause.
    assert!(upstream.calls() <= 70, "{}", upstream.calls());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_in_an_outage_that_a_value_outlasts_however_seldom_it_is_asked_for() {
    let upstream = Upstream::new();
    let freshness = Freshness::new().with_stale_on_outage(seconds(3_000));
    let builder = upstream.builder().with_freshness(freshness);
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Silent);
    advance(seconds(241)).await;
    for _ in 0..30 {
        let before = Instant::now();
        cache.get("db").await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
        sleep(seconds(60)).await;
    }
    // What nobody has asked for in a while may be over, and the outage too.
    upstream.answers(Answer::Version(2));
    sleep(seconds(600)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn what_was_never_there_is_asked_for_three_times() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Throttled);
    let cache = upstream.cache();
    cache.get("db").await.unwrap_err();
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_old_is_not_told_again() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    advance(seconds(301)).await;
    cache.get("db").await.unwrap_err();
    upstream.answers(Answer::Version(2));
    advance(seconds(60)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_behind_replaces_nothing() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Version(2));
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Replica(1));
    advance(seconds(241)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    // In its own Region somebody may have gone back to it.
    upstream.answers(Answer::Version(1));
    sleep(seconds(1)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
}
