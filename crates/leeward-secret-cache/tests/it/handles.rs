//! Handles that outlast what they stand for.

use crate::is_one;
use crate::upstream::{ARN, Upstream};
use std::{num::NonZeroUsize, sync::Arc};
use tokio::join;

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
