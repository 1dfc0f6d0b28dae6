//! Logins while passwords change.

use super::{
    database::{Database, LoginError, Rotation, Strategy},
    logins::{log_in, log_in_by_pending},
    vault::Vault,
};
use crate::upstream::seconds;
use leeward_secret_cache::{Freshness, SecretErrorKind, SecretRef, WithSecretError};
use std::{error::Error, num::NonZeroUsize, time::Duration};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

fn versions(error: &WithSecretError<LoginError>) -> Vec<&str> {
    let logins = error.tried().logins();
    logins.iter().map(|it| it.version_id.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_works_costs_one_login_and_no_fetch_of_its_own() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    for _ in 0..10 {
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
    }
    assert_eq!((database.accepted(), vault.calls()), (10, 1));
    assert!(database.refused().is_empty());
    assert_eq!(cache.stats().hits, 9);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_became_current_meanwhile_is_fetched_and_tried() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    sleep(seconds(10)).await;
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    rotation.test();
    rotation.finish();
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    assert_eq!(database.refused(), ["version-1"]);
    assert_eq!(vault.calls(), 2);
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn between_set_secret_and_finish_secret_the_pending_version_logs_in() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    sleep(seconds(10)).await;
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    let start = Instant::now();
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    // Two logins and two fetches, and nothing waited for.
    assert_eq!(start.elapsed(), Duration::from_millis(20 + 50 + 50 + 20));
    assert_eq!(database.refused(), ["version-1"]);
    // It is nobody else's, and in no place of its own.
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
    assert_eq!((cache.stats().secrets, cache.stats().withdrawals), (1, 0));
    // Later calls try it first, and ask for nothing.
    let calls = vault.calls();
    for _ in 0..10 {
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    }
    assert_eq!((vault.calls(), database.refused().len()), (calls, 1));
    // Also when it is current, and when another one is.
    rotation.finish();
    sleep(seconds(10)).await;
    cache.refresh_now("db").await.unwrap();
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
    assert_eq!(database.refused().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_worked_once_is_tried_first_for_as_long_as_the_budget() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    log_in(&cache, &database).await.unwrap();
    assert_eq!(database.refused().len(), 1);
    sleep(seconds(89)).await;
    log_in(&cache, &database).await.unwrap();
    assert_eq!(database.refused().len(), 1);
    sleep(seconds(2)).await;
    log_in(&cache, &database).await.unwrap();
    assert_eq!(database.refused().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_worked_before_the_machine_slept_is_not_tried_after_it() {
    // Longer than the budget, and longer than a value may be served.
    for slept in [91, 301] {
        let vault = Vault::new();
        let (database, cache) = (Database::new(&vault), vault.cache());
        log_in(&cache, &database).await.unwrap();
        let before = vault.value_at("AWSCURRENT");
        Rotation::create(&vault, &database, Strategy::SingleUser).set();
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-2");
        vault.puts_to_sleep(seconds(slept));
        database.wants(&before);
        assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
        assert_eq!(database.refused(), ["version-1"], "{slept}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_worked_once_is_tried_first_no_longer_than_it_may_be_served() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    let freshness = Freshness::new()
        .with_refresh_after(seconds(20))
        .with_max_age(seconds(30));
    let cache = vault.builder().with_freshness(freshness).build().unwrap();
    log_in(&cache, &database).await.unwrap();
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    rotation.set();
    log_in(&cache, &database).await.unwrap();
    sleep(seconds(31)).await;
    log_in(&cache, &database).await.unwrap();
    assert_eq!(database.refused().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_worked_once_is_wiped_when_its_time_is_over() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    let pending = log_in_by_pending(&cache, &database).await;
    sleep(seconds(89)).await;
    assert!(pending.upgrade().is_some());
    sleep(seconds(2)).await;
    assert!(pending.upgrade().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_worked_and_does_not_any_more_is_forgotten() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    let before = vault.value_at("AWSCURRENT");
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    log_in(&cache, &database).await.unwrap();
    // The rotation failed, and somebody set the old password again.
    database.wants(&before);
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
    assert_eq!(database.refused(), ["version-1", "version-2"]);
}

#[tokio::test(start_paused = true)]
async fn with_two_users_nobody_is_refused_at_any_step() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    for _ in 0..2 {
        let rotation = Rotation::create(&vault, &database, Strategy::AlternatingUsers);
        log_in(&cache, &database).await.unwrap();
        rotation.set();
        log_in(&cache, &database).await.unwrap();
        rotation.test();
        rotation.finish();
        log_in(&cache, &database).await.unwrap();
        // Long before the next one.
        sleep(seconds(1)).await;
        cache.refresh_now("db").await.unwrap();
    }
    assert!(database.refused().is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_the_pending_version_is_not_to_be_had_the_end_of_the_rotation_is_waited_for() {
    for is_denied in [true, false] {
        let vault = Vault::new();
        vault.denies(if is_denied { "AWSPENDING" } else { "none" });
        let database = Database::new(&vault);
        let builder = vault.builder().with_pending_versions(is_denied);
        let cache = builder.build().unwrap();
        log_in(&cache, &database).await.unwrap();
        let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
        rotation.set();
        let login = Handle::current().spawn({
            let (cache, database) = (cache.clone(), database.clone());
            async move { log_in(&cache, &database).await }
        });
        sleep(seconds(60)).await;
        assert!(!login.is_finished());
        rotation.finish();
        assert_eq!(login.await.unwrap().unwrap(), "version-2");
        // One caller, so all were its own; the last of five is for what is new.
        assert!(database.refused().len() <= 4, "{:?}", database.refused());
        assert_eq!(vault.calls_for("AWSPENDING") > 0, is_denied);
        assert!(vault.calls() <= 25, "{}", vault.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_version_without_a_value_is_not_tried() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    database.wants("app:password-3");
    vault.create_empty();
    let login = Handle::current().spawn({
        let (cache, database) = (cache.clone(), database.clone());
        async move { log_in(&cache, &database).await }
    });
    sleep(seconds(4)).await;
    vault.create(|_| String::new());
    sleep(seconds(10)).await;
    assert!(!database.refused().contains(&"version-2".to_owned()));
    assert!(!database.refused().contains(&"version-3".to_owned()));
    vault.create(|_| "app:password-3".to_owned());
    assert_eq!(login.await.unwrap().unwrap(), "version-4");
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_tried_again_since_the_database_may_lag_behind() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    database.wants("app:neither");
    let rotation = Rotation::create(&vault, &database, Strategy::SingleUser);
    let login = Handle::current().spawn({
        let (cache, database) = (cache.clone(), database.clone());
        async move { log_in(&cache, &database).await }
    });
    sleep(seconds(3)).await;
    assert_eq!(database.refused(), ["version-1", "version-2"]);
    rotation.set();
    assert_eq!(login.await.unwrap().unwrap(), "version-2");
    assert!(database.refused().len() <= 3, "{:?}", database.refused());
}

#[tokio::test(start_paused = true)]
async fn the_previous_version_is_the_last_resort() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    let builder = vault.builder().with_rotation_budget(seconds(3));
    let cache = builder.build().unwrap();
    // A rotation whose password has not arrived in this replica of the database.
    Rotation::create(&vault, &database, Strategy::SingleUser).finish();
    let start = Instant::now();
    assert_eq!(log_in(&cache, &database).await.unwrap(), "version-1");
    assert!(start.elapsed() >= seconds(3));
    assert_eq!(database.refused(), ["version-2"]);
    // The others know of it.
    log_in(&cache, &database).await.unwrap();
    assert_eq!(database.refused(), ["version-2"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_refused_no_call_logs_in_more_often_than_it_may() {
    for (max_logins, expected) in [
        (1, vec![2]),
        (2, vec![2, 3]),
        (3, vec![2, 3, 1]),
        (5, vec![2, 3, 2, 3, 1]),
    ] {
        let vault = Vault::new();
        let database = Database::new(&vault);
        vault.create(|_| "app:wrong".to_owned());
        vault.finish();
        database.wants("app:other");
        vault.create(|_| "app:wrong-as-well".to_owned());
        let max = NonZeroUsize::new(max_logins).unwrap();
        let cache = vault.builder().with_max_logins(max).build().unwrap();
        let start = Instant::now();
        let error = log_in(&cache, &database).await.unwrap_err();
        let expected = expected.iter().map(|nth| format!("version-{nth}"));
        assert_eq!(versions(&error), expected.collect::<Vec<_>>());
        assert_eq!(database.refused().len(), max_logins);
        assert!(start.elapsed() <= seconds(91));
        if max_logins < 3 {
            // There is none left for what may turn up.
            assert!(start.elapsed() < seconds(2), "{:?}", start.elapsed());
        }
        assert_eq!(error.tried().elapsed(), start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_was_tried_and_no_value() {
    let vault = Vault::new();
    let database = Database::new(&vault);
    database.wants("app:other");
    let builder = vault.builder().with_rotation_budget(Duration::ZERO);
    let cache = builder.build().unwrap();
    let error = log_in(&cache, &database).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret db: every version was refused, in 1 login within 170.0ms: version version-1 (AWSCURRENT)"
    );
    let source = error.source().unwrap().to_string();
    assert_eq!(source, "password authentication failed");
    assert!(error.advice().contains("locked"));
    assert!(!format!("{error:?} {error}").contains("password-1"));
    assert_eq!(error.into_operation(), Some(LoginError::Password));
}

#[tokio::test(start_paused = true)]
async fn any_other_error_is_given_back_at_once() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    database.goes_down();
    let error = log_in(&cache, &database).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the operation with secret db failed, in 1 login within 70.0ms: version version-1 (AWSCURRENT)"
    );
    assert!(matches!(
        error,
        WithSecretError::Operation {
            error: LoginError::Down,
            ..
        }
    ));
    assert_eq!(vault.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_secret_nothing_is_tried() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    vault.denies("*");
    let error = log_in(&cache, &database).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no secret for the operation");
    let WithSecretError::Secret { error, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    assert!(database.refused().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_withdrawn_meanwhile_ends_the_search() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    sleep(seconds(2)).await;
    vault.denies("*");
    database.wants("app:other");
    let start = Instant::now();
    let error = log_in(&cache, &database).await.unwrap_err();
    assert!(start.elapsed() < seconds(1));
    assert!(matches!(error, WithSecretError::Secret { .. }));
    assert_eq!(versions(&error), ["version-1"]);
}

#[tokio::test(start_paused = true)]
async fn during_an_outage_what_is_there_is_tried_and_the_error_says_so() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    log_in(&cache, &database).await.unwrap();
    database.wants("app:other");
    vault.goes_down();
    sleep(seconds(2)).await;
    let error = log_in(&cache, &database).await.unwrap_err();
    assert!(matches!(error, WithSecretError::Refused { .. }));
    let refresh_error = error.tried().refresh_error().unwrap();
    assert_eq!(refresh_error.kind(), SecretErrorKind::Unavailable);
    assert!(
        error
            .to_string()
            .contains("; not fetched anew: secret db: ")
    );
}

#[tokio::test(start_paused = true)]
async fn a_version_is_tried_once_and_a_stage_alone() {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    database.wants("app:other");
    let log_in = |secret| database.log_in(secret);
    let version = SecretRef::new("db").at_version("version-1");
    let start = Instant::now();
    let error = cache
        .with_secret(version, log_in, LoginError::is_of_password)
        .await
        .unwrap_err();
    assert_eq!(versions(&error), ["version-1"]);
    assert!(start.elapsed() < seconds(1));
    vault.create(|_| "app:pending".to_owned());
    let pending = SecretRef::new("db").at_stage("AWSPENDING");
    let error = cache
        .with_secret(pending, log_in, LoginError::is_of_password)
        .await
        .unwrap_err();
    assert!(versions(&error).iter().all(|it| *it == "version-2"));
    assert_eq!(vault.calls_for("AWSCURRENT"), 0);
    assert_eq!(vault.calls_for("AWSPREVIOUS"), 0);
}
