//! A hundred calls a second, over a router as one gets it.

use std::time::Duration;

use leeward_region_router::{Latency, RegionRouter, RegionRouterBuilder, RegionState, RoundRobin};
use leeward_resilience::{CircuitConfig, DeadlineLayer, Plain, Ratio, TokioClock};
use tokio::{
    task::LocalSet,
    time::{Instant, sleep},
};
use tower::{Layer, ServiceExt};

use crate::world::{A, B, C, Fault, Mood, Router, SECOND, World, read, served, write};

const MILLI: Duration = Duration::from_millis(1);

/// With the defaults, but for random numbers that are fixed.
fn unconfigured(
    regions: impl IntoIterator<Item = leeward_error_taxonomy::Region>,
    seed: u64,
) -> RegionRouterBuilder<TokioClock> {
    let circuit = CircuitConfig::new()
        .with_failure_rate(Ratio::percent(25), 20)
        .with_slow_run(5, SECOND / 2)
        .with_window(2 * SECOND)
        .with_rest(2 * SECOND)
        .with_probes(3, SECOND)
        .with_attempt_timeout(SECOND)
        .with_seed(seed);
    RegionRouter::builder(regions)
        .with_clock(TokioClock::new())
        .with_circuit(circuit)
}

/// What came of some calls.
#[derive(Debug, Default)]
struct Flood {
    /// When each call that was lost began, since the flood did.
    lost: Vec<Duration>,
    longest: Duration,
    /// What 99 of 100 did not exceed.
    p99: Duration,
}

/// Sends as many calls as that, one each ten milliseconds, each within the deadline.
async fn flood(
    router: &Router,
    request: fn() -> Plain<&'static str>,
    calls: u32,
    deadline: Duration,
) -> Flood {
    let stack = DeadlineLayer::new(deadline).layer(router.clone());
    let local = LocalSet::new();
    let run = local.run_until(async {
        let (begin, mut under_way) = (Instant::now(), Vec::new());
        for _ in 0..calls {
            let stack = stack.clone();
            under_way.push(tokio::task::spawn_local(async move {
                let began = Instant::now();
                let answer = stack.oneshot(request()).await;
                (began, began.elapsed(), answer.is_ok())
            }));
            sleep(10 * MILLI).await;
        }
        let (mut flood, mut took) = (Flood::default(), Vec::new());
        for call in under_way {
            let (began, time, is_ok) = call.await.expect("no call panics");
            took.push(time);
            if !is_ok {
                flood.lost.push(began - begin);
            }
        }
        took.sort();
        flood.longest = took[took.len() - 1];
        flood.p99 = took[took.len() * 99 / 100];
        flood
    });
    run.await
}

