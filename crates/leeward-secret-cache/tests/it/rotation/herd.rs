//! Many who are refused at once.

use super::{
    database::{Database, LoginError, Rotation, Strategy},
    logins::log_in,
    vault::Vault,
};
use crate::upstream::seconds;
use leeward_secret_cache::SecretCache;
use tokio::{task::JoinSet, time::sleep};

fn crowd(cache: &SecretCache, database: &Database) -> JoinSet<Option<String>> {
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let (handle, database) = (cache.handle("db"), database.clone());
        callers.spawn(async move {
            let log_in = |secret| database.log_in(secret);
            let outcome = handle.with_secret(log_in, LoginError::is_of_password);
            outcome.await.ok()
        });
    }
    callers
}

#[tokio::test(start_paused = true)]
async fn a_thousand_refused_in_the_window_share_the_fetches_and_one_tries_what_is_pending() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    sleep(seconds(10)).await;
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    let outcomes = crowd(&cache, &database).join_all().await;
    assert!(outcomes.iter().all(|it| it.as_deref() == Some("version-2")));
    // One of the current version, one of the pending one.
    assert_eq!(vault.calls(), 1 + 2);
    // Each knew only that it was refused itself.
    assert_eq!(database.refused().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_pending_version_that_is_refused_to_one_is_not_tried_by_all() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    let callers = crowd(&cache, &database);
    sleep(seconds(40)).await;
    let refused = database.refused();
    let others = refused.iter().skip(1_000).count();
    assert!((2..=20).contains(&others), "{others}");
    rotation.set();
    let outcomes = callers.join_all().await;
    assert!(outcomes.iter().all(|it| it.as_deref() == Some("version-2")));
    assert!(vault.calls() <= 40, "{}", vault.calls());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_whom_nothing_helps_cost_few_calls_and_few_logins() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    Rotation::create(&vault, &database, Strategy::SingleUser);
    let outcomes = crowd(&cache, &database).join_all().await;
    assert!(outcomes.iter().all(Option::is_none));
    let others = database.refused().len() - 1_000;
    assert!((3..=30).contains(&others), "{others}");
    assert!(vault.calls() <= 40, "{}", vault.calls());
}

#[tokio::test(start_paused = true)]
async fn who_comes_one_after_the_other_in_the_window_is_let_in_at_once() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    sleep(seconds(2)).await;
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    for _ in 0..600 {
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
        sleep(std::time::Duration::from_millis(100)).await;
    }
    rotation.finish();
    // A minute of it: one was refused, and what is current was looked at every ten seconds.
    assert_eq!(database.refused().len(), 1);
    assert_eq!(vault.calls_for("AWSPENDING"), 1);
    assert!(vault.calls() <= 3 + 8, "{}", vault.calls());
    // Its end is seen before what logged in is forgotten.
    for _ in 0..30 {
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
        sleep(seconds(1)).await;
    }
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    sleep(seconds(120)).await;
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    assert_eq!(database.refused().len(), 1);
}
