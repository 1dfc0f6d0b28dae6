use super::{EAST, World, until_it_landed};
use leeward_error_taxonomy::{Failure, Region};
use leeward_secret_cache::{Freshness, SecretCache, SecretErrorKind, SecretsStack};
use leeward_testkit::Fault;
use std::time::Duration;

/// What callers see of an outage in which all calls are answered with `fault`.
async fn check(fault: Fault, code: &str) {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get("db").await.expect("a secret");
    let rule = world.inject(fault);
    world.aws.reset_counts();
    world.make_due();
    // Each failure rests longer than the one before, and nobody waits.
    for _ in 0..59 {
        assert_eq!(
            cache.get("db").await.expect("served").expose(),
            b"1",
            "{code}"
        );
        until_it_landed(&cache, "db").await;
        world.clock.advance(1);
    }
    assert!(
        (2..=20).contains(&world.calls()),
        "{code}: {}",
        world.calls()
    );
    // Over: refused at once, with what was answered.
    let calls = world.calls();
    for _ in 0..100 {
        let error = cache.get("db").await.expect_err("it is over");
        assert_eq!(error.kind(), SecretErrorKind::Unavailable, "{code}");
        assert_eq!(error.failure().and_then(Failure::code), Some(code));
    }
    assert!(world.calls() <= calls + 1, "{code}");
    rule.clear();
    assert_eq!(world.recovered(&cache, "db").await.expose(), b"1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_throttling_storm_is_an_outage_although_it_is_answered_with_400() {
    check(Fault::throttling(), "ThrottlingException").await;
}

#[tokio::test]
async fn a_service_that_answers_500_is_in_an_outage() {
    let broken = Fault::error(
        500,
        "InternalServiceError",
        "An error occurred on the server side.",
    );
    check(broken, "InternalServiceError").await;
}

#[tokio::test]
async fn what_is_not_there_yet_is_asked_for_three_times() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let rule = world.inject(Fault::throttling());
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(world.calls(), 3);
    rule.clear();
    world.recovered(&cache, "db").await;

    // A storm that lets the third call through costs its callers a moment, and nothing else.
    world.secret("other", "2").await;
    world.inject(Fault::throttling().with_calls(1..=2));
    assert_eq!(cache.get("other").await.unwrap().expose(), b"2");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_value_outlasts_an_outage_as_long_as_it_was_said_to_and_no_refusal() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let freshness = Freshness::new().with_stale_on_outage(Duration::from_secs(600));
    let builder = world.builder().await.with_freshness(freshness);
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    let rule = world.inject(Fault::throttling());
    world.make_over();
    assert_eq!(cache.get("db").await.unwrap().expose(), b"1");
    assert!(cache.stats().stale_serves >= 1);
    rule.clear();
    world.aws.secrets().deny("db", "GetSecretValue");
    until_it_landed(&cache, "db").await;
    world.rest();
    // Once more, while it is asked for by the side.
    assert_eq!(cache.get("db").await.unwrap().expose(), b"1");
    until_it_landed(&cache, "db").await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_pool_that_was_shut_down_first_is_told_as_an_end_in_whatever_regions() {
    for regions in [vec![EAST], vec![EAST, Region::from_static("us-west-2")]] {
        let world = World::start().await;
        world.secret("db", "1").await;
        let stack = SecretsStack::new(regions).through(&world.pool).unwrap();
        let stacked = SecretCache::builder(stack).build().unwrap();
        let caches = [world.cache().await, stacked];
        for cache in &caches {
            cache.get("db").await.unwrap();
        }
        world.pool.shutdown().await;
        for cache in &caches {
            let error = cache.get("other").await.unwrap_err();
            assert_eq!(error.kind(), SecretErrorKind::Ended, "{error:?}");
            assert_eq!(cache.stats().failures, 0);
        }
        world.aws.shutdown().await;
    }
}
