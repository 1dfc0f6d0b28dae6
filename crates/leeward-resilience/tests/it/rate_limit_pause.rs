//! What a plea for fewer calls does to a rate.

use std::time::Duration;

use leeward_resilience::{
    KeyedRateLimiter, Rate, RateLimitConfig, RateLimitLayer, RetryLayer, RetryPolicy, TokioClock,
};
use tokio::time::{Instant, advance};
use tower::{Layer, Service, ServiceExt};

use crate::{
    fault::{Fault, failing, read},
    rate_limit::{TEN, assert_full, keys, limiter},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_everything_that_shares_the_limiter() {
    let config = RateLimitConfig::fixed(TEN).with_max_wait(5 * SECOND);
    let limiter = limiter(config.with_max_pause(20 * SECOND));
    let plea = Fault::throttled().retry_after(2 * SECOND);
    let mut told = RateLimitLayer::new(limiter.clone()).layer(failing([plea]).0);
    let mut other = RateLimitLayer::new(limiter.clone()).layer(failing([]).0);
    let start = Instant::now();
    let fault = told.ready().await.unwrap().call(read()).await.unwrap_err();
    assert!(fault.rejected.is_none(), "the plea itself passes unchanged");
    other.ready().await.unwrap().call(read()).await.unwrap();
    assert_eq!(start.elapsed(), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn no_service_pauses_its_callers_for_a_day() {
    let config = RateLimitConfig::fixed(TEN).with_max_wait(60 * SECOND);
    for (config, expected) in [
        (config.with_adaptation(true), 20 * SECOND),
        (config.with_max_pause(5 * SECOND), 5 * SECOND),
        (config, Duration::ZERO),
    ] {
        let plea = Fault::throttled().retry_after(86_400 * SECOND);
        let mut service = RateLimitLayer::new(limiter(config)).layer(failing([plea]).0);
        service
            .ready()
            .await
            .unwrap()
            .call(read())
            .await
            .unwrap_err();
        let start = Instant::now();
        service.ready().await.unwrap().call(read()).await.unwrap();
        assert_eq!(start.elapsed(), expected);
    }
}

/// A fixed rate is what its owner has agreed on: what one call is told delays that call alone.
#[tokio::test(start_paused = true)]
async fn a_retry_after_under_a_fixed_rate_delays_the_call_that_was_told_and_no_other() {
    let plea = Fault::throttled().retry_after(2 * SECOND);
    let limiter = limiter(RateLimitConfig::fixed(Rate::per_second(1_000)));
    let start = Instant::now();
    let retry = RetryLayer::new(RetryPolicy::new().with_seed(42));
    let limit = RateLimitLayer::new(limiter.clone());
    let told = retry.layer(limit.layer(failing([plea]).0));
    let told = async {
        told.oneshot(read()).await.unwrap();
        start.elapsed()
    };
    let others = async {
        let mut other = limit.layer(failing([]).0);
        for _ in 0..10 {
            other.ready().await.unwrap().call(read()).await.unwrap();
        }
        start.elapsed()
    };
    let (told, others) = tokio::join!(told, others);
    assert!(told >= 2 * SECOND, "{told:?}");
    assert_eq!(others, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn keys_pause_apart() {
    let config = RateLimitConfig::fixed(Rate::per_second(1_000)).with_max_pause(20 * SECOND);
    let limiters = KeyedRateLimiter::with_clock(config, keys(10), TokioClock::new());
    limiters.of(&"told").pause(20 * SECOND);
    assert!(limiters.of(&"told").try_acquire().is_err());
    limiters.of(&"other").try_acquire().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_a_call_may_wait_refuses_at_once() {
    let limiter = limiter(RateLimitConfig::fixed(TEN));
    let mut service = RateLimitLayer::new(limiter.clone()).layer(failing([]).0);
    limiter.pause(10 * SECOND);
    let start = Instant::now();
    assert_full(service.ready().await.unwrap().call(read()).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
    advance(10 * SECOND).await;
    service.ready().await.unwrap().call(read()).await.unwrap();
}
