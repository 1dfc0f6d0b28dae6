//! What a cache tells of itself.

use crate::upstream::{Answer, Upstream, seconds};
use leeward_error_taxonomy::{Category, Region};
use leeward_secret_cache::{
    Freshness, SecretCache, SecretCacheBuilder, SecretEvent, SecretEventKind, SecretRef,
};
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{advance, sleep};

type Events = Arc<Mutex<Vec<SecretEvent>>>;

fn observed(builder: SecretCacheBuilder) -> (SecretCache, Events) {
    let events = Events::default();
    let trail = events.clone();
    let builder = builder.with_observer(move |event| {
        let mut trail = trail.lock().expect("no observer panics while it holds it");
        trail.push(event.clone());
    });
    (builder.build().expect("what can be built"), events)
}

/// What happened since it was asked last.
fn told(events: &Events) -> Vec<SecretEvent> {
    std::mem::take(&mut *events.lock().expect("no observer panics while it holds it"))
}

fn kinds(events: &Events) -> Vec<SecretEventKind> {
    told(events).iter().map(|event| event.kind).collect()
}

#[tokio::test(start_paused = true)]
async fn fetches_are_counted_by_what_they_came_to() {
    for (answer, counted) in [
        (Answer::Missing, "1 not found"),
        (Answer::Refused("AccessDeniedException"), "1 denied"),
        (Answer::Refused("DecryptionFailure"), "1 without their key"),
        (Answer::Refused("InvalidRequestException"), "1 withdrawn"),
        (Answer::Refused("ThrottlingException"), "1 throttled"),
        (Answer::Refused("InternalServiceError"), "1 not served"),
        (
            Answer::Refused("InvalidParameterException"),
            "1 refused as they stood",
        ),
        (Answer::Silent, "1 not answered in time"),
        (Answer::Version(1), "1 as before"),
        (Answer::Version(2), "2 new"),
    ] {
        let upstream = Upstream::new();
        let cache = upstream.cache();
        cache.get("db").await.unwrap();
        upstream.answers(answer);
        advance(seconds(241)).await;
        cache.get("db").await.unwrap();
        sleep(seconds(11)).await;
        let line = cache.stats().to_string();
        assert!(line.contains(counted), "{counted}: {line}");
        assert!(line.contains("; 2 fetches ("), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_at_which_values_are_served_is_told() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    assert_eq!(cache.stats().median_age, None);
    cache.get("db").await.unwrap();
    advance(seconds(100)).await;
    for _ in 0..200 {
        cache.get("db").await.unwrap();
    }
    let stats = cache.stats();
    let (median, p99) = (stats.median_age.unwrap(), stats.p99_age.unwrap());
    assert!(
        median >= seconds(100) && median <= seconds(126),
        "{median:?}"
    );
    assert_eq!(median, p99);
    assert_eq!((stats.hits, stats.misses), (200, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_counted_once_whatever_it_meets() {
    let upstream = Upstream::new();
    let freshness = Freshness::new().with_stale_on_outage(seconds(3_000));
    let builder = upstream.builder().with_freshness(freshness);
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Throttled);
    advance(seconds(301)).await;
    // One waits for a fetch in vain, and one does not.
    cache.get("db").await.unwrap();
    cache.get("db").await.unwrap();
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.stale_serves), (2, 1, 2));
    let line = stats.to_string();
    assert!(
        line.starts_with("33.33 % of 3 calls from memory (2 of them over"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_each_fetch_and_of_what_is_let_go_of() {
    let upstream = Upstream::new();
    let (cache, events) = observed(upstream.builder());
    cache.get("db").await.unwrap();
    let loaded = told(&events).pop().unwrap();
    assert_eq!(loaded.kind, SecretEventKind::Loaded);
    assert_eq!(loaded.secret, "db");
    assert_eq!(loaded.arn.as_deref(), Some(crate::upstream::ARN));
    assert_eq!(loaded.version_id.as_deref(), Some("version-1"));
    assert_eq!(loaded.region, Some(Region::from_static("us-east-1")));
    assert_eq!(loaded.duration, Some(Duration::from_millis(200)));
    assert_eq!(loaded.category(), None);
    assert_eq!(loaded.to_string(), "secret db: loaded, version version-1");
    for (answer, kind, category) in [
        (Answer::Version(1), SecretEventKind::Unchanged, None),
        (Answer::Version(2), SecretEventKind::Changed, None),
        (
            Answer::Throttled,
            SecretEventKind::Failed,
            Some(Category::Rejected),
        ),
        (
            Answer::Missing,
            SecretEventKind::Withdrawn,
            Some(Category::NotFound),
        ),
    ] {
        upstream.answers(answer);
        cache.invalidate_arn("db");
        sleep(seconds(1)).await;
        let event = told(&events).pop().unwrap();
        assert_eq!((event.kind, event.category()), (kind, category));
        sleep(seconds(30)).await;
    }
    upstream.answers(Answer::Version(3));
    cache.get("db").await.unwrap();
    cache.invalidate("db");
    // There is nothing left to let go of.
    cache.clear();
    assert_eq!(
        kinds(&events),
        [SecretEventKind::Loaded, SecretEventKind::Invalidated]
    );
}

#[tokio::test(start_paused = true)]
async fn observers_are_told_of_what_had_to_go() {
    let upstream = Upstream::new();
    let (cache, events) = observed(upstream.builder().with_capacity(NonZeroUsize::MIN));
    cache.get("db").await.unwrap();
    cache.get("other").await.unwrap();
    let told = told(&events);
    let told: Vec<_> = told
        .iter()
        .map(|event| (event.kind, &*event.secret))
        .collect();
    assert_eq!(
        told,
        [
            (SecretEventKind::Loaded, "db"),
            (SecretEventKind::Evicted, "db"),
            (SecretEventKind::Loaded, "other"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_harms_nothing_and_nobody_else() {
    let upstream = Upstream::new();
    let builder = upstream
        .builder()
        .with_observer(|_| panic!("as it was told"));
    let (cache, events) = observed(builder);
    cache.get("db").await.unwrap();
    cache.get("db").await.unwrap();
    assert_eq!(kinds(&events), [SecretEventKind::Loaded]);
}

#[tokio::test(start_paused = true)]
async fn events_and_statuses_hold_no_value() {
    let upstream = Upstream::new();
    let (cache, events) = observed(upstream.builder());
    cache.get("db").await.unwrap();
    let printed = format!("{:?} {:?} {:?}", told(&events), cache.statuses(), cache);
    assert!(printed.contains("version-1"), "{printed}");
    assert!(!printed.contains("value-1"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_secret_tells_its_age_and_what_fails() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    assert!(cache.status("db").is_none());
    cache.get("db").await.unwrap();
    advance(seconds(10)).await;
    let status = cache.status(crate::upstream::ARN).unwrap();
    assert_eq!(status.age, Some(Duration::from_millis(10_200)));
    assert_eq!(status.version_id.as_deref(), Some("version-1"));
    assert!(status.is_fresh && !status.is_being_fetched && status.failing.is_none());
    let due_in = status.due_in.unwrap();
    assert!(
        due_in >= seconds(205) && due_in < seconds(230),
        "{due_in:?}"
    );

    upstream.answers(Answer::Throttled);
    advance(seconds(230)).await;
    cache.get("db").await.unwrap();
    assert!(cache.status("db").unwrap().is_being_fetched);
    sleep(seconds(40)).await;
    let status = cache.status("db").unwrap();
    let failing = status.failing.clone().unwrap();
    assert_eq!((failing.count, status.due_in), (1, Some(Duration::ZERO)));
    assert_eq!(failing.since, Duration::from_millis(39_800));
    assert_eq!(failing.next_try_in, Duration::ZERO);
    let line = status.to_string();
    assert!(line.starts_with("db: version version-1, 280."), "{line}");
    assert!(
        line.contains("due, failing for 39.8s (once, to be tried again when somebody asks)"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn statuses_are_of_each_secret_once_in_order() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    for name in ["db", "api"] {
        cache.get(name).await.unwrap();
    }
    let pending = SecretRef::new("db").at_stage("AWSPENDING");
    cache.handle(pending);
    let statuses = cache.statuses();
    let lines: Vec<_> = statuses.iter().map(|status| &*status.secret).collect();
    assert_eq!(lines, ["api", "db", "db at AWSPENDING"]);
    assert_eq!(statuses[2].to_string(), "db at AWSPENDING: no value");
}
