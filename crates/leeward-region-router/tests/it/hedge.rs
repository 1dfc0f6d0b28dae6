//! Calls that are sent to the next Region while the first has not answered.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_region_router::{Hedging, RegionRouter, RouterEvent};
use leeward_resilience::{
    Budget, BudgetConfig, Placement, Plain, Ratio, Session, TokioClock, deadline,
};
use tokio::time::{Instant, advance, sleep};
use tower::ServiceExt;

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, Router, SECOND, World, builder, circuits, learn,
    open_circuits, poll_once, read, send, served, write,
};

/// The earliest that a call is hedged after, which it is here: the Regions answer at once.
pub(crate) const DELAY: Duration = Duration::from_millis(50);

/// A budget of twenty tokens that nothing fills.
pub(crate) fn tokens() -> Budget {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor(20)
        .with_floor_interval(Duration::from_secs(86_400));
    Budget::with_clock(config, TokioClock::new())
}

/// A budget without any.
pub(crate) fn no_tokens() -> Budget {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor(0);
    Budget::with_clock(config, TokioClock::new())
}

/// Over a router that knows what is normal in the first Region.
pub(crate) async fn learnt() -> (World, Router, Budget) {
    let (world, budget) = (World::new(), tokens());
    let router = world.build(builder([A, B, C]).with_budget(budget.clone()));
    learn(&world, &router).await;
    (world, router, budget)
}

/// What came of a call, and after how long.
pub(crate) async fn timed(
    router: &Router,
    request: Plain<&'static str>,
) -> (Result<Region, LedgerError>, Duration) {
    let began = Instant::now();
    let answer = send(router, request).await;
    (answer, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_answered_is_sent_to_the_next_region_beside_it() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (B, DELAY));
    assert_eq!(world.take_calls(), [1, 1, 0]);
    assert_eq!(world.in_flight(), 0);
    assert_eq!(budget.tokens(), 19);
    let status = router.status();
    assert_eq!(
        (status.hedges, status.hedges_won, status.hedges_lost),
        (1, 1, 0)
    );
    assert_eq!(status.fail_overs, 0);
    assert_eq!(status.regions[0].overtaken, 1);
    assert_eq!(status.regions[1].hedges_won, 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_the_other_attempt_is_dropped() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::After(60));
    world.set(B, Mood::After(60));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (A, Duration::from_millis(60)));
    assert_eq!((world.take_calls(), world.in_flight()), ([1, 1, 0], 0));
    // It was sent, so it was paid for.
    assert_eq!(budget.tokens(), 19);
    assert_eq!(router.status().hedges_lost, 1);
}

#[tokio::test(start_paused = true)]
async fn before_it_is_known_what_is_normal_a_call_is_hedged_after_half_of_its_time() {
    let world = World::new();
    let router = world.router();
    for _ in 0..14 {
        served(&router).await;
    }
    world.set(A, Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (B, SECOND / 2));
    // Half of what the caller's deadline leaves it.
    let end = Instant::now() + SECOND / 2;
    let (answer, took) = deadline::until(end, timed(&router, read())).await;
    assert_eq!((answer.unwrap(), took), (B, SECOND / 4));
}

