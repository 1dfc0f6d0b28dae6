use std::time::Duration;

use leeward_region_router::RegionRouter;
use leeward_resilience::TokioClock;
use tokio::time::{advance, sleep};

use crate::{
    hedge::no_tokens,
    world::{
        A, B, C, Fault, Mood, REST, SECOND, World, assert_unchanged, builder, circuits,
        open_circuits, read, refusal, send, served,
    },
};

#[tokio::test(start_paused = true)]
async fn an_open_circuit_keeps_calls_away_and_one_at_a_time_probes_after_the_rest() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    assert_eq!(circuits(&router), "occ");
    for _ in 0..10 {
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(world.take_calls(), [0, 10, 0]);

    sleep(REST).await;
    // Still down: the probe finds out, and its call is served elsewhere.
    for _ in 0..10 {
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(world.take_calls(), [1, 10, 0]);
    assert_eq!(circuits(&router), "occ");

    sleep(REST).await;
    world.set(A, Mood::Well);
    for _ in 0..10 {
        assert_eq!(served(&router).await, A);
    }
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn while_a_probe_is_on_its_way_others_pass_the_region_over() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Silent);
    let (probe, others) = tokio::join!(served(&router), async {
        // Behind the probe, which is polled first.
        for _ in 0..10 {
            assert_eq!(served(&router).await, B);
        }
        (circuits(&router), world.take_calls())
    });
    assert_eq!(others, ("hcc".to_owned(), [1, 10, 0]));
    assert_eq!(probe, B);
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn throttling_and_answers_that_blame_the_request_open_nothing() {
    for fault in [Fault::Throttled, Fault::Invalid, Fault::LimiterFull] {
        let world = World::new();
        world.set(A, Mood::Failing(fault));
        let router = world.router();
        for _ in 0..50 {
            let _ = send(&router, read()).await;
        }
        assert_eq!(circuits(&router), "ccc", "{fault:?}");
        assert_eq!(world.take_calls()[0], 50);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_gets_ready_opens_its_circuit() {
    let world = World::new();
    world.set(A, Mood::NeverReady);
    let router = world.unhedged();
    for _ in 0..2 {
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn with_every_circuit_open_calls_go_to_the_region_that_opened_the_longest_time_ago() {
    let world = World::new();
    // For one attempt each.
    let router = world.build(builder([A, B, C]).with_budget(no_tokens()));
    // Opened one after the other, the second one first.
    for region in [B, A, C] {
        // Full limiters are left for free and open nothing.
        world.set_all(Mood::Failing(Fault::LimiterFull));
        world.set(region, Mood::Failing(Fault::Down));
        for _ in 0..2 {
            let _ = send(&router, read()).await;
        }
        advance(SECOND).await;
    }
    assert_eq!(circuits(&router), "ooo");
    world.take_calls();

    world.set_all(Mood::Failing(Fault::Down));
    send(&router, read()).await.unwrap_err();
    assert_eq!(world.take_calls(), [0, 1, 0]);
    // Found bad, it is the last to be asked again.
    for _ in 0..5 {
        advance(SECOND / 100).await;
        send(&router, read()).await.unwrap_err();
    }
    assert_eq!(world.take_calls(), [2, 1, 2]);

    // It has recovered: not one call waits for the end of a rest.
    world.set(B, Mood::Well);
    for _ in 0..10 {
        advance(SECOND / 100).await;
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(circuits(&router), "ooo");

    sleep(REST).await;
    world.set_all(Mood::Well);
    assert_eq!(served(&router).await, A);
    assert_eq!(circuits(&router), "coo");
}

#[tokio::test(start_paused = true)]
async fn in_panic_what_the_region_answers_stands_and_the_others_are_named() {
    let world = World::new();
    let router = world.router();
    world.set_all(Mood::Failing(Fault::Down));
    for _ in 0..2 {
        let _ = send(&router, read()).await;
    }
    let rejected = refusal(send(&router, read()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried eu-west-1: circuit open, next probe in 5 s; ap-south-1: circuit open, \
         next probe in 5 s; us-east-1: Down"
    );
    world.set(A, Mood::Failing(Fault::Invalid));
    assert_unchanged(send(&router, read()).await, A, Fault::Invalid);
}

#[tokio::test(start_paused = true)]
async fn an_only_region_is_called_whatever_its_circuit_says() {
    let world = World::new();
    let router = world.build(builder([A]));
    open_circuits(&world, &router, &[A]).await;
    assert_eq!(circuits(&router), "o");
    world.set(A, Mood::Well);
    assert_eq!(served(&router).await, A);
}

#[tokio::test(start_paused = true)]
async fn clones_share_circuits_and_services() {
    let world = World::new();
    let (one, other) = (world.router(), world.router());
    let clone = one.clone();
    open_circuits(&world, &one, &[A]).await;
    assert_eq!(
        (circuits(&clone), circuits(&other)),
        ("occ".into(), "ccc".into())
    );
    assert_eq!(served(&clone).await, B);
    assert_eq!(world.take_calls(), [0, 1, 0]);
    assert_eq!(world.made(), [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn unless_told_otherwise_five_silent_attempts_or_a_quarter_of_twenty_open_for_two_seconds() {
    let world = World::new();
    let unconfigured = || RegionRouter::builder([A, B]).with_clock(TokioClock::new());

    world.set(A, Mood::Silent);
    let router = world.build(unconfigured());
    for call in 1..=5 {
        assert_eq!(circuits(&router), "cc", "before call {call}");
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(circuits(&router), "oc");
    world.set(A, Mood::Well);
    // Give or take a quarter.
    sleep(Duration::from_millis(1_499)).await;
    assert_eq!(served(&router).await, B);
    sleep(Duration::from_millis(1_002)).await;
    assert_eq!(served(&router).await, A);

    let router = world.build(unconfigured());
    for call in 1..=20 {
        assert_eq!(circuits(&router), "cc", "before call {call}");
        let mood = if call % 4 == 0 {
            Mood::Failing(Fault::Down)
        } else {
            Mood::Well
        };
        world.set(A, mood);
        served(&router).await;
    }
    assert_eq!(circuits(&router), "oc");
}
