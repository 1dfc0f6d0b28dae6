//! Those who want to know when a version moves.

use super::{
    database::{Database, Rotation, Strategy},
    logins::log_in,
    vault::Vault,
    wakers::in_time,
};
use crate::upstream::{ARN, Answer, Upstream, seconds};
use leeward_secret_cache::{
    OnWithdrawal, SecretCache, SecretEvent, SecretEventKind, VersionWatch, WatchedVersion,
};
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, OnceLock, mpsc},
    thread,
    time::Duration,
};
use tokio::{
    join,
    runtime::Builder,
    time::{sleep, timeout},
};

async fn soon(watch: &mut VersionWatch) -> Option<WatchedVersion> {
    let soon = timeout(seconds(300), watch.changed()).await;
    soon.expect("a change")
}

async fn is_quiet(watch: &mut VersionWatch, time: Duration) -> bool {
    timeout(time, watch.changed()).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn a_version_that_moves_is_told_although_nobody_reads() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    let mut watch = cache.subscribe("db");
    assert_eq!(watch.current(), WatchedVersion::Unknown);
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-1"));
    // Refreshed all the time, and no event.
    assert!(is_quiet(&mut watch, seconds(3_600)).await);
    assert!((14..=18).contains(&vault.calls()), "{}", vault.calls());
    assert!(cache.try_get("db").is_some());
    Rotation::create(&vault, &database, Strategy::SingleUser).finish();
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-2"));
    assert_eq!(watch.current().id(), Some("version-2"));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_rotation_is_told_soon_after_one_login() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    sleep(seconds(25)).await;
    rotation.finish();
    assert!(!is_quiet(&mut watch, seconds(11)).await);
    assert_eq!(watch.current().id(), Some("version-2"));
    // Then there is nothing to look for any more.
    let before = vault.calls();
    sleep(seconds(100)).await;
    assert_eq!(vault.calls(), before);
}

#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_and_comes_back_is_told() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let handle = cache.handle("db");
    let mut watch = handle.subscribe();
    soon(&mut watch).await.unwrap();
    upstream.answers(Answer::Missing);
    assert_eq!(soon(&mut watch).await, Some(WatchedVersion::Withdrawn));
    assert!(is_quiet(&mut watch, seconds(300)).await);
    upstream.answers(Answer::Version(1));
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-1"));
}

#[tokio::test(start_paused = true)]
async fn an_outage_and_an_invalidation_are_no_change() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    cache.invalidate("db");
    assert!(is_quiet(&mut watch, seconds(60)).await);
    // It was fetched anew by the side.
    assert!(cache.try_get("db").is_some());
    upstream.answers(Answer::Throttled);
    assert!(is_quiet(&mut watch, seconds(600)).await);
    assert_eq!(watch.current().id(), Some("version-1"));
    upstream.answers(Answer::Version(2));
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-2"));
}

#[tokio::test(start_paused = true)]
async fn it_holds_the_place_of_its_secret() {
    let upstream = Upstream::new();
    let builder = upstream.builder().with_capacity(NonZeroUsize::MIN);
    let cache = builder.build().unwrap();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    for other in ["one", "two"] {
        cache.get(other).await.unwrap();
        assert!(cache.try_get("db").is_some());
    }
    assert_eq!((cache.stats().secrets, cache.stats().evictions), (2, 1));
    upstream.answers(Answer::Version(2));
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-2"));
    drop(watch);
    cache.get("three").await.unwrap();
    assert_eq!(cache.stats().secrets, 1);
}

#[test]
fn more_that_are_watched_than_there_is_room_for_are_kept_at_no_greater_cost() {
    // Each that drove out another would have no other task run.
    in_time(async || {
        let upstream = Upstream::new();
        let capacity = NonZeroUsize::new(2).expect("some room");
        let builder = upstream.builder().with_capacity(capacity);
        let cache = builder.build().expect("a cache");
        let names = ["a", "b", "c"];
        let watches = names.map(|name| cache.subscribe(name));
        sleep(seconds(60)).await;
        assert_eq!((upstream.calls(), cache.stats().evictions), (3, 0));
        assert!(names.iter().all(|name| cache.try_get(*name).is_some()));
        drop(watches);
    });
}

#[tokio::test(start_paused = true)]
async fn however_often_the_keeper_is_woken_it_has_its_rests() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    let calls = upstream.calls();
    // Each lets go of it, so that it is to be fetched anew.
    for _ in 0..1_000 {
        cache.invalidate("db");
        sleep(Duration::from_millis(1)).await;
    }
    assert!(upstream.calls() <= calls + 11, "{}", upstream.calls());
}

#[tokio::test(start_paused = true)]
async fn what_was_withdrawn_and_kept_is_told_when_it_is_over() {
    let upstream = Upstream::new();
    let builder = upstream.builder();
    let builder = builder.with_on_withdrawal(OnWithdrawal::KeepUntilOver);
    let cache = builder.build().unwrap();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    upstream.answers(Answer::Missing);
    // It was fetched at the beginning, which took 200 ms.
    assert!(is_quiet(&mut watch, Duration::from_millis(299_700)).await);
    assert!(cache.try_get("db").is_some());
    let told = timeout(Duration::from_millis(200), watch.changed()).await;
    assert_eq!(told, Ok(Some(WatchedVersion::Withdrawn)));
    assert!(cache.try_get("db").is_none());
    upstream.answers(Answer::Version(1));
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-1"));
}