#[tokio::test(start_paused = true)]
async fn f4_only_what_may_be_applied_twice_is_hedged() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::After(900));
    let session = Session::new(SECOND);
    let unsure = Placement::new().failing_over_when_unsure();
    for request in [
        write(),
        write().placed(unsure),
        read().placed(Placement::new().writing(&session)),
        read().placed(Placement::new().pinned_to(A)),
        read().placed(Placement::new().excluding(B).excluding(C)),
    ] {
        let (answer, took) = timed(&router, request).await;
        assert_eq!((answer.unwrap(), took), (A, Duration::from_millis(900)));
    }
    assert_eq!(world.take_calls(), [5, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn hedging_can_be_switched_off_and_set() {
    let world = World::new();
    let router = world.build(builder([A, B]).without_hedging());
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    assert_eq!(timed(&router, read()).await.1, SECOND);

    let hedging = Hedging::new().with_min_delay(Duration::from_millis(7));
    let world = World::new();
    let router = world.build(builder([A, B]).with_hedging(hedging));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    assert_eq!(timed(&router, read()).await.1, Duration::from_millis(7));
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_overtaken_time_and_again_is_left() {
    let world = World::new();
    let router = RegionRouter::builder([A, B, C]).with_clock(TokioClock::new());
    let router = world.build(router);
    world.set_all(Mood::After(20));
    for _ in 0..15 {
        served(&router).await;
    }
    sleep(2 * SECOND).await;
    world.set(A, Mood::Silent);
    // It answers sooner than five times the normal time of the first, so that no age alone shows the silence.
    world.set(B, Mood::After(5));
    let mut calls = 0;
    while circuits(&router) == "ccc" {
        assert_eq!(served(&router).await, B);
        calls += 1;
        assert!(calls <= 20, "{:?}", router.status().regions[0]);
    }
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_attempt_timeout() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    // It takes the place of the first, beside the second.
    assert_eq!((answer.unwrap(), took), (C, SECOND));
    assert_eq!(world.in_flight(), 0);

    let (world, router, _) = learnt().await;
    world.set_all(Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    answer.unwrap_err();
    assert_eq!((took, world.in_flight()), (2 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_token_there_is_no_hedge_and_no_error() {
    let world = World::new();
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), TokioClock::new());
    let router = world.build(builder([A, B]).with_budget(budget.withdraw_only()));
    learn(&world, &router).await;
    world.set(A, Mood::After(900));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (A, Duration::from_millis(900)));
    assert_eq!(router.status().out_of_budget, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_no_region_takes_costs_nothing() {
    let (world, router, budget) = learnt().await;
    // Left without a token: what a full limiter refuses is free.
    world.set(A, Mood::Failing(Fault::LimiterFull));
    open_circuits_but_first(&world, &router).await;
    let before = budget.tokens();
    world.set(A, Mood::After(900));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (A, Duration::from_millis(900)));
    assert_eq!((world.take_calls(), budget.tokens()), ([1, 0, 0], before));

    // One that was refused unsent gives its token back.
    sleep(REST).await;
    world.set(B, Mood::Failing(Fault::LimiterFull));
    world.set(C, Mood::Failing(Fault::LimiterFull));
    let (answer, _) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), budget.tokens()), (A, before));
}

async fn open_circuits_but_first(world: &World, router: &Router) {
    world.set(B, Mood::Failing(Fault::Down));
    world.set(C, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        let _ = send(router, read()).await;
    }
    world.take_calls();
    assert_eq!(circuits(router), "coo");
}

#[tokio::test(start_paused = true)]
async fn a_probe_may_show_how_slow_its_region_is_before_it_is_overtaken() {
    let (world, router, _) = learnt().await;
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Silent);
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (B, SECOND / 2));
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_ends_both_attempts() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::Silent);
    for _ in 0..2 {
        let mut call = Box::pin(router.clone().oneshot(read()));
        assert!(poll_once(call.as_mut()).await.is_pending());
        advance(DELAY).await;
        assert!(poll_once(call.as_mut()).await.is_pending());
        assert_eq!(world.in_flight(), 2);
        advance(SECOND - DELAY - Duration::from_millis(1)).await;
        drop(call);
        assert_eq!(world.in_flight(), 0);
    }
    assert_eq!(budget.tokens(), 18);
    // Not old enough to be a failure, and no evidence that the second Region is silent.
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn tells_who_was_asked_beside_whom_and_who_was_first() {
    let world = World::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let observe = move |event: &RouterEvent| seen.lock().unwrap().push(event.clone());
    let router = world.build(builder([A, B]).with_observer(observe));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    served(&router).await;
    let events = events.lock().unwrap();
    let [
        RouterEvent::Hedged {
            from, to, elapsed, ..
        },
        RouterEvent::HedgeWon { region, .. },
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((from, to, region, *elapsed), (&A, &B, &B, DELAY));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_of_a_task_that_has_used_up_its_share_of_the_runtime_begins_all_the_same() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::Busy);
    let mut call = pin!(router.clone().oneshot(read()));
    assert!(poll_once(call.as_mut()).await.is_pending());
    advance(DELAY).await;
    assert_eq!(call.await.unwrap(), B);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_no_probe_while_another_region_is_well() {
    let (world, router, _) = learnt().await;
    world.set(B, Mood::Silent);
    for _ in 0..2 {
        let there = read().placed(Placement::new().pinned_to(B));
        send(&router, there).await.unwrap_err();
    }
    assert_eq!(circuits(&router), "coc");
    sleep(REST).await;
    world.take_calls();
    world.set(A, Mood::After(900));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (C, DELAY));
    assert_eq!(world.take_calls(), [1, 0, 1]);
    // Where there is none, it is one.
    world.set(B, Mood::Well);
    let (answer, took) = timed(&router, read().placed(Placement::new().excluding(C))).await;
    assert_eq!((answer.unwrap(), took), (B, DELAY));
    assert_eq!(circuits(&router), "ccc");
}
