//! Calls whose time is over before they are sent, and say so.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, ConcurrencyLimitConfig,
    ConcurrencyLimitLayer, ConcurrencyLimiter, DeadlineLayer, HedgeLayer, HedgePolicy, Rate,
    RateLimitConfig, RateLimitLayer, RateLimiter, RetryLayer, RetryPolicy, TokioClock, deadline,
    stack::Preset,
};
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::fault::{Fault, book, failing, read, silent};

const SECOND: Duration = Duration::from_secs(1);

/// A limiter with one place, for which others may wait for a minute.
fn one_place() -> ConcurrencyLimiter<TokioClock> {
    let config = ConcurrencyLimitConfig::fixed(1).with_max_wait(60 * SECOND);
    ConcurrencyLimiter::with_clock(config, TokioClock::new())
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_runs_out_in_a_line_was_not_sent() {
    let full = ConcurrencyLimitConfig::fixed(1).with_max_wait(60 * SECOND);
    let here = Preset::interactive()
        .with_concurrency(full)
        .layer_with_clock(TokioClock::new());
    let held = here.limiter().try_acquire().unwrap();
    let (service, attempts) = failing([]);
    let start = Instant::now();
    let fault = here.over(service).oneshot(book()).await.unwrap_err();
    assert_eq!((start.elapsed(), attempts.count()), (3 * SECOND, 0));
    assert_eq!(fault.facts().stage, Stage::NotSent);
    let refused = fault.rejected.unwrap();
    assert!(
        matches!(refused, Rejected::DeadlineExceeded { timeout, .. } if timeout == 3 * SECOND),
        "{refused}"
    );
    assert_eq!(
        (here.limiter().in_flight(), here.limiter().waiting()),
        (1, 0)
    );
    drop(held);
}

/// What must be applied once is sent again after its attempt's time ran out, for it was not sent.
#[tokio::test(start_paused = true)]
async fn an_attempt_whose_time_runs_out_in_a_line_is_followed_by_another_of_any_request() {
    let limiter = one_place();
    let retry = RetryLayer::new(RetryPolicy::new().with_seed(42));
    let (service, attempts) = failing([]);
    let service = ServiceBuilder::new()
        .layer(&retry)
        .layer(DeadlineLayer::per_attempt(SECOND))
        .layer(ConcurrencyLimitLayer::new(limiter.clone()))
        .service(service);
    let held = limiter.try_acquire().unwrap();
    let free = async {
        sleep(3 * SECOND / 2).await;
        drop(held);
    };
    let (answer, ()) = tokio::join!(service.oneshot(book()), free);
    assert_eq!((answer.unwrap(), attempts.count()), (1, 1));
    assert_eq!(retry.counters().retries(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_in_a_line_beside_an_attempt_on_its_way_does_not_say_that_nothing_was_sent() {
    let limiter = one_place();
    let (service, attempts) = silent();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(SECOND))
        .layer(HedgeLayer::new(HedgePolicy::after(SECOND / 10)))
        .layer(ConcurrencyLimitLayer::new(limiter.clone()))
        .service(service);
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(fault.facts().stage, Stage::MaybeSent);
    assert_eq!((attempts.count(), limiter.in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_turn_comes_after_its_deadline_is_refused_as_it_comes_and_may_fail_over() {
    let config = RateLimitConfig::fixed(Rate::per_second(1)).with_max_wait(60 * SECOND);
    let limiter = RateLimiter::with_clock(config, TokioClock::new());
    let (service, attempts) = failing([]);
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(3 * SECOND / 2))
        .layer(RateLimitLayer::new(limiter.clone()))
        .service(service);
    limiter.try_acquire().unwrap();
    let first = service.ready().await.unwrap().call(book());
    let start = Instant::now();
    let second = service.ready().await.unwrap().call(book());
    let fault = second.await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    let refused = fault.rejected.unwrap();
    assert!(refused.is_free_to_fail_over(), "{refused}");
    first.await.unwrap();
    assert_eq!((start.elapsed(), attempts.count()), (SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_rate_and_is_polled_too_late_was_not_sent() {
    let config = RateLimitConfig::fixed(Rate::per_second(1)).with_max_wait(60 * SECOND);
    let limiter = RateLimiter::with_clock(config, TokioClock::new());
    limiter.try_acquire().unwrap();
    let (service, attempts) = failing([]);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(3 * SECOND / 2))
        .layer(RateLimitLayer::new(limiter.clone()))
        .service(service);
    let mut call = pin!(service.oneshot(book()));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    advance(2 * SECOND).await;
    let fault = call.await.unwrap_err();
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert_eq!((attempts.count(), limiter.waiting()), (0, 0));
    limiter.try_acquire().expect("took nothing of the rate");
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_refused_before_they_begin_are_no_evidence() {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new().with_seed(42), TokioClock::new());
    let (service, attempts) = failing([]);
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker.clone()))
        .layer(DeadlineLayer::per_attempt(Duration::ZERO))
        .service(service);
    for _ in 0..100 {
        let fault = service.ready().await.unwrap().call(read()).await;
        assert!(matches!(
            fault.unwrap_err().rejected,
            Some(Rejected::NotSentInTime { .. })
        ));
    }
    assert_eq!(
        (breaker.state(), attempts.count()),
        (CircuitState::Closed, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_before_it_sends_is_told_whose_time_is_over() {
    // As the clients of client-pool do, once they have credentials.
    let service = service_fn(|()| async {
        sleep(2 * SECOND).await;
        deadline::check()?;
        Ok::<_, Fault>(())
    });
    for (layer, stage, expected) in [
        (
            DeadlineLayer::new(2 * SECOND),
            Stage::NotSent,
            "no answer within the deadline of 2 s",
        ),
        // After which any request would be tried again.
        (
            DeadlineLayer::per_attempt(2 * SECOND),
            Stage::MaybeSent,
            "no answer within 2 s of the attempt",
        ),
    ] {
        let fault = layer.layer(service).oneshot(()).await.unwrap_err();
        assert_eq!(fault.facts().stage, stage);
        assert_eq!(fault.rejected.unwrap().to_string(), expected);
    }
}
