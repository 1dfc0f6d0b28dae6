//! What a feed of events tells of secrets.

use crate::upstream::{ARN, Answer, Upstream, seconds};
use leeward_secret_cache::{
    Freshness, OnWithdrawal, RefreshMode, SecretCache, SecretChange, SecretChangeKind,
    SecretErrorKind, SecretRef,
};
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    runtime::Handle,
    time::{Instant, advance, sleep},
};

const REPLICA: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3";
const UPSTREAM: Duration = Duration::from_millis(200);

fn is(cache: &SecretCache, version: &str) -> bool {
    let secret = cache.try_get("db");
    secret.is_some_and(|secret| secret.version_id() == version)
}

#[tokio::test(start_paused = true)]
async fn what_changed_is_fetched_by_the_side_and_nobody_waits() {
    for arn in [ARN, REPLICA, ARN.trim_end_matches("-a1b2c3"), "db"] {
        let upstream = Upstream::new();
        let cache = upstream.cache();
        cache.get("db").await.unwrap();
        upstream.answers(Answer::Version(2));
        assert_eq!(cache.invalidate_arn(arn), 1, "{arn}");
        let before = Instant::now();
        assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
        assert_eq!(before.elapsed(), Duration::ZERO);
        // Without that anybody asks.
        sleep(seconds(1)).await;
        assert!(is(&cache, "version-2"), "{arn}");
        assert_eq!(upstream.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_changed_while_its_fetch_waits_for_a_turn_is_not_fetched_twice() {
    let upstream = Upstream::new();
    let builder = upstream.builder().with_max_fetches(NonZeroUsize::MIN);
    let cache = builder.build().unwrap();
    assert!(cache.try_get("first").is_none());
    sleep(UPSTREAM / 2).await;
    assert!(cache.try_get("db").is_none());
    sleep(UPSTREAM / 4).await;
    upstream.answers(Answer::Version(2));
    assert_eq!(cache.invalidate_arn("db"), 1);
    // That fetch does for who asks for one now as well.
    let secret = cache.refresh_now("db").await.unwrap();
    assert_eq!(secret.version_id(), "version-2");
    sleep(seconds(1)).await;
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_events_costs_two_fetches_and_the_second_sees_the_last() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Version(2));
    for _ in 0..1_000 {
        cache.invalidate_arn(ARN);
    }
    sleep(UPSTREAM / 2).await;
    // The first has been asked for by now.
    upstream.answers(Answer::Version(3));
    cache.invalidate_arn(ARN);
    sleep(seconds(1)).await;
    assert!(is(&cache, "version-3"));
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changes_while_it_is_fetched_first_is_fetched_once_more() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let first = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("db").await }
    });
    sleep(UPSTREAM / 2).await;
    upstream.answers(Answer::Version(2));
    assert_eq!(cache.invalidate_arn(ARN), 1);
    first.await.unwrap().unwrap();
    sleep(seconds(1)).await;
    assert!(is(&cache, "version-2"));
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_during_an_outage_is_not_forgotten() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    cache.invalidate_arn(ARN);
    sleep(seconds(1)).await;
    assert!(is(&cache, "version-1"));
    upstream.answers(Answer::Version(2));
    sleep(seconds(30)).await;
    cache.get("db").await.unwrap();
    sleep(seconds(1)).await;
    assert!(is(&cache, "version-2"));
}

#[tokio::test(start_paused = true)]
async fn versions_stay_when_labels_move_and_are_looked_at_when_access_changes() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let db = SecretRef::new("db");
    for secret in [db, db.at_stage("AWSPENDING"), db.at_version("version-1")] {
        cache.get(secret).await.unwrap();
    }
    assert_eq!(cache.invalidate_arn(ARN), 2);
    sleep(seconds(1)).await;
    assert_eq!(upstream.calls(), 5);
    upstream.answers(Answer::Missing);
    assert_eq!(
        cache.apply(&SecretChange::new(ARN, SecretChangeKind::Access)),
        3
    );
    sleep(seconds(1)).await;
    let error = cache.get(db.at_version("version-1")).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_have_changed_is_not_just_described() {
    let upstream = Upstream::new();
    let freshness = Freshness::new().with_refresh_mode(RefreshMode::describe_first());
    let builder = upstream.builder().with_freshness(freshness);
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    // It may still be described, and not read any more.
    upstream.describes(Answer::Version(1));
    upstream.answers(Answer::Refused("AccessDeniedException"));
    cache.apply(&SecretChange::new(ARN, SecretChangeKind::Access));
    sleep(seconds(1)).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    assert_eq!(upstream.descriptions(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_not_served_any_more_unless_it_was_said_to() {
    let deletion = SecretChange::new(REPLICA, SecretChangeKind::Deletion);
    for (on_withdrawal, is_served) in [
        (OnWithdrawal::Purge, false),
        (OnWithdrawal::KeepUntilOver, true),
    ] {
        let upstream = Upstream::new();
        let builder = upstream.builder().with_on_withdrawal(on_withdrawal);
        let cache = builder.build().unwrap();
        cache.get("db").await.unwrap();
        upstream.answers(Answer::Missing);
        assert_eq!(cache.apply(&deletion), 1);
        assert_eq!(is(&cache, "version-1"), is_served);
        sleep(seconds(1)).await;
        assert_eq!(is(&cache, "version-1"), is_served);
        advance(seconds(300)).await;
        cache.get("db").await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_restored_is_asked_for_again_at_once() {
    let upstream = Upstream::new();
    upstream.answers(Answer::Missing);
    let cache = upstream.cache();
    cache.get("db").await.unwrap_err();
    upstream.answers(Answer::Version(1));
    cache.get("db").await.unwrap_err();
    assert_eq!(cache.invalidate_arn(ARN), 1);
    cache.get("db").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn events_of_secrets_that_are_not_there_do_nothing() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    for other in [
        "other",
        "arn:aws:secretsmanager:us-east-1:1:secret:db-a1b2c3",
        "",
    ] {
        assert_eq!(cache.invalidate_arn(other), 0, "{other}");
    }
    cache.shutdown().await;
    assert_eq!(cache.invalidate_arn(ARN), 0);
    assert_eq!((upstream.calls(), cache.stats().secrets), (1, 0));
}
