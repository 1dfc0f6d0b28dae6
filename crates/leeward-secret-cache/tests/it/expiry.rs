//! How old a value may be.

use crate::{
    is_one,
    rotation::{
        database::{Database, LoginError, Rotation, Strategy},
        vault::Vault,
    },
    upstream::{ARN, Answer, Upstream, brief, seconds},
};
use leeward_resilience::{Clock, Timestamp, TokioClock};
use leeward_secret_cache::{Freshness, SecretCacheError, SecretEventKind};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, advance, sleep};

#[tokio::test(start_paused = true)]
async fn what_is_due_is_served_and_fetched_by_the_side() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Version(2));
    advance(seconds(215)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
    assert_eq!(upstream.calls(), 1);
    // Due by now, whatever the jitter.
    advance(seconds(25)).await;
    let before = Instant::now();
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
    assert_eq!(before.elapsed(), Duration::ZERO);
    sleep(seconds(1)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_around_an_expiry() {
    let upstream = Upstream::new();
    let cache = upstream.builder().with_freshness(brief()).build().unwrap();
    cache.get("db").await.unwrap();
    for _ in 0..8_000 {
        let before = Instant::now();
        cache.get("db").await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
        sleep(Duration::from_millis(1)).await;
    }
    assert!((4..=5).contains(&upstream.calls()), "{}", upstream.calls());
}

#[tokio::test(start_paused = true)]
async fn age_counts_from_the_start_of_the_fetch() {
    let upstream = Upstream::new();
    upstream.takes(seconds(9));
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Version(2));
    advance(seconds(291)).await;
    // 300 s after the fetch began, 291 s after it ended.
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn the_same_version_keeps_what_was_read_of_it() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let first = cache.get("db").await.unwrap();
    advance(seconds(301)).await;
    let again = cache.get("db").await.unwrap();
    assert!(is_one(&first, &again));
    let stats = cache.stats();
    assert_eq!((stats.changes, stats.unchanged), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_never_served_again_is_let_go_of_although_nobody_asks() {
    for outlasts in [0, 600] {
        let upstream = Upstream::new();
        let freshness = Freshness::new().with_stale_on_outage(seconds(outlasts));
        let kinds = Arc::new(Mutex::new(Vec::new()));
        let told = kinds.clone();
        let builder = upstream.builder().with_freshness(freshness);
        let builder = builder.with_observer(move |event| told.lock().unwrap().push(event.kind));
        let cache = builder.build().unwrap();
        let value = Arc::downgrade(&cache.get("db").await.unwrap());
        sleep(seconds(300 + outlasts)).await;
        assert!(value.upgrade().is_some());
        sleep(seconds(60)).await;
        assert!(value.upgrade().is_none());
        assert_eq!(
            *kinds.lock().unwrap(),
            [SecretEventKind::Loaded, SecretEventKind::Expired]
        );
        assert_eq!(cache.stats().oldest, seconds(0));
        cache.get("db").await.unwrap();
        assert_eq!(upstream.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_may_have_limits_of_its_own() {
    let upstream = Upstream::new();
    let brief = Freshness::new()
        .with_refresh_after(seconds(5))
        .with_max_age(seconds(10));
    let cache = upstream
        .builder()
        .with_freshness_of("brief", brief)
        .build()
        .unwrap();
    cache.get("brief").await.unwrap();
    cache.get("db").await.unwrap();
    advance(seconds(11)).await;
    assert!(cache.try_get("db").is_some());
    assert!(cache.try_get("brief").is_none());
}

#[tokio::test(start_paused = true)]
async fn limits_of_no_secret_are_refused() {
    let builder = Upstream::new().builder();
    let builder = builder.with_freshness_of("", Freshness::new());
    let refusal = builder.build().unwrap_err();
    assert_eq!(refusal, SecretCacheError::FreshnessOfNone);
    assert!(refusal.to_string().contains("by with_freshness"));
}

#[tokio::test(start_paused = true)]
async fn limits_of_a_secret_hold_by_whichever_name_they_were_set() {
    let partial = ARN.trim_end_matches("-a1b2c3");
    let brief = Freshness::new()
        .with_refresh_after(seconds(5))
        .with_max_age(seconds(10));
    for set in ["db", ARN, partial] {
        for asked in ["db", ARN, partial] {
            let upstream = Upstream::new();
            let cache = upstream.builder().with_freshness_of(set, brief);
            let cache = cache.build().unwrap();
            cache.get(asked).await.unwrap();
            advance(seconds(11)).await;
            assert!(cache.try_get(asked).is_none(), "{set} {asked}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_set_to_last_for_ever_lasts() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    for jitter in [0.0, 0.1] {
        let ever = Freshness::new()
            .with_refresh_after(Duration::MAX)
            .with_max_age(Duration::MAX)
            .with_jitter(jitter);
        let cache = vault
            .builder()
            .with_freshness(ever)
            .with_fetch_timeout(Duration::MAX)
            .with_rotation_budget(Duration::MAX)
            .build()
            .unwrap();
        let secret = cache.get("db").await.unwrap();
        advance(seconds(86_400 * 365)).await;
        assert!(is_one(&secret, &cache.get("db").await.unwrap()));
        assert_eq!(cache.stats().fetches(), 1);
        // Nor does it keep who looks for another version from finding it.
        let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
        rotation.set();
        let log_in = |secret| database.log_in(secret);
        let outcome = cache.with_secret("db", log_in, LoginError::is_of_password);
        let version = outcome.await.unwrap();
        assert_ne!(version, secret.version_id());
        sleep(seconds(60)).await;
        rotation.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_for_the_date_of_a_rotation_may_take_for_ever() {
    let upstream = Upstream::new();
    let builder = upstream.builder().with_rotation_schedule(true);
    let cache = builder.with_fetch_timeout(Duration::MAX).build().unwrap();
    cache.get("db").await.unwrap();
    sleep(seconds(60)).await;
    assert_eq!(upstream.descriptions(), 1);
}

/// Tokio's clock, and a date that is moved by hand.
#[derive(Clone, Debug)]
struct Wall {
    steady: TokioClock,
    moved: Arc<AtomicI64>,
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        self.steady.now()
    }

    fn date(&self) -> SystemTime {
        let start = SystemTime::UNIX_EPOCH + seconds(1_800_000_000);
        let moved = seconds(self.moved.load(Relaxed).unsigned_abs());
        if self.moved.load(Relaxed) < 0 {
            start - moved
        } else {
            start + moved
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_suspended_serves_nothing_that_is_over() {
    let upstream = Upstream::new();
    let wall = Wall {
        steady: TokioClock::new(),
        moved: Arc::default(),
    };
    let moved = wall.moved.clone();
    let cache = upstream.builder().with_clock(wall).build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Version(2));
    moved.store(3_600, Relaxed);
    assert!(cache.try_get("db").is_none());
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    // Set back: served, and fetched by the side.
    upstream.answers(Answer::Version(3));
    moved.store(-3_600, Relaxed);
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    sleep(seconds(1)).await;
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-3");
}
