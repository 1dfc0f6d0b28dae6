//! What retries cost the budget.

use std::time::Duration;

use leeward_error_taxonomy::{Classify, Rejected, Verdict};
use leeward_resilience::{Budget, BudgetConfig, Ratio, RetryLayer, RetryPolicy};
use tokio::time::timeout;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::{
    fault::{Fault, always_failing, failing, read},
    retry::retry,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_outage_costs_a_tenth_more_and_no_more() {
    let (service, attempts) = always_failing(Fault::lost);
    let config = BudgetConfig::new().with_floor_interval(SECOND * 1_000_000);
    let layer = retry().with_budget(Budget::new(config));
    let mut service = layer.layer(service);
    for _ in 0..1_000 {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap_err();
    }
    // The share of a thousand calls, and the fifty tokens of the floor.
    assert_eq!(attempts.count(), 1_000 + 100 + 50);
    assert_eq!(layer.counters().retries(), 150);
    assert!(layer.counters().out_of_budget() > 850);
}

/// Pitfall 11 of the facts: in failsafe-go, a spent budget fails the call with an error of its own.
#[tokio::test(start_paused = true)]
async fn pitfall_11_a_spent_budget_leaves_the_services_own_error() {
    let layer = retry().with_budget(Budget::new(BudgetConfig::new().with_floor(0)));
    let (service, attempts) = always_failing(Fault::throttled);
    let fault = layer.layer(service).oneshot(read()).await.unwrap_err();
    assert_eq!((attempts.count(), layer.counters().out_of_budget()), (1, 1));
    assert_eq!(fault.facts().verdict, Verdict::Throttled);
    assert!(fault.rejected.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_its_pause_gives_its_token_back() {
    let budget = Budget::new(BudgetConfig::new().with_floor(1));
    let layer = retry().with_budget(budget.clone());
    let wish = Fault::throttled().retry_after(10 * SECOND);
    let (service, attempts) = failing([wish]);
    let call = layer.layer(service).oneshot(read());
    assert!(timeout(Duration::from_millis(5), call).await.is_err());
    assert_eq!((attempts.count(), budget.tokens()), (1, 1));
    let call = layer.layer(failing([Fault::lost()]).0).oneshot(read());
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(budget.tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_layer_refused_unsent_costs_no_token() {
    let refused = || Fault::from(Rejected::NotSentInTime { timeout: SECOND });
    let open = || Fault::from(Rejected::CircuitOpen { retry_in: SECOND });
    for (attempts, tokens) in [
        (vec![Fault::lost(), open()], 10),
        (vec![Fault::lost(), refused(), refused()], 10),
        // To try a connection is load, and must not multiply the outage of who refuses it.
        (vec![Fault::lost(), Fault::not_sent()], 8),
        (vec![Fault::lost(), refused(), Fault::lost()], 9),
        (vec![refused()], 9),
        (vec![Fault::lost(), Fault::lost(), Fault::lost()], 8),
        (vec![Fault::lost(), Fault::invalid()], 9),
    ] {
        let never = 1_000_000 * SECOND;
        let config = BudgetConfig::new()
            .with_floor(10)
            .with_floor_interval(never);
        let budget = Budget::new(config.with_ratio(Ratio::percent(0)));
        let layer = RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone());
        let name = format!("{attempts:?}");
        let _ = layer.layer(failing(attempts).0).oneshot(read()).await;
        assert_eq!(budget.tokens(), tokens, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_dropped_may_have_been_sent_and_costs_its_token() {
    let budget = Budget::new(BudgetConfig::new().with_floor_interval(1_000_000 * SECOND));
    let layer = retry().with_budget(budget.clone());
    let (lost, _) = failing([Fault::lost()]);
    // The second attempt answers late.
    let service = ServiceBuilder::new()
        .service(lost)
        .and_then(|answer| async move {
            tokio::time::sleep(60 * SECOND).await;
            Ok::<_, Fault>(answer)
        });
    let call = layer.layer(service).oneshot(read());
    timeout(SECOND, call).await.unwrap_err();
    assert_eq!((layer.counters().retries(), budget.tokens()), (1, 49));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_throttling_costs_what_the_policy_says() {
    let config = BudgetConfig::new()
        .with_floor(1)
        .with_ratio(Ratio::percent(0))
        .with_floor_interval(1_000_000 * SECOND);
    for (policy, sent) in [(RetryPolicy::new(), 2), (RetryPolicy::aws(), 3)] {
        let (service, attempts) = always_failing(Fault::throttled);
        let layer = RetryLayer::new(policy.with_seed(42)).with_budget(Budget::new(config));
        layer.layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(attempts.count(), sent);
    }
}
