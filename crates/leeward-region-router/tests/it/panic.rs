//! Calls for which every circuit is open, and that go on when the Region fails that they were sent to all the same.

use leeward_resilience::{Idempotency, Request};
use tokio::time::{advance, sleep};
use tower::ServiceExt;

use crate::{
    hedge::{no_tokens, tokens},
    world::{
        A, B, Fault, Mood, REST, Router, SECOND, World, assert_unchanged, builder, circuits,
        open_circuits, read, refusal, send, served, write,
    },
};

/// Over two Regions whose circuits have just opened.
async fn all_open(world: &World) -> Router {
    let router = world.build(builder([A, B]).with_budget(tokens()).without_hedging());
    open_circuits(world, &router, &[A, B]).await;
    assert_eq!(circuits(&router), "oo");
    router
}

#[tokio::test(start_paused = true)]
async fn what_one_region_fails_in_panic_another_may_serve() {
    for fault in [Fault::Down, Fault::Reset, Fault::Unreachable] {
        let world = World::new();
        let router = all_open(&world).await;
        sleep(SECOND / 2).await;
        world.set(A, Mood::Failing(fault));
        world.set(B, Mood::Well);
        let before = router.status();
        assert_eq!(served(&router).await, B);
        assert_eq!(world.take_calls(), [1, 1, 0]);
        let after = router.status();
        assert_eq!(after.panics - before.panics, 2);
        assert_eq!(after.fail_overs - before.fail_overs, 1);
        assert_eq!(before.budget - after.budget, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_outage_costs_one_attempt_for_each_call() {
    let world = World::new();
    let router = all_open(&world).await;
    let before = router.status().fail_overs;
    // The circuits have just opened, and from then on each call finds one Region bad.
    for _ in 0..100 {
        refusal(send(&router, read()).await);
        advance(SECOND / 100).await;
    }
    assert_eq!(world.take_calls(), [50, 50, 0]);
    assert_eq!(router.status().fail_overs, before);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_has_just_served_is_worth_another_attempt_though_it_fails_now_and_then() {
    let world = World::new();
    let router = all_open(&world).await;
    world.set(B, Mood::Well);
    sleep(SECOND / 2).await;
    assert_eq!(served(&router).await, B);
    // B fails once; A was found bad long ago, and is now.
    world.set(B, Mood::Failing(Fault::Down));
    refusal(send(&router, read()).await);
    world.take_calls();
    // Each of them was found bad just now, but B has served within a second.
    world.set(B, Mood::Well);
    advance(SECOND / 100).await;
    assert_eq!(served(&router).await, B);
    assert_eq!(served(&router).await, B);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_goes_on_in_panic() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_budget(no_tokens()).without_hedging());
    open_circuits(&world, &router, &[A, A, B, B]).await;
    for region in [A, B] {
        let there =
            || read().placed(leeward_resilience::Placement::new().pinned_to(region.clone()));
        for _ in 0..2 {
            send(&router, there()).await.unwrap_err();
        }
    }
    assert_eq!(circuits(&router), "oo");
    sleep(SECOND / 2).await;
    world.take_calls();
    send(&router, read()).await.unwrap_err();
    assert_eq!(world.take_calls().iter().sum::<u32>(), 1);
    assert_eq!(router.status().fail_overs, 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_goes_on_in_panic_where_it_was_not_sent_only() {
    let world = World::new();
    let router = all_open(&world).await;
    sleep(SECOND / 2).await;
    world.set_all(Mood::Failing(Fault::Reset));
    assert_unchanged(send(&router, write()).await, A, Fault::Reset);
    world.set_all(Mood::Failing(Fault::Unreachable));
    sleep(SECOND / 2).await;
    world.set(A, Mood::Well);
    assert_eq!(send(&router, write()).await.unwrap(), A);
}

#[tokio::test(start_paused = true)]
async fn what_the_only_region_in_turn_said_is_the_answer_though_others_failed_in_panic() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_budget(tokens()).without_hedging());
    open_circuits(&world, &router, &[A]).await;
    assert_eq!(circuits(&router), "oc");
    sleep(SECOND / 2).await;
    world.set(A, Mood::Failing(Fault::Reset));
    world.set(B, Mood::Failing(Fault::Down));
    // A hiccup of the survivor is no total outage: it may be tried again.
    assert_unchanged(send(&router, read()).await, B, Fault::Down);
    assert_eq!(world.take_calls(), [1, 1, 0]);
}

/// Idempotent, and of a body that can be sent once.
struct Once;

impl Request for Once {
    fn operation(&self) -> leeward_error_taxonomy::OperationName {
        leeward_error_taxonomy::OperationName::new("ledger", "Put")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        None
    }

    fn for_region(
        &self,
        _: &leeward_error_taxonomy::Region,
    ) -> Result<Self, leeward_error_taxonomy::Rejected> {
        Ok(Self)
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_be_sent_only_once_probes_and_explores_nothing() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    for _ in 0..100 {
        assert_eq!(router.clone().oneshot(Once).await.unwrap(), B);
        sleep(SECOND / 10).await;
    }
    assert_eq!(world.take_calls(), [0, 100, 0]);
    // A read does.
    assert_eq!(served(&router).await, B);
    assert_eq!(world.take_calls(), [1, 1, 0]);

    let latency = leeward_region_router::Latency::new().with_exploration(5);
    let router = world.build(builder([A, B]).with_ranking(latency));
    world.set(A, Mood::Well);
    world.set(B, Mood::Failing(Fault::Reset));
    for _ in 0..100 {
        assert_eq!(router.clone().oneshot(Once).await.unwrap(), A);
        sleep(SECOND / 10).await;
    }
}
