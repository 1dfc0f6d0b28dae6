use super::{World, until};
use leeward_secret_cache::SecretCache;
use leeward_testkit::Fault;
use std::{collections::HashSet, time::Duration};
use tokio::{task::JoinSet, time::timeout};

const CALLERS: usize = 1_000;

/// The versions that all of them are given who ask at once.
async fn all_at_once(cache: &SecretCache) -> HashSet<String> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let cache = cache.clone();
        callers.spawn(async move { cache.get("db").await });
    }
    let versions: Vec<_> = callers.join_all().await;
    let versions = versions.into_iter().map(|secret| {
        let secret = secret.expect("a secret for each of them");
        secret.version_id().to_owned()
    });
    versions.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_ask_at_once_are_one_request() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let cold = all_at_once(&cache).await;
    assert_eq!((cold.len(), world.calls()), (1, 1));
    world.make_over();
    assert_eq!((all_at_once(&cache).await, world.calls()), (cold, 2));
    let rotated = world.put("db", "2").await;
    world.make_over();
    assert_eq!(all_at_once(&cache).await, HashSet::from([rotated]));
    assert_eq!((world.calls(), cache.stats().misses), (3, 3));
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_value_that_is_due() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let before = cache.get("db").await.unwrap();
    let after = world.put("db", "2").await;
    world.make_due();
    let silence = world.inject(Fault::black_hole());
    let served = all_at_once(&cache).await;
    assert_eq!(served, HashSet::from([before.version_id().to_owned()]));
    until(|| world.calls() == 2).await;
    silence.clear();
    // What was swallowed is lost; it is tried again after a rest.
    until(|| cache.stats().outages == 1).await;
    world.clock.advance(1);
    until(|| {
        cache
            .try_get("db")
            .is_some_and(|secret| secret.version_id() == after)
    })
    .await;
    assert_eq!(world.calls(), 3);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn who_gives_up_does_not_end_the_fetch() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let latency = leeward_testkit::Latency::fixed(Duration::from_millis(200));
    world.inject(Fault::latency(latency));
    for _ in 0..3 {
        let gave_up = timeout(Duration::from_millis(5), cache.get("db")).await;
        assert!(gave_up.is_err());
    }
    assert_eq!(cache.get("db").await.unwrap().expose(), b"1");
    assert_eq!(world.calls(), 1);
    world.aws.shutdown().await;
}
