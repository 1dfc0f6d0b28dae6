//! Routers that do not go by the list.

use std::time::Duration;

use leeward_error_taxonomy::Region;
use leeward_region_router::{
    Latency, Order, Ranking, RegionRouter, RoundRobin, RouterError, Standings,
};
use leeward_resilience::{Placement, TokioClock};
use tokio::time::sleep;

use crate::world::{
    A, B, C, Fault, Mood, Router, World, builder, learn, read, send, served, write,
};

/// The Regions that serve so many calls, one after the other.
async fn serve(router: &Router, calls: usize) -> Vec<Region> {
    let mut regions = Vec::new();
    for _ in 0..calls {
        regions.push(served(router).await);
    }
    regions
}

#[tokio::test(start_paused = true)]
async fn round_robin_goes_round() {
    let world = World::new();
    let router = world.build(builder([A, B, C]).with_ranking(RoundRobin::new()));
    assert_eq!(serve(&router, 6).await, [A, B, C, A, B, C]);
    assert_eq!(router.status().strategy, "round robin");
}

#[tokio::test(start_paused = true)]
async fn the_turns_of_a_region_that_is_out_are_spread_over_the_others() {
    let world = World::new();
    let router = world.build(builder([A, B, C]).with_ranking(RoundRobin::new()));
    world.set(A, Mood::Failing(Fault::Down));
    serve(&router, 6).await;
    world.take_calls();
    serve(&router, 12).await;
    assert_eq!(world.take_calls(), [0, 6, 6]);
    world.set(A, Mood::Well);
    let router = world.build(builder([A, B, C]).with_ranking(RoundRobin::new()));
    router.drain(&B).unwrap();
    serve(&router, 12).await;
    assert_eq!(world.take_calls(), [6, 0, 6]);
}

#[tokio::test(start_paused = true)]
async fn calls_whose_region_is_settled_take_no_turn() {
    let world = World::new();
    for placement in [
        Placement::new().pinned_to(A),
        Placement::new().preferring(A),
    ] {
        let router = world.build(builder([A, B]).with_ranking(RoundRobin::new()));
        world.take_calls();
        for _ in 0..50 {
            served(&router).await;
            let settled = write().placed(placement.clone());
            assert_eq!(send(&router, settled).await.unwrap(), A);
        }
        assert_eq!(world.take_calls(), [75, 25, 0]);
    }
    // A wish for what there is not settles nothing.
    let router = world.build(builder([A, B]).with_ranking(RoundRobin::new()));
    let elsewhere = Placement::new().preferring(Region::from_static("us-west-2"));
    for _ in 0..50 {
        send(&router, read().placed(elsewhere.clone()))
            .await
            .unwrap();
    }
    assert_eq!(world.take_calls(), [25, 25, 0]);
}

#[tokio::test(start_paused = true)]
async fn round_robin_minds_weights() {
    let world = World::new();
    let weighted = RoundRobin::weighted([(A, 3), (B, 1)]);
    let router = world.build(builder([A, B, C]).with_ranking(weighted));
    assert_eq!(serve(&router, 8).await, [A, A, B, A, A, A, B, A]);
    // What has no weight helps out.
    world.set(A, Mood::Failing(Fault::Down));
    world.set(B, Mood::Failing(Fault::Down));
    assert_eq!(serve(&router, 4).await, [C, C, C, C]);
}

#[tokio::test(start_paused = true)]
async fn weights_that_no_router_can_go_by_are_refused() {
    let stranger = Region::from_static("us-west-2");
    let build = |weights: Vec<(Region, u8)>| {
        let ranking = RoundRobin::weighted(weights);
        builder([A, B]).with_ranking(ranking).build(World::new())
    };
    let unknown = build(vec![(stranger.clone(), 1)]).unwrap_err();
    assert!(matches!(unknown, RouterError::UnknownRegion { region, .. } if region == stranger));
    let none = build(vec![(A, 0)]).unwrap_err();
    assert_eq!(none, RouterError::NoWeight);
    assert_eq!(
        none.to_string(),
        "no Region has a weight above 0: give at least one Region a turn"
    );
    assert_eq!(build(vec![]).unwrap_err(), RouterError::NoWeight);
    let twice = build(vec![(A, 3), (B, 1), (A, 1)]).unwrap_err();
    assert!(matches!(&twice, RouterError::RepeatedWeight { region, .. } if *region == A));
    assert_eq!(
        twice.to_string(),
        "Region us-east-1 has two weights: give each Region one"
    );
}

