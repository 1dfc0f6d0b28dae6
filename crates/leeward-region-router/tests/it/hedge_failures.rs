//! Calls that are sent to two Regions, of which one or both fail.

use std::time::Duration;

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Budget, BudgetConfig, Ratio, TokioClock};
use tokio::time::sleep;

use crate::{
    hedge::{DELAY, learnt, timed, tokens},
    world::{
        A, B, C, Fault, Mood, SECOND, World, assert_unchanged, builder, circuits, learn,
        open_circuits, read, refusal, send,
    },
};

#[tokio::test(start_paused = true)]
async fn a_hedge_that_fails_leaves_a_slow_first_attempt_alone() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::After(200));
    for fault in [Fault::Denied, Fault::Invalid, Fault::Throttled] {
        world.set(B, Mood::Failing(fault));
        let (answer, took) = timed(&router, read()).await;
        assert_eq!(
            (answer.unwrap(), took),
            (A, Duration::from_millis(200)),
            "{fault:?}"
        );
        assert_eq!(world.take_calls(), [1, 1, 0], "{fault:?}");
    }
    assert_eq!(budget.tokens(), 17);
}

#[tokio::test(start_paused = true)]
async fn where_a_hedge_fails_by_its_region_the_next_one_takes_its_place() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::Failing(Fault::Down));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (C, DELAY));
    assert_eq!((world.take_calls(), budget.tokens()), ([1, 1, 1], 18));

    // None left: the first one has all its time.
    world.set(A, Mood::After(900));
    world.set(C, Mood::Failing(Fault::Down));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (A, Duration::from_millis(900)));
}

#[tokio::test(start_paused = true)]
async fn where_the_first_attempt_fails_beside_a_hedge_the_next_region_takes_its_place() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    for (second, third, expected) in [
        // The hedge may be silent, which nobody can tell.
        (Mood::Silent, Mood::Well, (C, Duration::from_millis(60))),
        (
            Mood::After(100),
            Mood::Silent,
            (B, Duration::from_millis(150)),
        ),
    ] {
        world.set(B, second);
        world.set(C, third);
        let before = budget.tokens();
        let (answer, took) = timed(&router, read()).await;
        assert_eq!((answer.unwrap(), took), expected);
        assert_eq!((world.take_calls(), world.in_flight()), ([1, 1, 1], 0));
        assert_eq!(budget.tokens(), before - 2);
    }
    let status = router.status();
    assert_eq!((status.fail_overs, status.regions[0].left), (2, 2));
    assert_eq!((status.hedges_won, status.hedges_lost), (1, 1));
    // Whoever took the place began last, so nobody has overtaken it.
    let overtaken = [0, 1, 2].map(|at: usize| status.regions[at].overtaken);
    assert_eq!(overtaken, [0, 1, 0]);

    // What is no reason to go elsewhere asks no third one.
    let (world, router, _) = learnt().await;
    world.set(B, Mood::After(100));

    world.set(A, Mood::FailingAfter(60, Fault::Throttled));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (B, Duration::from_millis(150)));
}

