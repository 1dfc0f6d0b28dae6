//! What is declared void, or fetched by others, while it is fetched with many.

use super::{found, names, of, room, shelf::Shelf, warmed};
use crate::upstream::Answer;
use leeward_secret_cache::{SecretCache, SecretErrorKind, SecretEvent, SecretEventKind};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{runtime::Handle, time::sleep};

#[tokio::test(start_paused = true)]
async fn what_changes_meanwhile_is_fetched_anew() {
    for warm_up in [of(3), found()] {
        let shelf = Shelf::of(names(3));
        let cache = shelf.cache();
        let warming = Handle::current().spawn({
            let cache = cache.clone();
            async move { warmed(&cache, warm_up).await }
        });
        sleep(Duration::from_millis(100)).await;
        cache.invalidate("db-1");
        shelf.is_at(2);
        let report = warming.await.unwrap();
        assert_eq!(report.loaded.len(), 3);
        assert_eq!(cache.try_get("db-1").unwrap().version_id(), "version-2");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_void_before_it_has_a_place_is_fetched_anew() {
    let (shelf, of_observer) = (Shelf::of(names(1)), Arc::new(OnceLock::new()));
    let observer = {
        let (shelf, cache) = (shelf.clone(), of_observer.clone());
        move |event: &SecretEvent| {
            if event.kind == SecretEventKind::Evicted {
                let cache: &SecretCache = cache.get().expect("it is built");
                shelf.is_at(2);
                cache.invalidate("db-0");
            }
        }
    };
    let builder = shelf.builder().with_capacity(room(2));
    let cache = builder.with_observer(observer).build().unwrap();
    of_observer.set(cache.clone()).expect("it is set once");
    let warming = Handle::current().spawn({
        let cache = cache.clone();
        async move { warmed(&cache, found()).await }
    });
    sleep(Duration::from_millis(100)).await;
    // It has to take the place of one of them, of which the observer is told.
    for name in ["mine", "another"] {
        shelf.single.takes(Duration::ZERO);
        cache.get(name).await.unwrap();
    }
    assert_eq!(warming.await.unwrap().loaded, ["db-0"]);
    assert_eq!(cache.try_get("db-0").unwrap().version_id(), "version-2");
    assert_eq!(cache.stats().evictions, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_void_each_time_is_told() {
    let shelf = Shelf::of(names(2));
    let cache = shelf.cache();
    let warming = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.warm_up(of(2)).await }
    });
    while !warming.is_finished() {
        sleep(Duration::from_millis(100)).await;
        cache.invalidate("db-1");
    }
    let report = warming.await.unwrap().unwrap();
    assert_eq!(report.loaded, ["db-0"]);
    let told = report.failed[0].to_string();
    assert_eq!(
        told,
        "secret db-1: it was declared void each time while it was fetched"
    );
    assert_eq!(report.failed[0].kind(), SecretErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_fetched_later_is_not_replaced_by_what_was_asked_for_before() {
    let shelf = Shelf::of(names(1));
    shelf.single.takes(Duration::from_millis(10));
    let cache = shelf.cache();
    let warming = Handle::current().spawn({
        let cache = cache.clone();
        async move { warmed(&cache, of(1)).await }
    });
    sleep(Duration::from_millis(100)).await;
    shelf.single.answers(Answer::Version(2));
    assert_eq!(cache.get("db-0").await.unwrap().version_id(), "version-2");
    warming.await.unwrap();
    assert_eq!(cache.try_get("db-0").unwrap().version_id(), "version-2");
}
