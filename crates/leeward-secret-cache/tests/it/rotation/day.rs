//! A day of a secret that is rotated every hour.

use super::{
    database::{Database, LoginError, Rotation, Strategy},
    vault::Vault,
};
use crate::upstream::seconds;
use std::time::Duration;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

const HOUR: u64 = 3_600;

/// A hundred reads a second, in ticks of a quarter of one, and a login.
async fn spend(day: Duration, strategy: Strategy) {
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    let rotations = Handle::current().spawn({
        let (vault, database) = (vault.clone(), database.clone());
        async move {
            loop {
                sleep(seconds(3_540)).await;
                let rotation = Rotation::create(&vault, &database, strategy);
                sleep(seconds(5)).await;
                rotation.set();
                sleep(seconds(5)).await;
                rotation.test();
                sleep(seconds(50)).await;
                rotation.finish();
            }
        }
    });
    cache.get("db").await.expect("the secret");
    let handle = cache.handle("db");
    let (start, mut gets, mut blocked) = (Instant::now(), 0_u32, 0_u32);
    let logins = Handle::current().spawn({
        let (handle, database) = (handle.clone(), database.clone());
        async move {
            let (mut logins, mut failed) = (0_u32, 0_u32);
            while start.elapsed() < day {
                let log_in = |secret| database.log_in(secret);
                let outcome = handle.with_secret(log_in, LoginError::is_of_password);
                failed += u32::from(outcome.await.is_err());
                logins += 1;
                sleep(Duration::from_millis(980)).await;
            }
            (logins, failed)
        }
    });
    while start.elapsed() < day {
        let before = Instant::now();
        for _ in 0..25 {
            handle.get().await.expect("the secret");
            gets += 1;
        }
        blocked += u32::from(before.elapsed() > Duration::ZERO);
        sleep(Duration::from_millis(250)).await;
    }
    let (logins, failed) = logins.await.expect("it ends");
    rotations.abort();
    let (rate, fetches) = (
        cache.stats().hit_rate().expect("calls"),
        cache.stats().fetches(),
    );
    let refused = database.refused().len();
    println!(
        "rotated hourly for {day:?}, {strategy:?}: {gets} gets, hit rate {:.5} %, {blocked} blocked; {logins} logins, {failed} failed, {refused} refused on the way; {fetches} fetches",
        rate * 100.0
    );
    let seconds = u32::try_from(day.as_secs()).expect("a day");
    assert!(
        gets >= 99 * seconds && logins >= seconds / 10 * 9,
        "{gets} {logins}"
    );
    assert!(rate >= 0.9999, "{rate}");
    assert_eq!((blocked, failed), (0, 0));
    // One when the password changes, in the whole process.
    let rotations = day.as_secs() / HOUR;
    assert!(refused as u64 <= rotations, "{refused}");
    assert!(fetches <= rotations * 25, "{fetches}");
}

#[tokio::test(start_paused = true)]
async fn for_a_day_with_one_user_nobody_waits_and_no_login_fails() {
    spend(seconds(24 * HOUR), Strategy::SingleUser).await;
}

#[tokio::test(start_paused = true)]
async fn with_two_users_nobody_waits_and_no_login_fails() {
    spend(seconds(3 * HOUR), Strategy::AlternatingUsers).await;
}
