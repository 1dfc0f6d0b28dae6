//! Many secrets at once, before anybody asks.

mod meanwhile;
mod shelf;
mod sockets;

use crate::clock::Dated;
use crate::is_one;
use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::{
    Freshness, SecretCache, SecretError, SecretErrorKind, SecretFilter, SecretRef, ValuesOnly,
    WarmUp, WarmUpError, WarmUpReport,
};
use shelf::{Batch, Shelf, arn};
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    join,
    runtime::Handle,
    time::{Instant, advance, sleep, timeout},
};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("db-{nth}")).collect()
}

/// Those with these names, at once.
fn of(count: usize) -> WarmUp {
    WarmUp::of_ids(names(count)).with_start_within(Duration::ZERO)
}

fn found() -> WarmUp {
    WarmUp::of_filters([SecretFilter::name("db-")]).with_start_within(Duration::ZERO)
}

fn room(capacity: usize) -> NonZeroUsize {
    NonZeroUsize::new(capacity).expect("some room")
}

async fn warmed(cache: &SecretCache, warm_up: WarmUp) -> WarmUpReport {
    let report = cache.warm_up(warm_up).await.expect("a warm-up");
    assert!(report.is_complete(), "{report} {report:?}");
    report
}

#[tokio::test(start_paused = true)]
async fn many_are_fetched_twenty_at_a_time_and_are_there_under_all_of_their_names() {
    for warm_up in [of(45), found()] {
        let shelf = Shelf::of(names(45));
        let cache = shelf.cache();
        let report = warmed(&cache, warm_up).await;
        assert_eq!(report.to_string(), "45 secrets loaded");
        for name in names(45) {
            let by_name = cache.try_get(&name).unwrap();
            assert_eq!(by_name.name(), name);
            let by_arn = cache.try_get(&arn(&name)).unwrap();
            assert!(is_one(&by_name, &by_arn));
        }
        let calls = shelf.calls();
        assert_eq!((calls.len(), shelf.single.calls()), (3, 0));
        let stats = cache.stats();
        assert_eq!((stats.changes, stats.misses, stats.secrets), (45, 0, 45));
    }
}