/// The second Region is 70 ms farther away.
fn well() -> World {
    let world = World::new();
    world.set(A, Mood::After(20));
    world.set(B, Mood::After(90));
    world.set(C, Mood::After(90));
    world
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_during_an_outage_leaves_the_region_though_callers_wait_for_less_than_an_attempt()
 {
    for (millis, seconds) in [(500, 1), (900, 1), (250, 1)] {
        let world = well();
        world.set(A, Mood::Silent);
        let router = world.build(unconfigured([A, B, C], 1));
        let flood = flood(&router, read, 1_000, millis * MILLI).await;
        let late = |began: &&Duration| **began > seconds * SECOND;
        assert_eq!(flood.lost.iter().filter(late).count(), 0, "{flood:?}");
        assert!(flood.lost.len() <= 30, "{millis} ms: {:?}", flood.lost);
        let calls = world.take_calls();
        assert!(calls[0] < 150, "{millis} ms: {calls:?}");
        let status = router.status();
        assert_eq!(status.regions[0].state, RegionState::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn writes_whose_callers_wait_for_less_than_an_attempt_leave_a_silent_region() {
    for learnt in [false, true] {
        let world = well();
        let router = world.build(unconfigured([A, B, C], 1));
        if learnt {
            for _ in 0..20 {
                served(&router).await;
            }
        }
        world.set(A, Mood::Silent);
        world.take_calls();
        let flood = flood(&router, write, 1_000, 500 * MILLI).await;
        // Each of them was sent there; what is lost is what it took to find out.
        let last = flood.lost.iter().max().unwrap();
        assert!(*last <= SECOND * 3 / 5, "{last:?}");
        assert_eq!(world.take_calls()[0] as usize, flood.lost.len());
        let failures = router.status().regions[0].failures;
        assert_eq!(failures, flood.lost.len() as u64);
        let last_error = router.status().regions[0].last_error.clone().unwrap();
        assert_eq!(
            last_error.failure.to_string(),
            "no answer within 0.5 s of the attempt"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn callers_that_wait_for_less_than_a_region_takes_say_nothing_against_it() {
    let world = well();
    world.set(A, Mood::After(150));
    let router = world.build(unconfigured([A, B], 1));
    for _ in 0..20 {
        served(&router).await;
    }
    let flood = flood(&router, write, 300, 140 * MILLI).await;
    assert_eq!(flood.lost.len(), 300);
    let status = router.status();
    assert_eq!(status.regions[0].state, RegionState::Closed);
    assert_eq!(status.regions[0].failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_region_is_left_by_callers_with_twice_the_time_that_it_normally_takes() {
    for request in [read, write] {
        let world = well();
        world.set_all(Mood::After(150));
        let router = world.build(unconfigured([A, B], 1));
        for _ in 0..20 {
            served(&router).await;
        }
        world.set(A, Mood::Silent);
        let flood = flood(&router, request, 1_000, 600 * MILLI).await;
        let last = flood.lost.iter().max().copied().unwrap_or_default();
        assert!(last <= SECOND, "{last:?}");
    }
}

/// Over two Regions of which the first is closed again and starts slowly.
async fn starting_slowly(seed: u64) -> (World, Router) {
    let world = well();
    let router = world.build(unconfigured([A, B], seed));
    flood(&router, read, 300, 3 * SECOND).await;
    world.set(A, Mood::Failing(Fault::Down));
    flood(&router, read, 500, 3 * SECOND).await;
    world.set(A, Mood::After(20));
    while router.status().regions[0].state != RegionState::Closed {
        flood(&router, read, 10, 3 * SECOND).await;
    }
    flood(&router, read, 50, 3 * SECOND).await;
    let admitted = router.status().regions[0].admitted;
    assert!((0.1..0.3).contains(&admitted), "{admitted}");
    (world, router)
}

#[tokio::test(start_paused = true)]
async fn while_one_of_two_regions_starts_slowly_it_serves_what_the_other_does_not() {
    for seed in 0..4 {
        for mood in [
            Mood::Silent,
            Mood::Failing(Fault::Down),
            Mood::Failing(Fault::Unreachable),
        ] {
            let (world, router) = starting_slowly(seed).await;
            world.set(B, mood);
            let before = router.status().panics;
            let flood = flood(&router, read, 300, 3 * SECOND).await;
            assert!(flood.lost.is_empty(), "{mood:?}: {:?}", flood.lost);
            assert!(flood.p99 <= 500 * MILLI, "{mood:?}: {:?}", flood.p99);
            // The first one is closed, and nobody panics.
            let status = router.status();
            assert_eq!(status.panics, before, "{mood:?}");
            assert_eq!(status.regions[1].state, RegionState::Open, "{mood:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_one_of_two_regions_starts_slowly_the_other_may_fail_a_part_of_its_calls() {
    let (world, router) = starting_slowly(1).await;
    for call in 0..1_000 {
        let is_down = call % 5 == 0;
        world.set(
            B,
            if is_down {
                Mood::Failing(Fault::Down)
            } else {
                Mood::After(90)
            },
        );
        served(&router).await;
        sleep(10 * MILLI).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_circuit_is_closed_is_no_panic() {
    let (world, router) = starting_slowly(1).await;
    world.set(B, Mood::Failing(Fault::Down));
    flood(&router, read, 100, 3 * SECOND).await;
    let before = router.status();
    assert_eq!(before.regions[1].state, RegionState::Open);
    assert!(before.regions[0].admitted < 0.5);
    let successes = before.regions[0].successes;
    flood(&router, read, 100, 3 * SECOND).await;
    let after = router.status();
    assert_eq!(after.panics, before.panics);
    assert!(after.regions[0].successes - successes >= 95);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_no_probe_while_another_region_is_well() {
    for mood in [Mood::Silent, Mood::Failing(Fault::Reset)] {
        let world = well();
        let router = world.build(unconfigured([A, B], 1));
        world.set(A, mood);
        flood(&router, read, 300, 3 * SECOND).await;
        assert_eq!(router.status().regions[0].state, RegionState::Open);
        world.take_calls();
        let flood = flood(&router, write, 3_000, 3 * SECOND).await;
        assert!(flood.lost.is_empty(), "{mood:?}: {:?}", flood.lost);
        assert_eq!(world.take_calls(), [0, 3_000, 0], "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_other_region_is_well_a_write_is_the_probe() {
    let world = well();
    let router = world.build(unconfigured([A], 1));
    world.set(A, Mood::Failing(Fault::Down));
    flood(&router, read, 50, 3 * SECOND).await;
    world.set(A, Mood::After(20));
    flood(&router, write, 600, 3 * SECOND).await;
    assert_eq!(router.status().regions[0].state, RegionState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_write_explores_nothing() {
    for mood in [Mood::Silent, Mood::Failing(Fault::Reset)] {
        let world = well();
        let router = world.build(unconfigured([A, B], 1).with_ranking(Latency::new()));
        world.set(B, mood);
        let flood = flood(&router, write, 6_000, 3 * SECOND).await;
        assert!(flood.lost.is_empty(), "{mood:?}: {:?}", flood.lost);
        assert_eq!(world.take_calls(), [6_000, 0, 0], "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_turns_too_a_region_that_was_left_loses_no_more_writes() {
    for mood in [Mood::Silent, Mood::Failing(Fault::Reset)] {
        let world = well();
        let router = world.build(unconfigured([A, B], 1).with_ranking(RoundRobin::new()));
        world.set(B, mood);
        flood(&router, write, 300, 3 * SECOND).await;
        assert_eq!(router.status().regions[1].state, RegionState::Open);
        let flood = flood(&router, write, 6_000, 3 * SECOND).await;
        assert!(flood.lost.is_empty(), "{mood:?}: {:?}", flood.lost);
    }
}

/// The first Region is out for long; the second one has a hiccup of half a second, after which it is well.
#[tokio::test(start_paused = true)]
async fn panic_does_not_stick_to_a_region_that_is_out_for_long() {
    for mood in [Mood::Silent, Mood::Failing(Fault::Down)] {
        for seed in 0..8 {
            let world = well();
            let router = world.build(unconfigured([A, B], seed));
            flood(&router, read, 300, 3 * SECOND).await;
            world.set(A, mood);
            flood(&router, read, 1_000, 3 * SECOND).await;
            world.set(B, Mood::Failing(Fault::Down));
            let hiccup = flood(&router, read, 50, 3 * SECOND);
            let (_, ()) = tokio::join!(hiccup, async {
                sleep(SECOND / 2).await;
                world.set(B, Mood::After(90));
            });
            let after = flood(&router, read, 1_000, 3 * SECOND).await;
            assert!(
                after.lost.len() <= 20,
                "{mood:?}, seed {seed}: {:?}",
                after.lost
            );
            assert_eq!(router.status().regions[1].state, RegionState::Closed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_a_quiet_process_is_served() {
    for pause in [0, 60] {
        let world = well();
        let router = world.build(unconfigured([A, B], 1));
        for _ in 0..100 {
            served(&router).await;
            sleep(SECOND / 5).await;
        }
        sleep(pause * SECOND).await;
        served(&router).await;
        world.set(A, Mood::Silent);
        let local = LocalSet::new();
        local
            .run_until(async {
                let spawned = (0..50).map(|_| {
                    let router = router.clone();
                    tokio::task::spawn_local(async move { served(&router).await })
                });
                for call in spawned.collect::<Vec<_>>() {
                    assert_eq!(call.await.unwrap(), B);
                }
            })
            .await;
    }
}
