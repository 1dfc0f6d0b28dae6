//! What hedges cost the budget.

use std::sync::atomic::Ordering::Relaxed;

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{
    Budget, BudgetConfig, HedgeLayer, HedgePolicy, Plain, Ratio, RetryLayer, RetryPolicy,
    TokioClock,
};
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    fault::{Fault, read},
    hedge::{DELAY, LOST, OK, Plan, hedge, planned},
};

const REFUSED: fn() -> Result<(), Fault> = || Err(Rejected::LimiterFull.into());

#[tokio::test(start_paused = true)]
async fn hedges_cost_the_budget_its_share_and_no_more() {
    let config = BudgetConfig::new().with_floor(0);
    let budget = Budget::new(config);
    let layer = hedge().with_budget(budget);
    let slow = service_fn(|_: Plain<()>| async {
        sleep(10 * DELAY).await;
        Ok::<_, Fault>(())
    });
    for _ in 0..1_000 {
        layer.layer(slow).oneshot(read()).await.unwrap();
    }
    let hedges = layer.counters().hedges();
    assert!((98..=100).contains(&hedges), "{hedges} of 1,000");
}

/// One budget over retries and hedges: only the retry layer pays in.
#[tokio::test(start_paused = true)]
async fn retries_and_hedges_share_one_budget() {
    let config = BudgetConfig::new()
        .with_floor(2)
        .with_floor_interval(1_000_000 * DELAY)
        .with_ratio(Ratio::percent(0));
    let budget = Budget::new(config);
    let hedge = hedge().with_budget(budget.withdraw_only());
    let retry = RetryLayer::new(RetryPolicy::new().with_seed(42)).with_budget(budget.clone());
    let (service, attempts, _) = planned(&[(150, LOST), (150, LOST), (150, LOST), (150, OK)]);
    let service = retry.layer(hedge.layer(service));
    service.oneshot(read()).await.unwrap_err();
    // A hedge and a retry; the second attempt finds no token for a hedge of its own.
    assert_eq!((attempts.load(Relaxed), budget.tokens()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_a_layer_refused_unsent_costs_no_token() {
    let cases: [(&'static [Plan], u64); 5] = [
        (&[(1_000, OK), (10, REFUSED), (10, REFUSED)], 10),
        (&[(1_000, OK), (10, REFUSED), (10, LOST)], 9),
        (&[(1_000, OK), (500, LOST), (10, REFUSED)], 9),
        (&[(1_000, OK), (10, REFUSED), (5_000, OK)], 9),
        (&[(1_000, OK), (5_000, OK), (5_000, OK)], 8),
    ];
    for (plans, tokens) in cases {
        let never = 1_000_000 * DELAY;
        let config = BudgetConfig::new()
            .with_floor(10)
            .with_floor_interval(never);
        let budget = Budget::new(config.with_ratio(Ratio::percent(0)));
        let policy = HedgePolicy::after(DELAY).with_max_hedges(2);
        let layer = HedgeLayer::with_clock(policy, TokioClock::new()).with_budget(budget.clone());
        let (service, attempts, _) = planned(plans);
        assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 1);
        assert_eq!((attempts.load(Relaxed), budget.tokens()), (3, tokens));
    }
}
