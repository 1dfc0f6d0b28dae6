//! Rotations by their date.

use super::vault::Vault;
use crate::clock::Dated;
use crate::upstream::{Answer, Upstream, brief, seconds};
use leeward_secret_cache::{Freshness, SecretCache};
use std::time::Duration;
use tokio::time::sleep;

const HOUR: Duration = Duration::from_secs(3_600);

/// A cache that would keep what it has for a week.
fn lasting(vault: &Vault) -> SecretCache {
    let week = Freshness::new()
        .with_refresh_after(HOUR * 24 * 7)
        .with_max_age(HOUR * 24 * 7);
    let builder = vault.builder().with_freshness(week);
    let built = builder.with_rotation_schedule(true).build();
    built.expect("what can be built")
}

fn rotate(vault: &Vault) {
    vault.create(|number| format!("app:password-{number}"));
    vault.finish();
}

#[tokio::test(start_paused = true)]
async fn what_was_rotated_is_fetched_just_after_the_date() {
    let vault = Vault::new();
    vault.rotates_by(Dated::start() + HOUR);
    let cache = lasting(&vault);
    cache.get("db").await.unwrap();
    sleep(HOUR - seconds(10)).await;
    assert_eq!((vault.calls(), vault.descriptions()), (1, 1));
    rotate(&vault);
    vault.rotates_by(Dated::start() + HOUR * 5);
    sleep(seconds(10 + 62)).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-2");
    assert_eq!((vault.calls(), vault.descriptions()), (2, 2));
    // And the next time.
    sleep(HOUR * 4 - seconds(100)).await;
    assert_eq!((vault.calls(), vault.descriptions()), (2, 2));
    rotate(&vault);
    sleep(seconds(100)).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-3");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_is_late_is_looked_for_less_and_less_often() {
    let vault = Vault::new();
    vault.rotates_by(Dated::start() + HOUR);
    let cache = lasting(&vault);
    cache.get("db").await.unwrap();
    sleep(HOUR * 12).await;
    let descriptions = vault.descriptions();
    assert!((10..=22).contains(&descriptions), "{descriptions}");
    assert_eq!(vault.calls(), 1);
    rotate(&vault);
    sleep(HOUR * 2).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn where_descriptions_are_denied_nothing_else_suffers() {
    let vault = Vault::new();
    vault.denies("Describe");
    let cache = lasting(&vault);
    cache.get("db").await.unwrap();
    sleep(HOUR * 24).await;
    assert!(cache.try_get("db").is_some());
    assert!(vault.descriptions() <= 5, "{}", vault.descriptions());
}

#[tokio::test(start_paused = true)]
async fn unless_it_is_wanted_nothing_is_described() {
    let vault = Vault::new();
    vault.rotates_by(Dated::start() + HOUR);
    let cache = vault.cache();
    cache.get("db").await.unwrap();
    sleep(HOUR * 24).await;
    assert_eq!((vault.calls(), vault.descriptions()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn many_secrets_are_asked_for_one_after_the_other() {
    let vault = Vault::new();
    let cache = lasting(&vault);
    for nth in 0..20 {
        // The vault has one secret; by a version each is kept apart, and only what is current is asked for.
        let id = format!("version-{nth}");
        let version = leeward_secret_cache::SecretRef::new("db").at_version(&id);
        let _ = cache.get(version).await;
    }
    cache.get("db").await.unwrap();
    sleep(HOUR).await;
    assert_eq!(vault.descriptions(), 1);
    drop(cache);
    sleep(HOUR * 24).await;
    assert_eq!(vault.descriptions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_description_that_hangs_or_panics_keeps_nothing_from_being_refreshed() {
    for answer in [Answer::Silent, Answer::Panic] {
        let upstream = Upstream::new();
        upstream.describes(answer.clone());
        let builder = upstream.builder().with_freshness(brief());
        let cache = builder.with_rotation_schedule(true).build().unwrap();
        let _watch = cache.subscribe("db");
        sleep(seconds(9)).await;
        assert_eq!(upstream.descriptions(), 1, "{answer:?}");
        // Of values that are due after two seconds.
        assert!(upstream.calls() >= 4, "{answer:?} {}", upstream.calls());
        // It is asked for again, after a minute.
        sleep(seconds(120)).await;
        assert_eq!(upstream.descriptions(), 2, "{answer:?}");
    }
}