#[tokio::test(start_paused = true)]
async fn two_names_of_one_secret_are_told_alike() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (mut by_name, mut by_arn) = (cache.subscribe("db"), cache.subscribe(ARN));
    join!(soon(&mut by_name), soon(&mut by_arn));
    let calls = upstream.calls();
    upstream.answers(Answer::Version(2));
    let (one, other) = join!(soon(&mut by_name), soon(&mut by_arn));
    assert_eq!(one.unwrap().id(), Some("version-2"));
    assert_eq!(other.unwrap().id(), Some("version-2"));
    // It is one secret by now, and refreshed as one.
    assert_eq!(upstream.calls(), calls + 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_found_says_nothing_of_the_arn() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (mut by_name, mut by_arn) = (cache.subscribe("db"), cache.subscribe(ARN));
    join!(soon(&mut by_name), soon(&mut by_arn));
    upstream.lacks("db");
    assert_eq!(soon(&mut by_name).await, Some(WatchedVersion::Withdrawn));
    assert!(is_quiet(&mut by_arn, seconds(600)).await);
    assert!(cache.try_get(ARN).is_some() && cache.try_get("db").is_none());
}

#[tokio::test(start_paused = true)]
async fn who_drops_it_ends_it() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    let other = watch.clone();
    soon(&mut watch).await.unwrap();
    drop(watch);
    sleep(seconds(600)).await;
    let calls = upstream.calls();
    assert!(calls >= 3, "{calls}");
    drop(other);
    sleep(seconds(3_600)).await;
    assert!(upstream.calls() <= calls + 1, "{}", upstream.calls());
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_cache() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    drop(cache);
    assert_eq!(soon(&mut watch).await, None);
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    let handle = cache.handle("db");
    soon(&mut watch).await.unwrap();
    cache.shutdown().await;
    assert_eq!(soon(&mut watch).await, None);
    drop(handle);
}

#[test]
fn it_ends_with_the_runtime_that_the_cache_was_built_in() {
    let runtime = || {
        let mut runtime = Builder::new_current_thread();
        runtime.enable_all().start_paused(true).build().unwrap()
    };
    for is_watched in [true, false] {
        let (first, second) = (runtime(), runtime());
        let upstream = Upstream::new();
        let cache = first.block_on(async { upstream.cache() });
        first.block_on(cache.get("db")).unwrap();
        let watch = is_watched.then(|| cache.subscribe("db"));
        first.block_on(async { sleep(seconds(1)).await });
        drop(first);
        let late = cache.subscribe("db");
        assert_eq!(late.current().id(), Some("version-1"));
        for mut watch in watch.into_iter().chain([late, cache.subscribe("other")]) {
            assert_eq!(second.block_on(soon(&mut watch)), None);
        }
        // What is there is served on.
        assert!(cache.try_get("db").is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn it_follows_a_secret_whose_place_another_has_taken() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = cache.subscribe("db");
    soon(&mut watch).await.unwrap();
    cache.clear();
    upstream.answers(Answer::Version(2));
    // Before the subscription has put its own back.
    cache.get("db").await.unwrap();
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-2"));
    upstream.answers(Answer::Version(3));
    assert_eq!(soon(&mut watch).await.unwrap().id(), Some("version-3"));
    assert_eq!(cache.stats().secrets, 1);
}

#[tokio::test(start_paused = true)]
async fn who_subscribes_to_what_has_ended_is_told_so() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.unwrap();
    cache.shutdown().await;
    let mut watch = cache.subscribe("db");
    assert_eq!(soon(&mut watch).await, None);
    let mut watch = cache.handle("other").subscribe();
    assert_eq!(soon(&mut watch).await, None);
}

#[test]
fn an_observer_may_subscribe_when_it_is_told() {
    let (sender, told) = mpsc::channel();
    // In a thread of its own, so that who waits for himself is found out.
    thread::spawn(move || {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        sender.send(runtime.block_on(watched_by_an_observer()))
    });
    let version = told.recv_timeout(seconds(30)).expect("no deadlock");
    assert_eq!(version.unwrap().id(), Some("version-1"));
}

/// What an observer is told that subscribes when another secret makes room for one that is watched.
async fn watched_by_an_observer() -> Option<WatchedVersion> {
    let upstream = Upstream::new();
    let (cache, watch) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(None)));
    let observer = {
        let (cache, watch) = (cache.clone(), watch.clone());
        move |event: &SecretEvent| {
            if (event.kind, event.secret.as_str()) == (SecretEventKind::Evicted, "one") {
                let cache: Option<&SecretCache> = cache.get();
                *watch.lock().expect("no panic") = cache.map(|cache| cache.subscribe("third"));
            }
        }
    };
    let capacity = NonZeroUsize::new(2).expect("some room");
    let builder = upstream.builder().with_capacity(capacity);
    let cache = cache.get_or_init(|| builder.with_observer(observer).build().expect("a cache"));
    let mut kept = cache.subscribe("db");
    soon(&mut kept).await;
    for other in ["one", "two"] {
        sleep(seconds(2)).await;
        cache.get(other).await.expect("a secret");
    }
    sleep(seconds(2)).await;
    let mut watch = watch.lock().expect("no panic").take()?;
    soon(&mut watch).await
}