/// A router by latency that has seen what each Region takes.
async fn by_latency(world: &World, millis: [u64; 3]) -> Router {
    for (region, millis) in [A, B, C].into_iter().zip(millis) {
        world.set(region, Mood::After(millis));
    }
    let router = RegionRouter::builder([A, B, C])
        .with_clock(TokioClock::new())
        .with_ranking(Latency::new().with_exploration(3))
        .without_hedging();
    let router = world.build(router);
    for _ in 0..600 {
        served(&router).await;
    }
    router
}

#[tokio::test(start_paused = true)]
async fn by_latency_the_fastest_region_is_asked_first_though_it_stands_last() {
    let world = World::new();
    let router = by_latency(&world, [90, 120, 20]).await;
    let regions = serve(&router, 300).await;
    let of = |region: Region| regions.iter().filter(|served| **served == region).count();
    assert!(of(C) > 270, "{} {} {}", of(A), of(B), of(C));
    // The others are looked at now and then, lest one becomes the faster unseen.
    assert!(of(A) > 0 && of(B) > 0);
    assert_eq!(router.status().strategy, "latency");
}

#[tokio::test(start_paused = true)]
async fn by_latency_two_regions_of_much_the_same_do_not_take_turns() {
    let world = World::new();
    let router = by_latency(&world, [100, 95, 300]).await;
    let regions = serve(&router, 300).await;
    let first = regions.iter().filter(|served| **served == A).count();
    assert!(first > 270, "{first}");
}

#[tokio::test(start_paused = true)]
async fn by_latency_a_region_that_fails_at_once_is_not_fast() {
    let world = World::new();
    let router = by_latency(&world, [20, 90, 300]).await;
    // A fifth of its calls, which is too few to leave it for.
    for call in 0..3_000 {
        let fails = call % 5 == 0;
        world.set(
            A,
            if fails {
                Mood::Failing(Fault::Down)
            } else {
                Mood::After(20)
            },
        );
        served(&router).await;
    }
    world.set(A, Mood::After(20));
    world.take_calls();
    serve(&router, 30).await;
    let calls = world.take_calls();
    assert!(calls[1] > 25, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn the_longest_penalty_of_all_panics_in_no_call() {
    let world = World::new();
    let ranking = Latency::new().with_penalty(Duration::MAX);
    let router = world.build(builder([A, B]).with_ranking(ranking));
    learn(&world, &router).await;
    // A tenth of the calls of A: it stays closed, and goes last.
    for call in 0..1_000 {
        let fails = call % 10 == 0;
        world.set(
            A,
            if fails {
                Mood::Failing(Fault::Down)
            } else {
                Mood::Well
            },
        );
        served(&router).await;
        sleep(Duration::from_millis(50)).await;
    }
    world.take_calls();
    serve(&router, 30).await;
    let calls = world.take_calls();
    assert!(calls[1] > 25, "{calls:?}");
}

#[derive(Clone, Debug)]
struct Backwards;

impl Ranking for Backwards {
    fn name(&self) -> &'static str {
        "backwards"
    }

    fn rank(&self, standings: &Standings<'_>, order: &mut Order) {
        let last = standings.len();
        order.sort_by_key(|at| last - at);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ranking_of_ones_own_is_asked_for_each_call() {
    let world = World::new();
    let router = world.build(builder([A, B, C]).with_ranking(Backwards));
    assert_eq!(served(&router).await, C);
    world.set(C, Mood::Failing(Fault::Down));
    assert_eq!(served(&router).await, B);
    assert_eq!(router.status().strategy, "backwards");
}
