//! What a hedge cancels is evidence for the breaker under it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use leeward_resilience::{
    Budget, BudgetConfig, CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, Plain,
    Ratio, TokioClock,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    fault::{Fault, read, silent},
    hedge::{DELAY, hedge},
};

/// Pitfall 7 of the facts: hedges that cancel the slow primary hid the outage from the breaker.
#[tokio::test(start_paused = true)]
async fn pitfall_7_the_age_of_the_loser_is_evidence_for_the_breaker_below() {
    let config = CircuitConfig::new().with_seed(42).with_slow(DELAY);
    let breaker = CircuitBreaker::with_clock(config, TokioClock::new());
    // Primaries go to a black hole behind the breaker, hedges elsewhere.
    let sent = Arc::new(AtomicUsize::new(0));
    let hole = CircuitBreakerLayer::new(breaker.clone()).layer(silent().0);
    let service = service_fn(move |request: Plain<()>| {
        let is_primary = sent.fetch_add(1, Relaxed).is_multiple_of(2);
        let hole = hole.clone();
        async move {
            if is_primary {
                return hole.oneshot(request).await;
            }
            Ok(0)
        }
    });
    let mut service = hedge().layer(service);
    for _ in 0..5 {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap();
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// Pitfall 7 through the layers as they are stacked: losers that a hedge has cancelled open the breaker under it.
#[tokio::test(start_paused = true)]
async fn losers_that_a_hedge_cancels_age_as_evidence_in_the_breaker_under_it() {
    let config = CircuitConfig::new().with_seed(42).with_slow(DELAY);
    let breaker = CircuitBreaker::with_clock(config, TokioClock::new());
    // A host that is silent to the first attempt of each call, and answers the second.
    let sent = Arc::new(AtomicUsize::new(0));
    let service = service_fn(move |_: Plain<()>| {
        let is_first = sent.fetch_add(1, Relaxed).is_multiple_of(2);
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok::<_, Fault>(())
        }
    });
    let config = BudgetConfig::new().with_ratio(Ratio::percent(100));
    let layer = hedge().with_budget(Budget::new(config));
    let mut service = layer.layer(CircuitBreakerLayer::new(breaker.clone()).layer(service));
    let mut answered = 0;
    while breaker.state() == CircuitState::Closed && answered < 100 {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap();
        answered += 1;
    }
    // Half of the attempts are bad, once there are enough of them; every call was answered all the same.
    assert_eq!(breaker.state(), CircuitState::Open, "{answered} calls");
    assert_eq!(layer.counters().won(), answered);
}
