//! Those who come while others are refused.

use super::{
    database::{Database, LoginError, Rotation, Strategy},
    logins::{self, Outcome},
    vault::Vault,
};
use crate::upstream::seconds;
use leeward_secret_cache::{Secret, SecretCache, WithSecretError};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::{
    join,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

async fn log_in(cache: SecretCache, database: Database) -> Outcome {
    logins::log_in(&cache, &database).await
}

/// One caller a second.
async fn come(cache: &SecretCache, database: &Database, callers: usize) -> JoinSet<Outcome> {
    let mut coming = JoinSet::new();
    for _ in 0..callers {
        coming.spawn(log_in(cache.clone(), database.clone()));
        sleep(seconds(1)).await;
    }
    coming
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_others_are_refused_waits_with_them() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    sleep(seconds(2)).await;
    let callers = come(&cache, &database, 60).await;
    let refused = database.refused().len();
    assert!((8..=12).contains(&refused), "{refused}");
    // The password is what it was, and one finds out for all.
    database.wants(&vault.value_at("AWSCURRENT"));
    let outcomes = timeout(seconds(9), callers.join_all()).await;
    let outcomes = outcomes.expect("in time");
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(database.refused().len() <= refused + 1);
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_often_gets_in_with_the_others() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    sleep(seconds(2)).await;
    // It is refused at once, after 5 seconds and after 15 more; alone it would wait for another 45.
    let mut callers = come(&cache, &database, 1).await;
    sleep(seconds(28)).await;
    assert_eq!(database.refused().len(), 3);
    database.wants(&vault.value_at("AWSCURRENT"));
    callers.spawn(log_in(cache.clone(), database.clone()));
    let outcomes = timeout(seconds(9), callers.join_all()).await;
    assert!(outcomes.expect("in time").iter().all(Result::is_ok));
    assert_eq!(database.refused().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_comes_in_the_midst_of_a_rotation_is_not_refused() {
    let vault = Vault::new();
    vault.denies("AWSPENDING");
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    sleep(seconds(2)).await;
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    let callers = come(&cache, &database, 40).await;
    rotation.finish();
    let outcomes = callers.join_all().await;
    assert!(
        outcomes
            .iter()
            .all(|it| it.as_deref().ok() == Some("version-2"))
    );
    assert!(database.refused().len() <= 10, "{:?}", database.refused());
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_through_others_alone_is_told_so() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    let builder = vault.builder().with_rotation_budget(seconds(10));
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    database.wants("app:neither");
    sleep(seconds(2)).await;
    let outcomes = come(&cache, &database, 120).await.join_all().await;
    let (refused, logins) = (database.refused().len(), |it: &Outcome| {
        let error = it.as_ref().expect_err("a refusal");
        error.tried().logins().len()
    });
    assert!(refused <= 30, "{refused}");
    assert_eq!(outcomes.iter().map(logins).sum::<usize>(), refused);
    let error = outcomes.into_iter().find(|it| logins(it) == 0);
    let error = error.expect("one who never tried").unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret db: every version was refused to others, and none that logs in turned up within 10.0s"
    );
    assert!(error.source().is_none() && error.advice().contains("locked"));
    assert!(matches!(error, WithSecretError::RefusedToOthers { .. }));
    assert_eq!(error.into_operation(), None);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_refuses_a_login_keeps_nobody_from_another() {
    let vault = Vault::new();
    let (good, bad) = (Database::new(&vault), Database::new(&vault));
    let cache = vault.cache();
    cache.get("db").await.unwrap();
    bad.wants("app:neither");
    sleep(seconds(2)).await;
    let mut refused = JoinSet::new();
    for nth in 0..60 {
        if nth % 10 == 0 {
            refused.spawn(log_in(cache.clone(), bad.clone()));
        }
        sleep(Duration::from_millis(500)).await;
        let start = Instant::now();
        log_in(cache.clone(), good.clone()).await.unwrap();
        // The first has to find out.
        if nth > 0 {
            assert_eq!(start.elapsed(), Duration::from_millis(20), "{nth}");
        }
        sleep(Duration::from_millis(500)).await;
    }
    assert!(good.refused().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_has_no_budget_waits_for_nobody() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    let builder = vault.builder().with_rotation_budget(Duration::ZERO);
    let cache = builder.build().unwrap();
    Rotation::create(&vault, &database, Strategy::SingleUser).finish();
    database.wants("app:neither");
    cache.get("db").await.unwrap();
    sleep(seconds(2)).await;
    // One hangs with what was before.
    let hangs = |secret: Arc<Secret>| async move {
        if secret.version_id() == "version-1" {
            sleep(seconds(60)).await;
        }
        Err::<(), _>(LoginError::Password)
    };
    let one = cache.with_secret("db", hangs, LoginError::is_of_password);
    let other = async {
        sleep(seconds(1)).await;
        let error = log_in(cache.clone(), database.clone()).await.unwrap_err();
        // It has tried for itself.
        assert!(matches!(error, WithSecretError::Refused { .. }));
        error.tried().elapsed()
    };
    let (_, waited) = join!(timeout(seconds(30), one), other);
    // A login, and at most three fetches of 50 ms.
    assert!(waited <= Duration::from_millis(20 + 150), "{waited:?}");
}
