//! What is told when attempts end, and what is left of them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_region_router::{RegionRouter, RouterEvent};
use leeward_resilience::{DeadlineLayer, Placement, Plain, Switch, TokioClock};
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, ServiceExt};

use crate::{
    hedge::{DELAY, timed, tokens},
    world::{
        A, B, C, Fault, Mood, REST, SECOND, World, assert_unchanged, builder, circuits, learn,
        open_circuits, read, send, served, write,
    },
};

const D: Region = Region::from_static("us-west-2");

#[tokio::test(start_paused = true)]
async fn what_replaces_the_first_attempt_is_not_hedged_beside_the_second() {
    let world = World::new();
    let router = world.build(builder([A, B, C, D]).with_budget(tokens()));
    learn(&world, &router).await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::After(900));
    world.set(C, Mood::After(800));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!(
        (answer.unwrap(), took),
        (C, Duration::from_millis(60 + 800))
    );
    assert_eq!(router.status().hedges, 1);
}

#[tokio::test(start_paused = true)]
async fn where_a_hedge_times_out_the_next_one_takes_its_place() {
    let world = World::new();
    let router = world.build(builder([A, B, C, D]).with_budget(tokens()));
    learn(&world, &router).await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::Silent);
    world.set(C, Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (D, DELAY + SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_future_that_has_answered_holds_nothing() {
    let world = World::new();
    let mut router = world.build(builder([A, B]));
    learn(&world, &router).await;
    world.set(A, Mood::After(60));
    world.set(B, Mood::Silent);
    let body = Arc::new(());
    let request = Plain::new(Arc::clone(&body)).idempotent();
    std::future::poll_fn(|cx| Service::<Plain<Arc<()>>>::poll_ready(&mut router, cx))
        .await
        .unwrap();
    let mut call = Box::pin(router.call(request));
    assert_eq!((&mut call).await.unwrap(), A);
    assert_eq!(world.in_flight(), 0);
    assert_eq!(Arc::strong_count(&body), 1);
    drop(call);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_overtaken_is_over_when_its_circuit_hears() {
    let world = World::new();
    let (seen, looked) = (world.clone(), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&looked);
    let router = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .with_observer(move |event| {
            if let RouterEvent::CircuitChanged { .. } = event {
                told.lock().unwrap().push(seen.in_flight());
            }
        });
    let router = world.build(router);
    for _ in 0..20 {
        served(&router).await;
    }
    world.set(A, Mood::Silent);
    while looked.lock().unwrap().is_empty() {
        assert_eq!(served(&router).await, B);
        sleep(SECOND / 10).await;
    }
    assert_eq!(*looked.lock().unwrap(), [0]);
}

#[tokio::test(start_paused = true)]
async fn who_drops_a_call_before_its_deadline_says_nothing() {
    let world = World::new();
    world.set_all(Mood::Silent);
    let router = world.unhedged();
    let stack = DeadlineLayer::new(SECOND / 2).layer(router.clone());
    let dropped = timeout(SECOND / 4, stack.clone().oneshot(read())).await;
    assert!(dropped.is_err());
    assert_eq!(router.status().regions[0].failures, 0);
    // The deadline does.
    stack.oneshot(read()).await.unwrap_err();
    assert_eq!(router.status().regions[0].failures, 1);
}

#[tokio::test(start_paused = true)]
async fn where_both_attempts_are_silent_the_deadline_tells_of_both() {
    let world = World::new();
    world.set_all(Mood::Silent);
    let router = world.router();
    let stack = DeadlineLayer::new(SECOND * 9 / 10).layer(router.clone());
    stack.oneshot(read()).await.unwrap_err();
    let failures = router
        .status()
        .regions
        .iter()
        .map(|it| it.failures)
        .collect::<Vec<_>>();
    assert_eq!(failures, [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_region_does_in_panic_is_metered() {
    let world = World::new();
    let router = world.build(builder([A]));
    open_circuits(&world, &router, &[A]).await;
    let counts = || {
        let region = router.status().regions[0].clone();
        (region.successes, region.failures, region.in_flight)
    };
    let (successes, failures, _) = counts();
    world.set(A, Mood::Well);
    assert_eq!(served(&router).await, A);
    assert_eq!(counts(), (successes + 1, failures, 0));
    world.set(A, Mood::Silent);
    let stack = DeadlineLayer::new(SECOND / 2).layer(router.clone());
    stack.oneshot(read()).await.unwrap_err();
    assert_eq!(counts(), (successes + 1, failures + 1, 0));
}

#[tokio::test(start_paused = true)]
async fn no_region_counts_a_call_that_went_on_in_panic_as_under_way() {
    let world = World::new();
    let router = world.build(builder([A, B]).without_hedging());
    open_circuits(&world, &router, &[A, B]).await;
    sleep(SECOND / 2).await;
    world.set(B, Mood::Well);
    assert_eq!(served(&router).await, B);
    assert_eq!(world.take_calls(), [1, 1, 0]);
    let in_flight = router
        .status()
        .regions
        .iter()
        .map(|it| it.in_flight)
        .sum::<u64>();
    assert_eq!(in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_somebody_lets_go_on_is_a_probe() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::Well);
    sleep(REST).await;
    assert_eq!(send(&router, write()).await.unwrap(), B);
    let unsure = write().placed(Placement::new().failing_over_when_unsure());
    assert_eq!(send(&router, unsure).await.unwrap(), A);
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn switched_off_a_router_counts_no_failures_and_leaves_no_region() {
    let world = World::new();
    let switch = Switch::new();
    let router = world.build(builder([A, B, C]).with_switch(switch.clone()));
    switch.turn_off();
    world.set_all(Mood::Failing(Fault::Down));
    for _ in 0..5 {
        assert_unchanged(send(&router, read()).await, A, Fault::Down);
        let there = read().placed(Placement::new().preferring(B));
        assert_unchanged(send(&router, there).await, B, Fault::Down);
    }
    assert_eq!(world.take_calls(), [5, 5, 0]);
    let status = router.status();
    assert!(status.regions.iter().all(|region| region.failures == 0));
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn only_an_attempt_that_is_under_way_when_a_later_one_answers_is_overtaken() {
    for (first, second, answer, overtaken) in [
        (Mood::Silent, Mood::After(100), B, [1, 0]),
        // Which ended before.
        (
            Mood::FailingAfter(60, Fault::Throttled),
            Mood::After(100),
            B,
            [0, 0],
        ),
        // Of which the hedge began later.
        (Mood::After(60), Mood::Silent, A, [0, 0]),
    ] {
        let world = World::new();
        let router = world.build(builder([A, B]).with_budget(tokens()));
        learn(&world, &router).await;
        world.set(A, first);
        world.set(B, second);
        assert_eq!(served(&router).await, answer, "{first:?}");
        let status = router.status();
        let counted = [0, 1].map(|at: usize| status.regions[at].overtaken);
        assert_eq!((counted, status.hedges), (overtaken, 1), "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_is_dropped_is_over_when_its_circuit_hears() {
    let world = World::new();
    let (seen, looked) = (world.clone(), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&looked);
    let router = builder([A, B]).with_observer(move |event| {
        if let RouterEvent::CircuitChanged { region, .. } = event {
            told.lock()
                .unwrap()
                .push((region.clone(), seen.in_flight()));
        }
    });
    let router = world.build(router);
    world.set_all(Mood::Silent);
    let stack = DeadlineLayer::new(SECOND * 9 / 10).layer(router);
    for _ in 0..2 {
        stack.clone().oneshot(read()).await.unwrap_err();
    }
    assert_eq!(*looked.lock().unwrap(), [(B, 0), (A, 0)]);
}
