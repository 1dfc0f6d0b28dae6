//! The limiters, over a service that answers at once, at limits that nobody comes near.

use crate::{
    Area, BareService, BoxError, Case, Subject, Unit,
    resilience::{BARE, LEEWARD, LEEWARD_ONE_THREAD, LEEWARD_TWO_THREADS, TWO},
};
use leeward_resilience::{
    ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter, KeyedRateLimitLayer,
    KeyedRateLimiter, Rate, RateLimitConfig, RateLimitLayer, RateLimiter,
};
use std::num::NonZeroUsize;
use tower::Layer;

/// The case of the rate limit alone.
pub const RATE_LIMIT: &str = "rate limit";
/// The case of the concurrency limit alone.
pub const CONCURRENCY_LIMIT: &str = "concurrency limit";
/// The case of a rate limit that two threads share.
pub const SHARED_RATE_LIMIT: &str = "rate limit, two threads";
/// The case of a concurrency limit that two threads share.
pub const SHARED_CONCURRENCY_LIMIT: &str = "concurrency limit, two threads";

/// Our limit, learned instead of fixed.
pub const LEEWARD_ADAPTIVE: &str = "leeward, adaptive";
/// Our rate limit, one of a key.
pub const LEEWARD_KEYED: &str = "leeward, keyed";

/// How many calls the concurrency limits of all sides let be in flight.
pub const PLACES: u32 = 50;

/// A billion calls a second.
const UNREACHED: Rate = Rate::per_second(1_000_000_000);

/// How many keys the keyed layer has room for.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let case = |name| Case::new(Area::Resilience, name, Unit::Nanoseconds);
    let fixed = RateLimitConfig::fixed(UNREACHED);
    let rate = |config| RateLimitLayer::new(RateLimiter::new(config)).layer(BareService);
    let keyed = KeyedRateLimitLayer::new(KeyedRateLimiter::new(fixed, MAX_KEYS), |_: &_| "tenant");
    let places = |config| {
        let limiter = ConcurrencyLimiter::new(config);
        ConcurrencyLimitLayer::new(limiter).layer(BareService)
    };
    let shared_rate = rate(fixed);
    let shared_places = places(ConcurrencyLimitConfig::fixed(PLACES));
    Ok(vec![
        case(RATE_LIMIT)
            .with(BARE, Subject::calls(BareService)?)
            .with(LEEWARD, Subject::calls(rate(fixed))?)
            .with(
                LEEWARD_ADAPTIVE,
                Subject::calls(rate(fixed.with_adaptation(true)))?,
            )
            .with(LEEWARD_KEYED, Subject::calls(keyed.layer(BareService))?),
        case(CONCURRENCY_LIMIT)
            .with(BARE, Subject::calls(BareService)?)
            .with(
                LEEWARD,
                Subject::calls(places(ConcurrencyLimitConfig::fixed(PLACES)))?,
            )
            .with(
                LEEWARD_ADAPTIVE,
                Subject::calls(places(ConcurrencyLimitConfig::adaptive()))?,
            ),
        case(SHARED_RATE_LIMIT)
            .with(
                LEEWARD_ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared_rate.clone())?,
            )
            .with(LEEWARD_TWO_THREADS, Subject::calls_from(TWO, shared_rate)?)
            .compare(LEEWARD_TWO_THREADS, LEEWARD_ONE_THREAD, None),
        case(SHARED_CONCURRENCY_LIMIT)
            .with(
                LEEWARD_ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared_places.clone())?,
            )
            .with(
                LEEWARD_TWO_THREADS,
                Subject::calls_from(TWO, shared_places)?,
            )
            .compare(LEEWARD_TWO_THREADS, LEEWARD_ONE_THREAD, None),
    ])
}
