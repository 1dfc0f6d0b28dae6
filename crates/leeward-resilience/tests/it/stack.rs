//! The layers on top of each other.

use std::{
    future::{Ready, poll_fn, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, DeadlineLayer, Plain,
    RetryLayer, RetryPolicy, TokioClock, TscClock,
};
use tokio::time::Instant;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::fault::{Fault, read, silent};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn silence_is_tried_thrice_then_refused_at_once() {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new().with_seed(42), TokioClock::new());
    let (service, attempts) = silent();
    let mut service = ServiceBuilder::new()
        // Bounds the whole operation, retries included.
        .layer(DeadlineLayer::new(10 * SECOND))
        // Sends transient failures again, within the budget.
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        // Refuses what would fail anyway.
        .layer(CircuitBreakerLayer::new(breaker.clone()))
        // Bounds each attempt.
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(service);
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(matches!(
        fault.unwrap_err().rejected,
        Some(Rejected::AttemptTimedOut { .. })
    ));
    assert_eq!(attempts.count(), 3);
    let fault = service.ready().await.unwrap().call(read()).await;
    // The fifth silence opens the circuit, whose refusal is not tried again.
    assert!(fault.unwrap_err().is_circuit_open());
    assert_eq!((attempts.count(), breaker.state()), (5, CircuitState::Open));
    let start = Instant::now();
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(fault.unwrap_err().is_circuit_open());
    assert_eq!((start.elapsed(), attempts.count()), (Duration::ZERO, 5));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_operation_has_the_last_word() {
    let start = Instant::now();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(3 * SECOND / 2))
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(silent().0);
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(start.elapsed(), 3 * SECOND / 2);
    assert_eq!(fault.facts().stage, Stage::MaybeSent);
    assert!(matches!(
        fault.rejected,
        Some(Rejected::DeadlineExceeded { .. })
    ));
}

/// Answers at once and allocates nothing.
#[derive(Clone)]
struct Instantly;

impl Service<Plain<()>> for Instantly {
    type Response = ();
    type Error = Fault;
    type Future = Ready<Result<(), Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<()>) -> Self::Future {
        ready(Ok(()))
    }
}

#[tokio::test]
async fn success_allocates_nothing() {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new().with_seed(42), TscClock::new());
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(10 * SECOND))
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        .layer(CircuitBreakerLayer::new(breaker))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(Instantly);
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    let allocations = allocation_counter::measure(|| {
        for _ in 0..100 {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(service.poll_ready(&mut cx).is_ready());
            let answer = std::future::Future::poll(pin!(service.call(read())), &mut cx);
            assert!(matches!(answer, Poll::Ready(Ok(()))));
        }
    });
    assert_eq!(allocations.count_total, 0);
}
