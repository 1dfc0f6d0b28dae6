//! Services that ask their callers to wait until a date, and give no date of their own to measure it by.

use std::time::{Duration, SystemTime};

use leeward_resilience::{
    Backoff, Rate, RateLimitConfig, RateLimitLayer, RateLimiter, RetryLayer, RetryPolicy,
};
use tower::{Layer, ServiceExt};

use crate::{
    fault::{Fault, failing, read},
    manual_clock::ManualClock,
};

const SECOND: Duration = Duration::from_secs(1);

/// A clock on which it is a thousand seconds past the epoch.
fn clock() -> ManualClock {
    let clock = ManualClock::default();
    clock.advance(1_000 * SECOND);
    clock
}

fn at(seconds: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + SECOND * seconds
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_until_the_date_for_five_seconds_at_most() {
    for (date, pause) in [
        (at(1_003), 3 * SECOND),
        (at(1_000), Duration::ZERO),
        (at(0), Duration::ZERO),
        (at(90_000), 5 * SECOND),
    ] {
        let at_once = RetryPolicy::new().with_backoff(
            Backoff::new()
                .with_base(Duration::ZERO)
                .with_throttled_base(Duration::ZERO),
        );
        let (service, attempts) = failing([Fault::throttled().retry_at(date)]);
        let retry = RetryLayer::new(at_once).with_clock(clock());
        retry.layer(service).oneshot(read()).await.unwrap();
        // Tokio's timer counts whole milliseconds.
        let waited = attempts.pauses()[0];
        assert!(
            waited >= pause && waited <= pause + SECOND / 500,
            "{waited:?} for {date:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_seconds_goes_before_a_date() {
    let plea = Fault::throttled()
        .retry_at(at(1_001))
        .retry_after(4 * SECOND);
    let (service, attempts) = failing([plea]);
    let retry = RetryLayer::new(RetryPolicy::new()).with_clock(clock());
    retry.layer(service).oneshot(read()).await.unwrap();
    assert!(attempts.pauses()[0] >= 4 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_date_is_the_systems_unless_told_otherwise() {
    // Long past, by whatever clock a machine has.
    let (service, attempts) = failing([Fault::throttled().retry_at(at(1_000_000))]);
    let retry = RetryLayer::new(RetryPolicy::new());
    retry.layer(service).oneshot(read()).await.unwrap();
    assert!(attempts.pauses()[0] <= 2 * SECOND);
    // And this is far away.
    let (service, attempts) = failing([Fault::throttled().retry_at(at(4_000_000_000))]);
    retry.layer(service).oneshot(read()).await.unwrap();
    assert!(attempts.pauses()[0] >= 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_pauses_until_the_date() {
    let config = RateLimitConfig::fixed(Rate::per_second(1_000)).with_max_pause(20 * SECOND);
    for (date, pause) in [(1_010, 10), (1_000_000, 20), (0, 0)] {
        let clock = clock();
        let limiter = RateLimiter::with_clock(config, clock.clone());
        let plea = Fault::throttled().retry_at(at(date));
        let service = RateLimitLayer::new(limiter.clone()).layer(failing([plea]).0);
        service.oneshot(read()).await.unwrap_err();
        if pause > 0 {
            clock.advance((pause - 1) * SECOND);
            assert!(limiter.try_acquire().is_err(), "until {date}");
            clock.advance(SECOND);
        }
        assert!(limiter.try_acquire().is_ok(), "until {date}");
    }
}
