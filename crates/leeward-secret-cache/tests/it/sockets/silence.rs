use super::{World, until};
use leeward_secret_cache::{SecretCache, SecretErrorKind};
use leeward_testkit::{Fault, Scope};
use std::{error::Error, time::Duration};

/// A cache whose fetches soon get no more time.
async fn hasty(world: &World) -> SecretCache {
    let builder = world.builder().await;
    let builder = builder.with_fetch_timeout(Duration::from_millis(300));
    builder.build().expect("what can be built")
}

/// All that an error and its sources say.
fn said(error: &dyn Error) -> String {
    let mut said = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        said += &format!(" {error} {error:?}");
        source = error.source();
    }
    said
}

#[tokio::test]
async fn a_fetch_that_nobody_answers_ends_in_time_and_the_next_begins_anew() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = hasty(&world).await;
    let silence = world.inject(Fault::black_hole());
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(error.to_string(), "secret db: no answer within 300ms");
    silence.clear();
    assert_eq!(world.recovered(&cache, "db").await.expose(), b"1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn what_is_there_is_served_while_the_fetch_by_the_side_waits_in_vain() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = hasty(&world).await;
    // On a busy machine an answer may take longer than that, too.
    world.recovered(&cache, "db").await;
    let silence = world.inject(Fault::black_hole());
    let (calls, outages) = (world.calls(), cache.stats().outages);
    world.make_due();
    for _ in 0..1_000 {
        cache.get("db").await.unwrap();
    }
    until(|| cache.stats().outages == outages + 1).await;
    assert_eq!(world.calls(), calls + 1);
    silence.clear();
    world.aws.shutdown().await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_and_told_without_the_value() {
    let world = World::start().await;
    world.secret("db", "hunter2-hunter2-hunter2").await;
    let cache = world.cache().await;
    let torn = world.inject(Fault::reset());
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(world.calls(), 3);
    let said = said(&error);
    assert!(!said.contains("hunter2"), "{said}");
    torn.clear();
    let whole = world.recovered(&cache, "db").await;
    assert_eq!(whole.expose(), b"hunter2-hunter2-hunter2");

    world.inject(Fault::reset().with_calls(1..=1));
    world.secret("other", "2").await;
    assert_eq!(cache.get("other").await.unwrap().expose(), b"2");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_region_that_refuses_connections_is_an_outage() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get("db").await.unwrap();
    let refused = world
        .aws
        .faults()
        .inject(Scope::region(super::EAST), Fault::refuse());
    world.make_due();
    cache.get("db").await.unwrap();
    until(|| cache.stats().outages == 1).await;
    cache.get("db").await.unwrap();
    world.rest();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    refused.clear();
    world.recovered(&cache, "db").await;
    world.aws.shutdown().await;
}
