//! What callers see when the machine has slept: suspended, or frozen between two events as an AWS Lambda environment.

use crate::{
    clock::Dated,
    upstream::{Answer, Upstream, seconds},
};
use leeward_secret_cache::{Freshness, SecretCache};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};

fn cache(upstream: &Upstream, clock: &Dated, max_age: u64) -> SecretCache {
    let freshness = Freshness::new().with_max_age(seconds(max_age));
    let builder = upstream.builder().with_clock(clock.clone());
    let cache = builder.with_freshness(freshness).build();
    cache.expect("what can be built")
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_before_the_machine_slept_is_not_served() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let cache = cache(&upstream, &clock, 300);
    cache.get("db").await.unwrap();
    advance(seconds(241)).await;
    // Fetched by the side, and still to be answered.
    assert!(cache.try_get("db").is_some());
    sleep(Duration::from_millis(100)).await;
    clock.sleeps(3_600);
    upstream.answers(Answer::Version(2));
    let secret = cache.get("db").await.unwrap();
    assert_eq!(secret.version_id(), "version-2");
    // What was answered late brings nothing back.
    sleep(seconds(1)).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn who_waited_meanwhile_is_given_what_is_there_afterwards() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let cache = cache(&upstream, &clock, 300);
    let waiting = async {
        let secret = cache.get("db").await.unwrap();
        assert_eq!(secret.version_id(), "version-2");
    };
    let meanwhile = async {
        sleep(Duration::from_millis(100)).await;
        clock.sleeps(3_600);
        upstream.answers(Answer::Version(2));
    };
    tokio::join!(waiting, meanwhile);
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_was_frozen_is_not_waited_for() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let cache = cache(&upstream, &clock, 3_600);
    cache.get("db").await.unwrap();
    clock.sleeps(241);
    // Its connection does not outlive the freeze.
    upstream.answers(Answer::Silent);
    assert!(cache.try_get("db").is_some());
    sleep(Duration::from_millis(50)).await;
    upstream.answers(Answer::Version(2));
    clock.sleeps(4_000);
    let before = Instant::now();
    let secret = cache.get("db").await.unwrap();
    assert_eq!(secret.version_id(), "version-2");
    assert_eq!(before.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_keep_what_is_due_from_being_fetched_by_the_side() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let cache = cache(&upstream, &clock, 3_600);
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Silent);
    clock.sleeps(241);
    assert!(cache.try_get("db").is_some());
    sleep(Duration::from_millis(50)).await;
    upstream.answers(Answer::Version(2));
    clock.sleeps(60);
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-1");
    sleep(seconds(1)).await;
    assert_eq!(cache.try_get("db").unwrap().version_id(), "version-2");
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_a_fetch_of_his_own_does_not_wait_for_it_either() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let cache = cache(&upstream, &clock, 3_600);
    upstream.answers(Answer::Silent);
    assert!(cache.try_get("db").is_none());
    sleep(Duration::from_millis(50)).await;
    upstream.answers(Answer::Version(2));
    clock.sleeps(60);
    let before = Instant::now();
    cache.refresh_now("db").await.unwrap();
    assert_eq!(before.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_pause_after_a_failure_does_not_stand_still_with_the_machine() {
    for failure in [Answer::Throttled, Answer::Missing] {
        // Some seconds, and some minutes, between two events.
        for asleep in [7, 600] {
            let (upstream, clock) = (Upstream::new(), Dated::new());
            let cache = cache(&upstream, &clock, 300);
            cache.get("db").await.unwrap();
            upstream.answers(failure.clone());
            // Long enough that pauses have grown.
            for _ in 0..400 {
                let _ = cache.get("db").await;
                sleep(seconds(1)).await;
            }
            upstream.answers(Answer::Version(2));
            let mut refused = 0;
            loop {
                clock.sleeps(asleep);
                match cache.get("db").await {
                    Ok(_) => break,
                    Err(_) => refused += asleep,
                }
                // All the time that an event takes.
                advance(Duration::from_millis(5)).await;
            }
            // As the longest pause.
            assert!(refused <= 30, "{failure:?}: refused for {refused} s");
        }
    }
}
