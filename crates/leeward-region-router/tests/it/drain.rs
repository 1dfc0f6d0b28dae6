//! Regions that somebody takes out and back in by hand, and routers that somebody switches off.

use std::error::Error;

use leeward_error_taxonomy::Region;
use leeward_region_router::{RegionRouter, RoundRobin, RouterError};
use leeward_resilience::{Placement, Session, Switch, TokioClock};
use tokio::time::{advance, sleep};

use crate::world::{
    A, B, C, Fault, Mood, SECOND, World, assert_unchanged, builder, circuits, open_circuits, read,
    refusal, send, served, write,
};

#[tokio::test(start_paused = true)]
async fn a_drained_region_gets_no_call_but_one_that_is_pinned_to_it() {
    let world = World::new();
    let router = world.router();
    router.drain(&A).unwrap();
    router.clone().drain(&A).unwrap();
    for _ in 0..5 {
        assert_eq!(served(&router).await, B);
    }
    // Nor as a last resort.
    world.set(B, Mood::Failing(Fault::Down));
    world.set(C, Mood::Failing(Fault::Down));
    refusal(send(&router, read()).await);
    let prefers = read().placed(Placement::new().preferring(A));
    refusal(send(&router, prefers).await);
    assert_eq!(world.take_calls()[0], 0);

    let pinned = read().placed(Placement::new().pinned_to(A));
    assert_eq!(send(&router, pinned).await.unwrap(), A);
    router.restore(&A).unwrap();
    assert_eq!(served(&router).await, A);
}

#[tokio::test(start_paused = true)]
async fn when_every_region_is_drained_calls_are_told_so() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    router.drain(&A).unwrap();
    router.drain(&B).unwrap();
    let rejected = refusal(send(&router, read()).await);
    assert_eq!(
        rejected.source().unwrap().to_string(),
        "every Region that the call may go to is drained, of us-east-1, eu-west-1: restore one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_restored_is_taken_back_by_and_by() {
    let world = World::new();
    let router = RegionRouter::builder([A, B]).with_clock(TokioClock::new());
    let router = world.build(router);
    router.drain(&A).unwrap();
    router.restore(&A).unwrap();
    let mut shares = Vec::new();
    for _ in 0..4 {
        world.take_calls();
        for _ in 0..300 {
            served(&router).await;
            advance(SECOND / 100).await;
        }
        shares.push(world.take_calls()[0]);
    }
    // A tenth at first, all after ten seconds.
    assert!(shares[0] < 120, "{shares:?}");
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[3] > 270, "{shares:?}");

    // Restoring what was not drained changes nothing.
    router.restore(&A).unwrap();
    for _ in 0..20 {
        assert_eq!(served(&router).await, A);
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_circuit_is_open_is_probed_first_when_it_is_restored() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    router.drain(&A).unwrap();
    router.restore(&A).unwrap();
    assert_eq!(circuits(&router), "occ");
    assert_eq!(served(&router).await, B);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_when_a_region_is_drained_ends_as_it_would() {
    let world = World::new();
    let router = world.router();
    world.set(A, Mood::After(500));
    let (answer, ()) = tokio::join!(served(&router), async {
        sleep(SECOND / 10).await;
        router.drain(&A).unwrap();
    });
    assert_eq!(answer, A);
    assert_eq!(world.take_calls(), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_there_is_not_cannot_be_drained() {
    let router = World::new().router();
    let stranger = Region::from_static("us-west-2");
    let expected = router.drain(&stranger).unwrap_err();
    assert!(matches!(&expected, RouterError::UnknownRegion { region, .. } if *region == stranger));
    assert_eq!(router.restore(&stranger), Err(expected.clone()));
    assert_eq!(
        expected.to_string(),
        "Region us-west-2 is none of the router's: name one of its list"
    );
}

#[tokio::test(start_paused = true)]
async fn switched_off_a_router_sends_every_call_to_the_first_region() {
    let world = World::new();
    let switch = Switch::new();
    let router = builder([A, B, C]).with_ranking(RoundRobin::new());
    let router = world.build(router.with_switch(switch.clone()));
    open_circuits(&world, &router, &[A]).await;
    router.drain(&A).unwrap();
    switch.turn_off();
    for _ in 0..5 {
        assert_unchanged(send(&router, read()).await, A, Fault::Down);
    }
    world.set(A, Mood::Well);
    for _ in 0..5 {
        assert_eq!(served(&router).await, A);
    }
    // It minds no time and learns nothing.
    world.set(A, Mood::After(5_000));
    let before = router.status();
    assert_eq!(served(&router).await, A);
    let after = router.status();
    assert_eq!(before.regions[0].successes, after.regions[0].successes);
    assert!(after.kill_switch);
    // What a call says of itself holds.
    let pinned = read().placed(Placement::new().pinned_to(C));
    assert_eq!(send(&router, pinned).await.unwrap(), C);
    let elsewhere = read().placed(Placement::new().excluding(A));
    assert_eq!(send(&router, elsewhere).await.unwrap(), B);

    switch.turn_on();
    world.set(A, Mood::Well);
    assert_ne!(served(&router).await, A);
}

#[tokio::test(start_paused = true)]
async fn switched_off_a_router_still_notes_where_a_session_wrote() {
    let world = World::new();
    let switch = Switch::new();
    let router = world.build(builder([A, B, C]).with_switch(switch.clone()));
    let session = Session::new(SECOND);
    switch.turn_off();
    let there = Placement::new().preferring(B).writing(&session);
    assert_eq!(send(&router, write().placed(there)).await.unwrap(), B);
    assert_eq!(session.home(), Some(B));
    switch.turn_on();
    let after_it = read().placed(Placement::new().reading(&session));
    assert_eq!(send(&router, after_it).await.unwrap(), B);
}
