//! Outages as the router meets them by default, call by call on paused time. Many processes under load are the testkit's
//! simulation.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use leeward_region_router::{RegionRouter, RouterEvent};
use leeward_resilience::{CircuitConfig, CircuitState, Placement, Ratio, TokioClock};
use tokio::time::{advance, sleep};

use crate::{
    hedge::no_tokens,
    world::{
        A, B, C, Fault, Mood, REST, Router, SECOND, World, assert_unchanged, builder, circuits,
        poll_once, read, send, served,
    },
};

/// A router as one gets it, with its random numbers fixed.
fn unconfigured(world: &World, seed: u64, reentries: &Arc<AtomicU32>) -> Router {
    let circuit = CircuitConfig::new()
        .with_failure_rate(Ratio::percent(25), 20)
        .with_window(2 * SECOND)
        .with_rest(2 * SECOND)
        .with_probes(3, SECOND)
        .with_attempt_timeout(SECOND)
        .with_seed(seed);
    let reentries = Arc::clone(reentries);
    let router = RegionRouter::builder([A, B, C])
        .with_clock(TokioClock::new())
        .with_circuit(circuit)
        .with_observer(move |event| {
            if let RouterEvent::CircuitChanged { region, change, .. } = event
                && *region == A
                && change.to == CircuitState::Closed
            {
                reentries.fetch_add(1, Ordering::Relaxed);
            }
        });
    world.build(router)
}

/// A hundred calls a second; the first Region is down for two seconds, up for two, and so on.
#[tokio::test(start_paused = true)]
async fn a_region_that_comes_and_goes_is_taken_back_three_times_at_the_most() {
    for seed in 0..20 {
        let (world, reentries) = (World::new(), Arc::default());
        let router = unconfigured(&world, seed, &reentries);
        for tick in 0..4_000 {
            let is_down = tick % 400 < 200;
            let mood = if is_down {
                Mood::Failing(Fault::Down)
            } else {
                Mood::Well
            };
            world.set(A, mood);
            served(&router).await;
            advance(SECOND / 100).await;
        }
        let reentries = reentries.load(Ordering::Relaxed);
        assert!(reentries <= 3, "{reentries} with seed {seed}");
        let extra = router.status().fail_overs;
        assert!(extra <= 120, "{extra} of 4,000 with seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_was_out_for_long_is_back_a_quarter_of_a_minute_after_its_end() {
    for seed in 0..20 {
        let (world, reentries) = (World::new(), Arc::default());
        let router = unconfigured(&world, seed, &reentries);
        world.set(A, Mood::Failing(Fault::Down));
        for tick in 0..4_500 {
            if tick == 3_000 {
                world.set(A, Mood::Well);
            }
            served(&router).await;
            advance(SECOND / 100).await;
        }
        world.take_calls();
        for _ in 0..100 {
            served(&router).await;
            advance(SECOND / 100).await;
        }
        assert_eq!(world.take_calls(), [100, 0, 0], "seed {seed}");
        assert_eq!(reentries.load(Ordering::Relaxed), 1, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn f3_throttling_costs_no_region_its_place() {
    let (world, reentries) = (World::new(), Arc::default());
    let router = unconfigured(&world, 1, &reentries);
    world.set(A, Mood::Failing(Fault::Throttled));
    for _ in 0..500 {
        assert_unchanged(send(&router, read()).await, A, Fault::Throttled);
        advance(SECOND / 100).await;
    }
    assert_eq!(circuits(&router), "ccc");
    assert_eq!(world.take_calls(), [500, 0, 0]);
}

/// The process is stopped, or its machine asleep: every call on its way comes back late.
#[tokio::test(start_paused = true)]
async fn f9_a_clock_that_jumps_trips_nothing() {
    let (world, reentries) = (World::new(), Arc::default());
    let router = unconfigured(&world, 1, &reentries);
    world.set_all(Mood::After(20));
    for _ in 0..3 {
        for _ in 0..100 {
            served(&router).await;
        }
        let mut calls: Vec<_> = (0..50).map(|_| Box::pin(served(&router))).collect();
        for call in &mut calls {
            // It is sent with the first poll and waits with the second.
            for _ in 0..2 {
                assert!(poll_once(call.as_mut()).await.is_pending());
            }
        }
        advance(3_600 * SECOND).await;
        for call in calls {
            call.await;
        }
        assert_eq!(circuits(&router), "ccc");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_seldom_calls_is_served_each_time() {
    let (world, reentries) = (World::new(), Arc::default());
    let router = unconfigured(&world, 1, &reentries);
    world.set(A, Mood::Silent);
    for _ in 0..30 {
        let began = tokio::time::Instant::now();
        assert_eq!(served(&router).await, B);
        assert!(began.elapsed() <= SECOND);
        sleep(60 * SECOND).await;
    }
    world.set(A, Mood::Well);
    for _ in 0..4 {
        served(&router).await;
        sleep(60 * SECOND).await;
    }
    assert_eq!(served(&router).await, A);
}

/// In panic the one goes first that nobody has found failing for the longest time, though it rests for longer.
#[tokio::test(start_paused = true)]
async fn in_panic_calls_go_to_the_region_that_opened_the_longest_time_ago() {
    let world = World::new();
    // For one attempt each.
    let router = world.build(builder([A, B]).with_budget(no_tokens()));
    // The second one relapses, and so rests twice as long.
    let there = |region| read().placed(Placement::new().pinned_to(region));
    for _ in 0..2 {
        world.set(B, Mood::Failing(Fault::Down));
        for _ in 0..2 {
            let _ = send(&router, there(B)).await;
        }
        world.set(B, Mood::Well);
        if circuits(&router) == "co" && router.status().regions[1].next_probe_in <= Some(REST) {
            sleep(REST).await;
            served_by_probe(&router, &world).await;
        }
    }
    sleep(2 * SECOND).await;
    world.set_all(Mood::Failing(Fault::Down));
    for _ in 0..2 {
        let _ = send(&router, read()).await;
    }
    let status = router.status();
    let due = |at: usize| status.regions[at].next_probe_in;
    assert!(due(0) < due(1), "{status:?}");
    world.take_calls();
    world.set_all(Mood::Well);
    assert_eq!(served(&router).await, B);
}

/// The second Region's probe, which closes it again.
async fn served_by_probe(router: &Router, world: &World) {
    let elsewhere = read().placed(Placement::new().excluding(A));
    assert_eq!(send(router, elsewhere).await.ok(), Some(B));
    assert_eq!(circuits(router), "cc");
    world.take_calls();
}
