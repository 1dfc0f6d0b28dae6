//! Refreshes that ask first whether the version has moved.

use crate::is_one;
use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::{
    Freshness, RefreshMode, SecretCache, SecretErrorKind, SecretRef, ValuesOnly,
};
use std::time::Duration;
use tokio::{
    runtime::Handle,
    time::{Instant, advance, sleep},
};

fn describing() -> Freshness {
    Freshness::new().with_refresh_mode(RefreshMode::describe_first())
}

fn cache(upstream: &Upstream) -> SecretCache {
    let builder = upstream.builder().with_freshness(describing());
    builder.build().expect("what can be built")
}

/// Has what is there fetched anew by the side.
async fn refresh(cache: &SecretCache) {
    advance(seconds(241)).await;
    cache.get("db").await.expect("what is there");
    sleep(seconds(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_has_not_moved_is_not_fetched_and_its_life_begins_anew() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    let first = cache.get("db").await.unwrap();
    refresh(&cache).await;
    assert_eq!((upstream.calls(), upstream.descriptions()), (1, 1));
    advance(seconds(200)).await;
    assert!(is_one(&first, &cache.try_get("db").unwrap()));
    let stats = cache.stats();
    assert_eq!((stats.unchanged, stats.descriptions), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_moved_is_fetched_at_once() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Version(2));
    refresh(&cache).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    assert_eq!((upstream.calls(), upstream.descriptions()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn other_stages_and_versions_are_described_as_well() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    let current = SecretRef::new("db").at_stage("AWSCURRENT");
    let version = SecretRef::new("db").at_version("version-1");
    // The version that answers has no such label.
    let previous = SecretRef::new("db").at_stage("AWSPREVIOUS");
    let all = [current, version, previous];
    for secret in all {
        cache.get(secret).await.unwrap();
    }
    advance(seconds(241)).await;
    for secret in all {
        cache.get(secret).await.unwrap();
        sleep(seconds(1)).await;
    }
    assert_eq!((upstream.calls(), upstream.descriptions()), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_right_that_was_taken_away_is_noticed_within_what_may_go_unverified() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    let start = Instant::now();
    cache.get("db").await.unwrap();
    upstream.describes(Answer::Version(1));
    upstream.answers(Answer::Refused("AccessDeniedException"));
    let error = loop {
        match cache.get("db").await {
            Ok(_) => sleep(seconds(1)).await,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    assert_eq!(upstream.descriptions(), 2);
    assert!(start.elapsed() > seconds(600), "{:?}", start.elapsed());
    assert!(start.elapsed() < seconds(900), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_scheduled_for_deletion_is_not_served_on_as_the_version_that_it_was() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Deleted(1));
    refresh(&cache).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Withdrawn);
    assert_eq!(upstream.descriptions(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_goes_unverified_is_not_outlasted_in_an_outage_either() {
    let upstream = Upstream::new();
    let freshness = describing().with_stale_on_outage(seconds(300));
    let builder = upstream.builder().with_freshness(freshness);
    let cache = builder.build().unwrap();
    let start = Instant::now();
    cache.get("db").await.unwrap();
    refresh(&cache).await;
    assert_eq!(upstream.descriptions(), 1);
    upstream.answers(Answer::Throttled);
    while cache.get("db").await.is_ok() {
        sleep(seconds(1)).await;
    }
    assert!(start.elapsed() > seconds(800), "{:?}", start.elapsed());
    assert!(start.elapsed() <= seconds(900), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_described_is_fetched() {
    for refusal in [
        Answer::Refused("AccessDeniedException"),
        Answer::Missing,
        Answer::Throttled,
    ] {
        let upstream = Upstream::new();
        let cache = cache(&upstream);
        cache.get("db").await.unwrap();
        upstream.describes(refusal);
        upstream.answers(Answer::Version(2));
        refresh(&cache).await;
        assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
        assert_eq!((upstream.calls(), upstream.descriptions()), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_has_no_descriptions_is_asked_for_values() {
    let upstream = Upstream::new();
    let builder = SecretCache::builder(ValuesOnly::new(upstream.clone()));
    let builder = builder.with_clock(crate::clock::Dated::new());
    let cache = builder.with_freshness(describing()).build().unwrap();
    cache.get("db").await.unwrap();
    refresh(&cache).await;
    assert_eq!((upstream.calls(), upstream.descriptions()), (2, 0));
    assert_eq!(cache.stats().outages, 0);
}

#[tokio::test(start_paused = true)]
async fn for_what_somebody_waits_only_the_value_will_do() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    cache.get("db").await.unwrap();
    advance(seconds(301)).await;
    cache.get("db").await.unwrap();
    assert_eq!((upstream.calls(), upstream.descriptions()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_only_the_value_is_asked_for() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    advance(seconds(241)).await;
    for _ in 0..50 {
        cache.get("db").await.unwrap();
        sleep(seconds(1)).await;
    }
    assert_eq!(upstream.descriptions(), 1);
    assert!(upstream.calls() > 3, "{}", upstream.calls());
}

#[tokio::test(start_paused = true)]
async fn a_description_from_before_an_invalidation_brings_nothing_back() {
    let upstream = Upstream::new();
    let cache = cache(&upstream);
    cache.get("db").await.unwrap();
    advance(seconds(241)).await;
    cache.get("db").await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(cache.invalidate("db"), 1);
    upstream.answers(Answer::Version(2));
    let after = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("db").await }
    });
    sleep(Duration::from_millis(150)).await;
    // It has landed by now, and the value has not.
    assert!(cache.try_get("db").is_none());
    let after = after.await.unwrap().unwrap();
    assert_eq!(after.version_id(), "version-2");
    assert_eq!((upstream.calls(), upstream.descriptions()), (2, 1));
}
