use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Budget, BudgetConfig, Ratio, TokioClock};

use crate::world::{
    A, B, C, Fault, Mood, World, assert_unchanged, builder, circuits, read, refusal, send, served,
};

/// A budget that only calls fill.
fn budget(ratio: u32) -> Budget {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(ratio))
        .with_floor(0);
    Budget::with_clock(config, TokioClock::new())
}

#[tokio::test(start_paused = true)]
async fn every_call_pays_in() {
    let world = World::new();
    let budget = budget(50);
    let router = world.build(builder([A, B]).with_budget(budget.clone()));
    for _ in 0..4 {
        served(&router).await;
    }
    assert_eq!(budget.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn under_a_retry_layer_nothing_is_paid_in_twice() {
    let world = World::new();
    let budget = budget(50);
    let router = world.build(builder([A, B]).with_budget(budget.withdraw_only()));
    for _ in 0..4 {
        served(&router).await;
    }
    assert_eq!(budget.tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_further_attempt_costs_a_token_and_a_refusal_costs_none() {
    let world = World::new();
    let budget = budget(100);
    (0..4).for_each(|_| budget.deposit());
    let router = builder([A, B, C])
        .without_hedging()
        .with_budget(budget.withdraw_only());
    let router = world.build(router);

    world.set(A, Mood::Failing(Fault::Down));
    world.set(B, Mood::Failing(Fault::Unreachable));
    assert_eq!(served(&router).await, C);
    assert_eq!(budget.tokens(), 2);

    world.set(A, Mood::Failing(Fault::LimiterFull));
    world.set(B, Mood::NeverReady);
    assert_eq!(served(&router).await, C);
    assert_eq!(budget.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_an_answer_comes_through_unchanged() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Down));
    let router = world.build(builder([A, B]).with_budget(budget(0)));
    assert_unchanged(send(&router, read()).await, A, Fault::Down);
    assert_eq!(world.take_calls(), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_silence_becomes_a_refusal_that_names_what_was_tried() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::LimiterFull));
    world.set(B, Mood::Silent);
    let router = world.build(builder([A, B, C]).with_budget(budget(0)));
    let rejected = refusal(send(&router, read()).await);
    assert!(
        matches!(rejected, Rejected::BudgetSpent { .. }),
        "{rejected:?}"
    );
    assert_eq!(
        rejected.to_string(),
        "budget for further attempts spent; tried us-east-1: limiter full; eu-west-1: no answer within \
         1 s of the attempt"
    );
    assert_eq!(world.take_calls(), [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_back_where_no_other_region_lets_the_call_in() {
    let world = World::new();
    let budget = budget(100);
    budget.deposit();
    let router = world.build(builder([A, B]).with_budget(budget.withdraw_only()));
    // Free to leave, so that only the second Region's circuit opens.
    world.set(A, Mood::Failing(Fault::LimiterFull));
    world.set(B, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        refusal(send(&router, read()).await);
    }
    assert_eq!(circuits(&router), "co");
    world.take_calls();

    world.set(A, Mood::Failing(Fault::Down));
    assert_unchanged(send(&router, read()).await, A, Fault::Down);
    assert_eq!(world.take_calls(), [1, 0, 0]);
    assert_eq!(budget.tokens(), 1);
}
