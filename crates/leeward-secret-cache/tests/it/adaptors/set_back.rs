//! A pool of connections when a password that it logged in with is no longer the one.

use super::postgres::{site_within, value};
use leeward_secret_cache::{RotatingPool, WithSecretError};
use sqlx::{
    Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPool},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A connection that logs in now, since those that are there are held.
async fn another(pool: &RotatingPool<PgConnectOptions>, held: &mut Vec<PoolConnection<Postgres>>) {
    held.push(pool.acquire().await.expect("a login"));
}

#[tokio::test]
async fn a_pool_logs_in_after_a_rotation_that_was_undone() {
    let (server, vault, pool) = site_within(Duration::from_secs(8), 8).await;
    let mut held = Vec::new();
    another(&pool, &mut held).await;
    vault.create(value(&server, "new"));
    server.change_password("new");
    another(&pool, &mut held).await;
    // The function of the rotation has set it back.
    server.change_password("old");
    let (_, refusals) = server.counts();
    another(&pool, &mut held).await;
    another(&pool, &mut held).await;
    // One finds out, for the pool.
    assert_eq!(server.counts().1, refusals + 1);
    // And so does whoever uses the pool itself.
    let inside: &PgPool = pool.pool();
    held.push(inside.acquire().await.unwrap());
    // The next rotation is none the worse.
    server.change_password("new");
    another(&pool, &mut held).await;
    vault.finish();
    pool.login().secret().refresh_now().await.unwrap();
    another(&pool, &mut held).await;
}

#[tokio::test]
async fn a_pool_logs_in_with_what_is_current_after_it_had_to_go_back_to_the_previous_one() {
    let (server, vault, pool) = site_within(Duration::ZERO, 8).await;
    let mut held = Vec::new();
    another(&pool, &mut held).await;
    // The new password is current, and has not arrived at this server.
    vault.create(value(&server, "new"));
    vault.finish();
    pool.login().secret().refresh_now().await.unwrap();
    another(&pool, &mut held).await;
    // Now it has.
    server.change_password("new");
    another(&pool, &mut held).await;
    let (_, refusals) = server.counts();
    another(&pool, &mut held).await;
    assert_eq!(server.counts().1, refusals);
}

#[tokio::test]
async fn who_asks_for_a_connection_that_is_there_does_not_wait_with_those_who_are_refused() {
    let (server, vault, pool) = site_within(Duration::from_secs(2), 4).await;
    let first = pool.acquire().await.unwrap();
    // Whoever logs in is refused, and one hangs with the pending version, so that nobody else may try.
    vault.create(value(&server, "new"));
    server.change_password("neither");
    server.hangs_at(Some("new"));
    let mut refused = tokio::task::JoinSet::new();
    refused.spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(drop) }
    });
    let hangs = async {
        while server.hanging() == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), hangs).await.unwrap();
    drop(first);
    while pool.pool().num_idle() == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    let second = pool.acquire().await.unwrap();
    assert!(refused.try_join_next().is_none());
    // But who needs a login is not refused as well.
    let refusals = server.counts().1;
    let error = pool.acquire().await.unwrap_err();
    assert!(
        matches!(error, WithSecretError::RefusedToOthers { .. }),
        "{error}"
    );
    assert_eq!(server.counts().1, refusals);
    drop(second);
}

#[tokio::test]
async fn many_who_ask_after_a_rotation_was_undone_are_all_served() {
    let (server, vault, pool) = site_within(Duration::from_secs(8), 21).await;
    let mut held = Vec::new();
    another(&pool, &mut held).await;
    vault.create(value(&server, "new"));
    server.change_password("new");
    another(&pool, &mut held).await;
    server.change_password("old");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..19 {
        let pool = pool.clone();
        asking.spawn(async move { pool.acquire().await.unwrap() });
    }
    assert_eq!(asking.join_all().await.len(), 19);
}

#[tokio::test]
async fn a_pool_that_nothing_logs_in_for_is_no_worse_than_one_login() {
    let (server, vault, pool) = site_within(Duration::ZERO, 4).await;
    let mut held = Vec::new();
    another(&pool, &mut held).await;
    vault.create(value(&server, "new"));
    server.change_password("new");
    another(&pool, &mut held).await;
    server.change_password("neither");
    let before = server.counts().1;
    let error = pool.acquire().await.unwrap_err();
    let WithSecretError::Refused { tried, .. } = error else {
        panic!("{error}");
    };
    // The version that the pool was at is tried before the current one, once.
    let refusals = server.counts().1 - before;
    assert!(refusals <= tried.logins().len() + 1, "{refusals} {tried}");
}

#[tokio::test]
async fn a_pool_tries_what_is_pending_although_the_current_version_is_no_login() {
    let (server, vault, pool) = site_within(Duration::from_secs(8), 4).await;
    let mut held = Vec::new();
    another(&pool, &mut held).await;
    vault.create("{}");
    vault.finish();
    pool.login().secret().refresh_now().await.unwrap();
    vault.create(value(&server, "new"));
    server.change_password("new");
    another(&pool, &mut held).await;
}
