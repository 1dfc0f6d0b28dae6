//! Every layer is a line in the suite of the contract.

use std::{cell::Cell, time::Duration};

use leeward_resilience::{
    Budget, BudgetConfig, CircuitBreaker, CircuitBreakerLayer, CircuitConfig, DeadlineLayer,
    HedgeLayer, HedgePolicy, Ratio, RetryLayer, RetryPolicy, TokioClock,
    stack::{Preset, StackLayer},
};

/// Another seed at each asking, and the same ones in every run: each test has a thread to itself.
fn seed() -> u64 {
    thread_local!(static ASKED: Cell<u64> = const { Cell::new(0) });
    ASKED.replace(ASKED.get() + 1)
}

fn breaker() -> CircuitBreakerLayer<TokioClock> {
    let config = CircuitConfig::new().with_seed(seed());
    CircuitBreakerLayer::new(CircuitBreaker::with_clock(config, TokioClock::new()))
}

/// A budget that the suite's failures use up and nothing refills, so that what is left is the same at any time.
fn retry() -> RetryLayer {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor_interval(Duration::from_secs(1_000_000));
    RetryLayer::new(RetryPolicy::new().with_seed(seed())).with_budget(Budget::new(config))
}

/// All layers at once, on a budget that does not come back while a test runs, with room for the calls that the suite holds.
fn preset() -> StackLayer<TokioClock> {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor_interval(Duration::from_secs(1_000_000));
    Preset::interactive()
        .with_budget(config)
        .with_retry(RetryPolicy::aws().with_seed(seed()))
        .with_circuit(CircuitConfig::new().with_seed(seed()))
        .with_concurrency(leeward_resilience::ConcurrencyLimitConfig::fixed(100))
        .layer_with_clock(TokioClock::new())
}

leeward_testkit::contract! {
    deadline: DeadlineLayer::new(Duration::from_secs(3));
    attempt_deadline: DeadlineLayer::per_attempt(Duration::from_secs(1));
    retry: retry();
    circuit_breaker: breaker();
    hedge: HedgeLayer::with_clock(HedgePolicy::after(Duration::from_millis(30)), TokioClock::new());
    learned_hedge: HedgeLayer::with_clock(HedgePolicy::default(), TokioClock::new());
    preset: preset();
    stack: tower::layer::util::Stack::new(
        breaker(),
        tower::layer::util::Stack::new(retry(), DeadlineLayer::new(Duration::from_secs(3))),
    );
}