#[tokio::test(start_paused = true)]
async fn the_final_answer_of_the_first_region_ends_the_hedge() {
    let (world, router, _) = learnt().await;
    world.set(B, Mood::Silent);
    for fault in [Fault::Denied, Fault::Invalid] {
        world.set(A, Mood::FailingAfter(60, fault));
        let (answer, took) = timed(&router, read()).await;
        assert_unchanged(answer, A, fault);
        assert_eq!((took, world.in_flight()), (Duration::from_millis(60), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn when_both_fail_the_next_region_is_tried_and_in_the_end_all_are_named() {
    let (world, router, budget) = learnt().await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::FailingAfter(60, Fault::Down));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (C, Duration::from_millis(60)));
    assert_eq!((world.take_calls(), budget.tokens()), ([1, 1, 1], 18));

    let (world, router, _) = learnt().await;
    world.set_all(Mood::FailingAfter(60, Fault::Down));
    let rejected = refusal(send(&router, read()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried us-east-1: Down; eu-west-1: Down; ap-south-1: Down"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_second_region_said_for_good_is_the_answer_once_the_first_fails() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::Failing(Fault::Denied));
    let (answer, took) = timed(&router, read()).await;
    assert_unchanged(answer, B, Fault::Denied);
    assert_eq!((took, world.take_calls()), (SECOND, [1, 1, 0]));
}

#[tokio::test(start_paused = true)]
async fn what_the_first_region_answers_counts_for_more_than_what_the_second_did() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::FailingAfter(200, Fault::Throttled));
    world.set(B, Mood::Failing(Fault::Denied));
    let (answer, took) = timed(&router, read()).await;
    assert_unchanged(answer, A, Fault::Throttled);
    assert_eq!(took, Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn where_the_time_of_the_call_is_over_both_attempts_end() {
    for (first, second) in [
        (Mood::Silent, Mood::FailingAfter(10, Fault::OutOfTime)),
        (Mood::FailingAfter(60, Fault::OutOfTime), Mood::Silent),
    ] {
        let (world, router, _) = learnt().await;
        world.set(A, first);
        world.set(B, second);
        let (answer, took) = timed(&router, read()).await;
        let rejected = refusal(answer);
        assert!(
            matches!(rejected, Rejected::DeadlineExceeded { .. }),
            "{rejected:?}"
        );
        assert_eq!((took, world.in_flight()), (Duration::from_millis(60), 0));
        assert_eq!(world.take_calls(), [1, 1, 0]);
        // Nobody knows of a deadline of the call, so it says nothing against either Region.
        assert_eq!(router.status().regions[0].failures, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_that_is_held_back_takes_the_place_of_the_first_while_a_hedge_is_under_way() {
    let world = World::new();
    let router = world.build(builder([C, A, B]).with_budget(tokens()));
    open_circuits(&world, &router, &[C]).await;
    // Once it is worth another attempt.
    sleep(SECOND).await;
    for _ in 0..15 {
        assert_eq!(send(&router, read()).await.unwrap(), A);
    }
    world.take_calls();
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::After(100));
    world.set(C, Mood::Well);
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (B, Duration::from_millis(150)));
    assert_eq!(world.take_calls(), [1, 1, 0]);
    assert_eq!(
        (circuits(&router), router.status().panics),
        ("occ".to_owned(), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_second_region_said_for_good_counts_for_more_than_what_the_first_did_not_answer() {
    let (world, router, _) = learnt().await;
    world.set(A, Mood::FailingAfter(200, Fault::OutOfTime));
    world.set(B, Mood::Failing(Fault::Denied));
    let (answer, took) = timed(&router, read()).await;
    assert_unchanged(answer, B, Fault::Denied);
    assert_eq!(took, Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn what_the_first_region_said_is_the_answer_if_the_second_was_never_called() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_budget(tokens()));
    learn(&world, &router).await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::NeverReady);
    let (answer, took) = timed(&router, read()).await;
    assert_unchanged(answer, A, Fault::Down);
    assert_eq!((took, world.take_calls()), (DELAY + SECOND, [1, 0, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_in_place_of_one_that_failed_takes_one_token() {
    let world = World::new();
    let two = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor(2)
        .with_floor_interval(Duration::from_secs(86_400));
    let two = Budget::with_clock(two, TokioClock::new());
    let router = world.build(builder([A, B, C]).with_budget(two.clone()));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::Failing(Fault::Down));
    let (answer, took) = timed(&router, read()).await;
    assert_eq!((answer.unwrap(), took), (C, DELAY));
    assert_eq!((two.tokens(), router.status().hedges), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_does_not_reach_its_region_costs_a_token_and_one_that_we_refuse_none() {
    for (fault, left) in [(Fault::Unreachable, 19), (Fault::LimiterFull, 20)] {
        let world = World::new();
        let budget = tokens();
        let router = world.build(builder([A, B]).with_budget(budget.clone()));
        learn(&world, &router).await;
        world.set(A, Mood::After(200));
        world.set(B, Mood::Failing(fault));
        assert_eq!(send(&router, read()).await.unwrap(), A);
        assert_eq!((world.take_calls(), budget.tokens()), ([1, 1, 0], left));
    }
}
