//! Every layer is a line in the suite of the contract.

use std::time::Duration;

use leeward_resilience::{
    Budget, BudgetConfig, CircuitBreaker, CircuitBreakerLayer, CircuitConfig, DeadlineLayer, Ratio,
    RetryLayer, RetryPolicy, TokioClock,
};

fn breaker() -> CircuitBreakerLayer<TokioClock> {
    let config = CircuitConfig::new();
    CircuitBreakerLayer::new(CircuitBreaker::with_clock(config, TokioClock::new()))
}

/// Within what the suite's failures use up, and without refill, so that what is left is the same at any time.
fn retry() -> RetryLayer {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor_interval(Duration::from_secs(1_000_000));
    RetryLayer::new(RetryPolicy::new()).with_budget(Budget::with_clock(config, TokioClock::new()))
}

leeward_testkit::contract! {
    deadline: DeadlineLayer::new(Duration::from_secs(3));
    attempt_deadline: DeadlineLayer::per_attempt(Duration::from_secs(1));
    retry: retry();
    circuit_breaker: breaker();
    stack: tower::layer::util::Stack::new(
        breaker(),
        tower::layer::util::Stack::new(retry(), DeadlineLayer::new(Duration::from_secs(3))),
    );
}
