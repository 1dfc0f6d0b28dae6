//! Handles that outlast what they stand for.

use crate::is_one;
use crate::upstream::{ARN, Upstream, seconds};
use leeward_secret_cache::SecretHandle;
use std::{num::NonZeroUsize, sync::Arc};
use tokio::{
    join,
    time::{Instant, sleep},
};

#[tokio::test(start_paused = true)]
async fn a_handle_fetches_nothing_until_somebody_asks() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let handle = cache.handle("db");
    assert_eq!(upstream.calls(), 0);
    let first = handle.get().await.unwrap();
    assert!(is_one(&first, &handle.try_get().unwrap()));
    assert!(is_one(&first, &cache.get("db").await.unwrap()));
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_whose_secret_had_to_go_brings_it_back() {
    let upstream = Upstream::new();
    let cache = upstream
        .builder()
        .with_capacity(NonZeroUsize::MIN)
        .build()
        .unwrap();
    let handle = cache.handle("db");
    handle.get().await.unwrap();
    cache.get("other").await.unwrap();
    assert!(cache.try_get("other").is_some());
    handle.get().await.unwrap();
    let (of_handle, of_cache) = (handle.try_get().unwrap(), cache.try_get("db").unwrap());
    assert!(is_one(&of_handle, &of_cache));
    assert_eq!(cache.stats().secrets, 1);
}

#[tokio::test(start_paused = true)]
async fn handles_by_two_names_serve_one_secret() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (by_name, by_arn) = (cache.handle("db"), cache.handle(ARN));
    let _ = join!(by_name.get(), by_arn.get());
    let (one, other) = join!(by_name.get(), by_arn.get());
    assert!(is_one(&one.unwrap(), &other.unwrap()));
    assert_eq!(upstream.calls(), 2);
}

/// Asks for 20 minutes, and says how often that had to wait.
async fn waits(handle: &SecretHandle) -> usize {
    let mut waits = 0;
    for _ in 0..1_200 {
        let before = Instant::now();
        handle.get().await.expect("what is there");
        waits += usize::from(before.elapsed() > seconds(0));
        sleep(seconds(1)).await;
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn handles_by_two_names_are_fetched_for_by_the_side_for_ever() {
    for names in [["db", ARN], [ARN, "db"]] {
        let upstream = Upstream::new();
        let cache = upstream.cache();
        let [one, other] = names.map(|name| cache.handle(name));
        let _ = join!(one.get(), other.get());
        assert_eq!((waits(&one).await, waits(&other).await), (0, 0));
        // Six times in 40 minutes, more or less, and not once for each.
        assert!(upstream.calls() <= 14, "{}", upstream.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_whose_place_another_took_waits_no_more_than_that() {
    let upstream = Upstream::new();
    let two = NonZeroUsize::new(2).unwrap();
    let cache = upstream.builder().with_capacity(two).build().unwrap();
    let handle = cache.handle("db");
    handle.get().await.unwrap();
    for name in ["other", "another"] {
        cache.get(name).await.unwrap();
    }
    // In another place than the handle's.
    cache.get("db").await.unwrap();
    assert_eq!(waits(&handle).await, 0);
    // It was asked for last.
    cache.get("new").await.unwrap();
    assert!(cache.try_get("db").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_lands_in_a_place_that_had_to_go_is_not_kept_there() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (by_name, by_arn) = (cache.handle("db"), cache.handle(ARN));
    let (one, other) = join!(by_name.get(), by_arn.get());
    drop(one);
    let values = [other, by_arn.get().await].map(|found| Arc::downgrade(&found.unwrap()));
    assert_eq!(cache.invalidate("db"), 1);
    assert!(by_arn.try_get().is_none() && by_name.try_get().is_none());
    for value in values {
        assert!(value.upgrade().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_keeps_the_cache_and_the_last_one_ends_it() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let handle = cache.handle("db");
    drop(cache);
    let secret = handle.get().await.unwrap();
    let value = Arc::downgrade(&secret);
    drop(secret);
    drop(handle);
    while value.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}