#[tokio::test(start_paused = true)]
async fn calls_keep_a_distance_and_age_counts_from_their_start() {
    let shelf = Shelf::of(names(40));
    let cache = shelf.cache();
    warmed(&cache, of(40)).await;
    let calls = shelf.calls();
    assert!(calls[1] - calls[0] >= Duration::from_millis(250));
    let age = cache.status("db-0").unwrap().age.unwrap();
    assert_eq!(age, Instant::now() - calls[0]);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_begins_at_different_times() {
    let start = Instant::now();
    let mut waits = Vec::new();
    for seed in 0..20 {
        let shelf = Shelf::of(names(1));
        let cache = shelf.builder().with_seed(seed).build().unwrap();
        let before = Instant::now();
        warmed(&cache, WarmUp::of_ids(names(1))).await;
        waits.push((shelf.calls()[0] - before).as_millis());
    }
    assert!(start.elapsed() > seconds(20));
    waits.sort_unstable();
    waits.dedup();
    assert!(
        waits.len() > 15 && waits.iter().all(|wait| *wait <= 10_000),
        "{waits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_one_secret_meets_is_told_and_remembered_and_harms_no_other() {
    for warm_up in [of(3), found()] {
        let shelf = Shelf::of(names(3));
        shelf.lacks("db-1");
        shelf.single.lacks("db-1");
        let cache = shelf.cache();
        let report = cache.warm_up(warm_up).await.unwrap();
        assert_eq!(report.loaded, ["db-0", "db-2"]);
        let [error] = &report.failed[..] else {
            panic!("{report:?}");
        };
        assert_eq!(
            (error.secret(), error.kind()),
            ("db-1", SecretErrorKind::NotFound)
        );
        assert!(!report.is_complete());
        let error = cache.get("db-1").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::NotFound);
        assert_eq!((shelf.calls().len(), shelf.single.calls()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_a_batch_refuses_is_there() {
    let shelf = Shelf::of(names(3));
    // A replica that does not know of it yet has answered.
    shelf.lacks("db-1");
    let cache = shelf.cache();
    warmed(&cache, of(3)).await;
    assert!(cache.try_get("db-1").is_some());
    assert_eq!(shelf.single.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn four_fifths_of_the_room_are_filled_and_nothing_has_to_go() {
    for (warm_up, has_more, left_out) in [(of(100), false, 93), (found(), true, 13)] {
        let shelf = Shelf::of(names(100));
        let cache = shelf.builder().with_capacity(room(10)).build().unwrap();
        cache.get("mine").await.unwrap();
        let report = cache.warm_up(warm_up).await.unwrap();
        assert_eq!((report.loaded.len(), report.has_more), (7, has_more));
        assert_eq!(report.left_out.len(), left_out, "{report}");
        assert_eq!((cache.stats().secrets, cache.stats().evictions), (8, 0));
        assert!(cache.try_get("mine").is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_not_fetched_again_until_it_is_due() {
    let shelf = Shelf::of(names(2));
    let cache = shelf.cache();
    warmed(&cache, of(2)).await;
    warmed(&cache, of(2)).await;
    assert_eq!(shelf.calls().len(), 1);
    shelf.is_at(2);
    advance(seconds(241)).await;
    warmed(&cache, of(2)).await;
    assert_eq!(shelf.calls().len(), 2);
    assert_eq!(cache.try_get("db-1").unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn one_secret_by_two_names_is_one() {
    let shelf = Shelf::of([]);
    let cache = shelf.cache();
    let both = WarmUp::of_ids([arn("db"), "db".to_owned()]).with_start_within(Duration::ZERO);
    let report = warmed(&cache, both).await;
    assert_eq!(report.loaded.len(), 2);
    assert_eq!(cache.stats().secrets, 1);
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_another_account_does_not_take_the_place_of_one_of_its_name() {
    let theirs = arn("db").replace("111122223333", "444455556666");
    for ids in [
        [theirs.clone(), "db".to_owned()],
        ["db".to_owned(), theirs.clone()],
    ] {
        let shelf = Shelf::of([]);
        shelf.has_another(&theirs);
        let cache = shelf.cache();
        warmed(
            &cache,
            WarmUp::of_ids(ids).with_start_within(Duration::ZERO),
        )
        .await;
        assert_eq!(cache.try_get(&theirs).unwrap().arn(), theirs);
        assert_eq!(cache.try_get("db").unwrap().arn(), arn("db"));
        assert_eq!(cache.stats().secrets, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_ends_like_a_full_arn_is_not_taken_for_that() {
    let shelf = Shelf::of([]);
    let cache = shelf.cache();
    let ids = ["db-a1b2c3".to_owned(), arn("db")];
    let both = WarmUp::of_ids(ids).with_start_within(Duration::ZERO);
    warmed(&cache, both).await;
    for (id, name) in [("db-a1b2c3", "db-a1b2c3"), (&*arn("db"), "db")] {
        assert_eq!(cache.try_get(id).unwrap().name(), name);
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_although_they_are_empty_or_come_for_ids() {
    let shelf = Shelf::of(names(20));
    shelf.answers([Batch::Pages(0), Batch::Pages(7)]);
    let cache = shelf.cache();
    warmed(&cache, found()).await;
    assert_eq!(shelf.calls().len(), 3);
    let shelf = Shelf::of([]);
    shelf.answers([Batch::Pages(15), Batch::Pages(3)]);
    let cache = shelf.cache();
    warmed(&cache, of(20)).await;
    assert_eq!(shelf.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn where_batches_are_denied_ids_are_fetched_one_by_one_and_filters_find_nothing() {
    let shelf = Shelf::of(names(30));
    shelf.answers([Batch::Denied, Batch::Denied]);
    let cache = shelf.cache();
    let start = Instant::now();
    let report = warmed(&cache, of(30)).await;
    assert_eq!((report.loaded.len(), shelf.single.calls()), (30, 30));
    // Twenty at a time, after the call that was denied.
    assert_eq!(start.elapsed(), Duration::from_millis(600));
    let error = shelf.cache().warm_up(found()).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    let told = error.error().to_string();
    assert!(
        told.starts_with(
            "secret matching name db-: secretsmanager.BatchGetSecretValue: AccessDenied"
        ),
        "{told}"
    );
    assert!(
        error
            .error()
            .advice()
            .contains("secretsmanager:BatchGetSecretValue")
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_secret_can_have_is_told_and_harms_no_other() {
    let shelf = Shelf::of([]);
    let cache = shelf.cache();
    let long = "x".repeat(5_000);
    let ids = WarmUp::of_ids(["db-0", "", "db-1", &long]).with_start_within(Duration::ZERO);
    let report = cache.warm_up(ids).await.unwrap();
    assert_eq!(report.loaded, ["db-0", "db-1"]);
    let failed = report.failed.iter().map(|it| (it.secret(), it.kind()));
    let failed: Vec<_> = failed.collect();
    let other = SecretErrorKind::Other;
    assert_eq!(failed, [("", other), (&*long, other)]);
    assert_eq!((shelf.calls().len(), shelf.single.calls()), (1, 0));
    assert_eq!(cache.stats().secrets, 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_as_it_stands_has_its_secrets_fetched_one_by_one() {
    let shelf = Shelf::of([]);
    shelf.answers([Batch::Invalid]);
    shelf.single.lacks("db-7");
    let cache = shelf.cache();
    let report = cache.warm_up(of(25)).await.unwrap();
    assert_eq!(report.loaded.len(), 24);
    let failed: Vec<_> = report.failed.iter().map(SecretError::secret).collect();
    assert_eq!(failed, ["db-7"]);
    assert_eq!((shelf.calls().len(), shelf.single.calls()), (2, 20));
}

#[tokio::test(start_paused = true)]
async fn over_a_service_of_values_only_ids_are_fetched_one_by_one_and_filters_fail_at_once() {
    let upstream = Upstream::new();
    let builder = SecretCache::builder(ValuesOnly::new(upstream.clone()));
    let builder = builder.with_clock(Dated::new()).with_seed(7);
    let cache = builder.build().unwrap();
    let report = warmed(&cache, of(25)).await;
    assert_eq!((report.loaded.len(), upstream.calls()), (25, 25));
    let start = Instant::now();
    let error = cache.warm_up(found()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    let told = error.error().to_string();
    assert!(told.contains("answers GetSecretValue alone"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn without_an_id_or_a_filter_nothing_is_fetched() {
    let shelf = Shelf::of(names(3));
    let cache = shelf.cache();
    for nothing in [of(0), WarmUp::of_filters([])] {
        let report = warmed(&cache, nothing).await;
        assert_eq!(report.to_string(), "0 secrets loaded");
    }
    assert_eq!((shelf.calls().len(), cache.stats().secrets), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_secret_whose_call_panics_is_told_as_well() {
    let shelf = Shelf::of(names(2));
    shelf.answers([Batch::Denied]);
    shelf.single.answers(Answer::Panic);
    let report = shelf.cache().warm_up(of(2)).await.unwrap();
    let mut failed: Vec<_> = report
        .failed
        .iter()
        .map(|it| (it.secret(), it.kind()))
        .collect();
    failed.sort_unstable_by_key(|(secret, _)| *secret);
    let ended = SecretErrorKind::Ended;
    assert_eq!(failed, [("db-0", ended), ("db-1", ended)]);
    let advice = report.failed[0].advice();
    assert!(advice.contains("panicked"), "{advice}");
    assert!(report.loaded.is_empty() && !report.is_complete());
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_three_times_and_says_nothing_of_the_secrets() {
    let shelf = Shelf::of(names(25));
    shelf.answers([Batch::Throttled, Batch::Throttled]);
    let cache = shelf.cache();
    warmed(&cache, of(25)).await;
    shelf.answers([
        Batch::Pages(20),
        Batch::Throttled,
        Batch::Throttled,
        Batch::Throttled,
    ]);
    let cache = shelf.cache();
    let error = cache.warm_up(of(25)).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(error.report().loaded.len(), 20);
    assert_eq!(
        error.to_string(),
        "warm-up ended early, with 20 secrets loaded"
    );
    cache.get("db-24").await.unwrap();
    assert_eq!(shelf.single.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_ends_in_time_or_when_it_is_dropped_and_what_was_loaded_stays() {
    let shelf = Shelf::of(names(100));
    let cache = shelf.cache();
    let brief = of(100).with_timeout(Duration::from_millis(600));
    let error = cache.warm_up(brief).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(error.report().loaded.len(), 40);
    let told = error.error().to_string();
    assert_eq!(told, "secret db-0 and 99 more: no answer within 600ms");
    assert!(error.error().advice().contains("WarmUp::with_timeout"));

    let shelf = Shelf::of(names(100));
    let cache = shelf.cache();
    let dropped = timeout(Duration::from_millis(600), cache.warm_up(of(100))).await;
    assert!(dropped.is_err());
    sleep(seconds(10)).await;
    assert_eq!(shelf.calls().len(), 3);
    assert!(cache.try_get("db-39").is_some());
    let report = warmed(&cache, of(100)).await;
    assert_eq!(report.loaded.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn what_is_due_as_soon_as_it_is_there_is_loaded() {
    for warm_up in [of(2), found()] {
        let brief = Freshness::new()
            .with_refresh_after(Duration::from_millis(100))
            .with_max_age(seconds(10));
        let shelf = Shelf::of(names(2));
        let cache = shelf.builder().with_freshness(brief).build().unwrap();
        warmed(&cache, warm_up).await;
        assert_eq!(shelf.calls().len(), 1);
        assert!(cache.try_get("db-1").is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn who_shuts_the_cache_down_ends_it() {
    let shelf = Shelf::of(names(100));
    let cache = shelf.cache();
    let warming = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.warm_up(of(100)).await }
    });
    sleep(Duration::from_millis(300)).await;
    cache.shutdown().await;
    let error: WarmUpError = warming.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Ended);
    assert_eq!(cache.stats().secrets, 0);
    assert!(cache.try_get(SecretRef::new("db-0")).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_have_changed_meanwhile_is_fetched_anew() {
    let shelf = Shelf::of([]);
    let cache = shelf.cache();
    let warming = async {
        let report = cache.warm_up(WarmUp::of_ids(["db"]).with_start_within(seconds(0)));
        assert!(report.await.unwrap().is_complete());
    };
    let meanwhile = async {
        sleep(Duration::from_millis(100)).await;
        shelf.is_at(2);
        assert_eq!(cache.invalidate_arn(&arn("db")), 1);
    };
    join!(warming, meanwhile);
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}
