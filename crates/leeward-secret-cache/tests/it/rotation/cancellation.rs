//! Calls that are dropped, and caches that change, while somebody looks for a login.

use super::{
    database::{Database, Rotation, Strategy},
    logins::{log_in, log_in_by_pending},
    vault::Vault,
};
use crate::upstream::seconds;
use leeward_secret_cache::{SecretCache, WithSecretError};
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    join,
    time::{sleep, timeout},
};

#[tokio::test(start_paused = true)]
async fn whenever_a_call_is_dropped_the_next_one_gets_in() {
    // A login takes 20 ms and a fetch 50: each step is met in its middle and between the two.
    for millis in (0..=400).step_by(5) {
        let vault = Vault::new();
        let (database, cache) = (Database::new(&vault), vault.cache());
        cache.get("db").await.unwrap();
        sleep(seconds(2)).await;
        Rotation::create(&vault, &database, Strategy::SingleUser).set();
        let dropped = timeout(Duration::from_millis(millis), log_in(&cache, &database));
        // Another one is under way in the same window, and is not left behind.
        let (_, other) = join!(dropped, log_in(&cache, &database));
        assert_eq!(other.unwrap(), "version-2", "{millis}");
        assert_eq!(database.trying(), 0, "{millis}");
        let next = timeout(seconds(2), log_in(&cache, &database)).await;
        assert_eq!(next.unwrap().unwrap(), "version-2", "{millis}");
    }
}

#[tokio::test(start_paused = true)]
async fn whenever_a_call_is_dropped_while_nothing_helps_others_go_on() {
    for millis in (0..=10_000).step_by(333) {
        let vault = Vault::new();
        let (database, cache) = (Database::new(&vault), vault.cache());
        cache.get("db").await.unwrap();
        database.wants("app:neither");
        let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
        let given_up = timeout(Duration::from_millis(millis), log_in(&cache, &database));
        assert!(given_up.await.is_err());
        assert_eq!(database.trying(), 0, "{millis}");
        rotation.set();
        let next = timeout(seconds(2), log_in(&cache, &database)).await;
        assert_eq!(next.unwrap().unwrap(), "version-2", "{millis}");
    }
}

#[tokio::test(start_paused = true)]
async fn whenever_the_cache_lets_go_of_it_the_call_gets_in() {
    let let_go: [fn(&SecretCache); 3] = [
        |cache| {
            cache.invalidate("db");
        },
        SecretCache::clear,
        // Its place is taken by another.
        |cache| {
            cache.handle("other");
        },
    ];
    for (nth, let_go) in let_go.into_iter().enumerate() {
        for millis in (0..=300).step_by(10) {
            let vault = Vault::new();
            let database = Database::new(&vault);
            let builder = vault.builder().with_capacity(NonZeroUsize::MIN);
            let cache = builder.build().unwrap();
            cache.get("db").await.unwrap();
            sleep(seconds(2)).await;
            Rotation::create(&vault, &database, Strategy::SingleUser).set();
            let meanwhile = async {
                sleep(Duration::from_millis(millis)).await;
                let_go(&cache);
            };
            let (outcome, ()) = join!(log_in(&cache, &database), meanwhile);
            assert_eq!(outcome.unwrap(), "version-2", "{nth} {millis}");
            assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_let_go_of_is_not_what_later_calls_try_first() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    let before = vault.value_at("AWSCURRENT");
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    log_in(&cache, &database).await.unwrap();
    cache.invalidate("db");
    database.wants(&before);
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
    assert_eq!(database.refused(), ["version-1"]);
}

#[tokio::test(start_paused = true)]
async fn what_logged_in_is_wiped_when_the_secret_is_withdrawn() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    let pending = log_in_by_pending(&cache, &database).await;
    sleep(seconds(2)).await;
    cache.refresh_now("db").await.unwrap();
    assert!(pending.upgrade().is_some());
    sleep(seconds(2)).await;
    vault.denies("*");
    cache.refresh_now("db").await.unwrap_err();
    assert!(pending.upgrade().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_is_shut_down_leaves_nobody_waiting() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    let meanwhile = async {
        sleep(seconds(5)).await;
        cache.shutdown().await;
    };
    let outcome = timeout(seconds(20), log_in(&cache, &database));
    let (outcome, ()) = join!(outcome, meanwhile);
    assert!(matches!(
        outcome.unwrap().unwrap_err(),
        WithSecretError::Secret { .. }
    ));
}
