//! Credentials that are served from memory and renewed by the side, in memory and on paused time.

use crate::credentials_source::{MINUTE, Mood, SECOND, Wall, refreshing};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use leeward_client_pool::{PoolError, RefreshingCredentials};
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::task::JoinSet;

async fn id(credentials: &RefreshingCredentials) -> String {
    let given = credentials.provide_credentials().await.unwrap();
    given.access_key_id().to_owned()
}

/// Asks once a second from twenty tasks until `end`, and finds nothing that has expired.
async fn load_until(end: Duration, wall: &Wall, credentials: &RefreshingCredentials) {
    let callers: JoinSet<_> = (0..20)
        .map(|at| {
            let (wall, credentials) = (wall.clone(), credentials.clone());
            async move {
                tokio::time::sleep(SECOND * at / 20).await;
                while wall.passed() < end {
                    let given = credentials.provide_credentials().await.unwrap();
                    assert!(given.expiry().unwrap() > wall.now());
                    tokio::time::sleep(SECOND).await;
                }
            }
        })
        .collect();
    callers.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_life_of_ten_minutes_blocks_nobody_for_an_hour() {
    let (wall, _, credentials) = refreshing();
    id(&credentials).await;
    load_until(60 * MINUTE, &wall, &credentials).await;
    let stats = credentials.stats();
    assert_eq!((stats.blocked, stats.loads, stats.failures), (1, 1, 0));
    assert!((10..=12).contains(&stats.refreshes), "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_dark_for_the_last_four_minutes_is_not_missed() {
    let (wall, source, credentials) = refreshing();
    id(&credentials).await;
    load_until(6 * MINUTE, &wall, &credentials).await;
    source.set(Mood::Fails);
    load_until(10 * MINUTE, &wall, &credentials).await;
    source.set(Mood::Gives);
    load_until(14 * MINUTE, &wall, &credentials).await;
    let stats = credentials.stats();
    assert_eq!((stats.blocked, stats.loads, stats.failures), (1, 1, 0));
    assert_eq!(stats.refreshes, 2);
}

#[tokio::test(start_paused = true)]
async fn old_credentials_are_served_while_new_ones_fail_until_they_really_expire() {
    let (wall, source, credentials) = refreshing();
    id(&credentials).await;
    source.set(Mood::Fails);
    load_until(10 * MINUTE - 5 * SECOND, &wall, &credentials).await;
    assert_eq!(id(&credentials).await, "AKID1");
    let stats = credentials.stats();
    assert_eq!((stats.blocked, stats.loads), (1, 1));
    assert!((5..=60).contains(&stats.failures), "{stats:?}");
    let error = stats.last_error.unwrap();
    assert!(error.ends_with("STS is dark"), "{error}");
    source.set(Mood::Gives);
    // There is another try before the end.
    load_until(10 * MINUTE + 5 * SECOND, &wall, &credentials).await;
    assert_eq!(credentials.stats().blocked, 1);
    assert_ne!(id(&credentials).await, "AKID1");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_suspended_loads_at_once() {
    let (wall, source, credentials) = refreshing();
    assert_eq!(id(&credentials).await, "AKID1");
    // Within the last half of their life: the old ones are served, others are loaded by the side.
    wall.set(7);
    assert_eq!(id(&credentials).await, "AKID1");
    tokio::time::sleep(SECOND).await;
    assert_eq!(id(&credentials).await, "AKID2");
    assert_eq!(credentials.stats().blocked, 1);
    // Past their end: no call is given what has expired.
    wall.set(120);
    assert_eq!(id(&credentials).await, "AKID3");
    assert_eq!((source.loads(), credentials.stats().blocked), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_suspended_machine_whose_credentials_are_in_use_loads_without_a_call() {
    let (wall, source, credentials) = refreshing();
    id(&credentials).await;
    id(&credentials).await;
    wall.set(120);
    tokio::time::sleep(MINUTE + SECOND).await;
    assert_eq!(source.loads(), 2);
    assert_eq!(id(&credentials).await, "AKID2");
    assert_eq!(credentials.stats().blocked, 1);
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_was_set_back_serves_nothing_for_longer() {
    let (wall, source, credentials) = refreshing();
    id(&credentials).await;
    wall.set(-60);
    source.set(Mood::Fails);
    tokio::time::sleep(10 * MINUTE).await;
    credentials.provide_credentials().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_wait_for_one_load() {
    let (_, source, credentials) = refreshing();
    let callers: JoinSet<_> = (0..100)
        .map(|_| {
            let credentials = credentials.clone();
            async move { id(&credentials).await }
        })
        .collect();
    assert!(callers.join_all().await.iter().all(|id| id == "AKID1"));
    assert_eq!((source.loads(), credentials.stats().blocked), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_stop_the_load() {
    let (_, source, credentials) = refreshing();
    let call = credentials.provide_credentials();
    tokio::time::timeout(Duration::from_millis(200), call)
        .await
        .unwrap_err();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(id(&credentials).await, "AKID1");
    assert_eq!((source.loads(), credentials.stats().blocked), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_uses_is_left_alone() {
    let (_, source, credentials) = refreshing();
    id(&credentials).await;
    tokio::time::sleep(60 * MINUTE).await;
    assert_eq!(source.loads(), 1, "nobody has asked since the load");
    // Used once, they are renewed once, by the timer.
    assert_eq!(id(&credentials).await, "AKID2");
    id(&credentials).await;
    tokio::time::sleep(60 * MINUTE).await;
    assert_eq!(source.loads(), 3);
}

#[tokio::test(start_paused = true)]
async fn late_news_of_old_credentials_change_nothing() {
    let (_, source, credentials) = refreshing();
    id(&credentials).await;
    assert!(credentials.invalidate("AKID1"));
    assert!(!credentials.invalidate("AKID1"));
    assert_eq!(id(&credentials).await, "AKID2");
    assert!(!credentials.invalidate("AKID1"));
    assert_eq!(id(&credentials).await, "AKID2");
    assert_eq!((source.loads(), credentials.stats().invalidations), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_never_expires_is_loaded_once_and_again_when_it_is_invalidated() {
    let (_, source, credentials) = refreshing();
    source.set(Mood::GivesForEver);
    for _ in 0..10 {
        assert_eq!(id(&credentials).await, "AKID1");
        tokio::time::sleep(100 * MINUTE).await;
    }
    assert_eq!(credentials.stats().next_expiry, None);
    assert!(credentials.invalidate("AKID1"));
    assert_eq!(id(&credentials).await, "AKID2");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_spared_from_the_third_time_on() {
    let (_, source, credentials) = refreshing();
    source.set(Mood::Fails);
    for _ in 0..50 {
        let error = credentials.provide_credentials().await.unwrap_err();
        assert!(matches!(error, CredentialsError::ProviderError(_)));
    }
    assert!((3..10).contains(&source.loads()), "{}", source.loads());
    tokio::time::sleep(SECOND).await;
    source.set(Mood::Gives);
    id(&credentials).await;
    assert_eq!(credentials.stats().loads, 1);
}

#[tokio::test(start_paused = true)]
async fn a_load_without_end_is_given_up() {
    let (wall, source, credentials) = refreshing();
    source.set(Mood::Hangs);
    let error = credentials.provide_credentials().await.unwrap_err();
    assert!(matches!(error, CredentialsError::ProviderTimedOut(_)));
    assert_eq!(wall.passed(), 25 * SECOND);
    source.set(Mood::Gives);
    id(&credentials).await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_fails_the_load_alone() {
    let (_, source, credentials) = refreshing();
    source.set(Mood::Panics);
    let error = credentials.provide_credentials().await.unwrap_err();
    assert!(matches!(error, CredentialsError::Unhandled(_)), "{error:?}");
    source.set(Mood::Gives);
    assert_eq!(id(&credentials).await, "AKID2");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_by_the_side_is_asked_again() {
    let (_, source, credentials) = refreshing();
    id(&credentials).await;
    source.set(Mood::Panics);
    tokio::time::sleep(6 * MINUTE).await;
    assert_eq!(id(&credentials).await, "AKID1");
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(credentials.stats().failures, 1);
    source.set(Mood::Gives);
    // The timer tries again after the pause.
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(id(&credentials).await, "AKID3");
    assert_eq!(credentials.stats().blocked, 1);
}

#[tokio::test(start_paused = true)]
async fn what_comes_expired_is_refused_with_the_reason() {
    let (_, source, credentials) = refreshing();
    source.set(Mood::GivesExpired);
    let error = credentials.provide_credentials().await.unwrap_err();
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        reason,
        "the provider gave credentials that expired 60s ago: look at its source, and at this machine's clock"
    );
}

#[tokio::test(start_paused = true)]
async fn one_around_another_does_not_ask_it_without_end() {
    let (wall, source, inner) = refreshing();
    let outer = RefreshingCredentials::builder(SharedCredentialsProvider::new(inner.clone()))
        .with_time_source(SharedTimeSource::new(wall.clone()))
        .build()
        .unwrap();
    id(&outer).await;
    load_until(30 * MINUTE, &wall, &outer).await;
    assert_eq!(outer.stats().blocked, 1);
    assert!(outer.stats().refreshes < 60, "{:?}", outer.stats());
    assert!(source.loads() < 10);
}

#[tokio::test(start_paused = true)]
async fn serving_allocates_nothing() {
    let (_, _, credentials) = refreshing();
    id(&credentials).await;
    let allocations = allocation_counter::measure(|| {
        for _ in 0..100 {
            let given = pin!(credentials.provide_credentials());
            let given = given.poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(given, Poll::Ready(Ok(_))));
        }
    });
    assert_eq!(allocations.count_total, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_prints_a_secret() {
    let (_, _, credentials) = refreshing();
    id(&credentials).await;
    let text = format!("{credentials:?} {:?}", credentials.stats());
    assert!(!text.contains("hush"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_takes_its_tasks_along() {
    let (_, _, credentials) = refreshing();
    id(&credentials).await;
    id(&credentials).await;
    drop(credentials);
    tokio::time::sleep(SECOND).await;
    assert_eq!(
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks(),
        0
    );
}

#[test]
fn it_needs_a_runtime_and_some_time() {
    let provider = SharedCredentialsProvider::new(Credentials::for_tests());
    let built = RefreshingCredentials::builder(provider.clone()).build();
    assert!(matches!(built.unwrap_err(), PoolError::NoRuntime));
    let built = RefreshingCredentials::builder(provider)
        .with_load_timeout(Duration::ZERO)
        .build();
    assert!(matches!(built.unwrap_err(), PoolError::Zero { .. }));
}

#[test]
fn a_runtime_that_has_ended_is_told_and_not_waited_for() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let home = runtime();
    let (_, _, credentials) = home.block_on(async { refreshing() });
    drop(home);
    let error = runtime()
        .block_on(credentials.provide_credentials())
        .unwrap_err();
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("its runtime has ended"), "{reason}");
}
