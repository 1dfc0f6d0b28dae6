//! Bounds the number of calls in a time.
//!
//! **What it does to a call.** It takes the call's share of a rate, waits for one, or refuses.
//!
//! **When it acts.** A fixed rate acts when calls come faster than it ([`Rate`]; the generic cell rate algorithm of the
//! `governor` crate). An adaptive one acts once the service has asked for fewer calls: it lowers the rate to 0.7 of what was
//! measured, and lets it come back along the cubic curve of the AWS SDKs' adaptive retry mode (`client_rate_limiter.rs` of
//! aws-smithy-runtime) until the service has borne twice what was too much. A Retry-After in such an answer, a
//! time or a [date](crate::Clock::date), [pauses](RateLimitConfig::with_max_pause) everything that shares an adaptive limiter.
//!
//! A rate that is only fixed does not listen to answers: it is what its owner has agreed on, whatever one call is told. The
//! call itself still heeds its Retry-After, in the [retries](crate::retry) above. So do the peers: governor, tower's and
//! Polly's limiters never see an answer, resilience4j's drains its permits after one only where `drainPermissionsOnResult`
//! says so, and in the SDKs the header delays the retry of its own request. To have a fixed rate pause all the same, set
//! [`with_max_pause`](RateLimitConfig::with_max_pause), or [`with_adaptation`](RateLimitConfig::with_adaptation), which
//! lowers it as well.
//!
//! **What callers then see.** A wait of at most [`max_wait`](RateLimitConfig::with_max_wait) among at most
//! [`max_waiting`](RateLimitConfig::with_max_waiting) calls. Whoever would have to wait longer, or longer than the
//! [deadline](crate::deadline) leaves, gets [`LimiterFull`] at once, which was not sent, is not tried again in place, and
//! fails over free of charge. The service's own pleas pass unchanged.
//!
//! Each call that waits for a fixed rate sleeps until its turn as things were when it came, and nobody who comes later takes a share that is
//! meant for it. If somebody ahead gives up, what it leaves goes to whoever comes next: those who wait keep their time, and
//! wait no longer than they were told. A learned rate changes meanwhile, so that its waiters look again ten times a second,
//! and go in no order.
//!
//! **Where it goes.** Under retries, outermost of what a Region has, one limiter for all clients of a service in the Region.
//!
//! ```
//! use leeward_resilience::{Rate, RateLimitConfig, RateLimitLayer, RateLimiter};
//! use std::time::Duration;
//!
//! let config = RateLimitConfig::fixed(Rate::per_second(5_500)).with_adaptation(true).with_max_wait(Duration::from_millis(200));
//! let limiter = RateLimiter::new(config);
//! let one_client = RateLimitLayer::new(limiter.clone());
//! let another_client = RateLimitLayer::new(limiter.clone());
//! assert_eq!((limiter.waiting(), limiter.throttled_rate()), (0, None));
//! ```
//!
//! A call that finds a share allocates nothing; one that waits allocates its wait.
//!
//! # Panics
//!
//! The future must be polled inside a tokio runtime whose time is enabled; tokio panics otherwise, when it has to wait.
//!
//! [`LimiterFull`]: leeward_error_taxonomy::Rejected::LimiterFull

mod atomic;
mod bucket;
mod config;
mod future;
mod keyed;
mod keyed_service;
mod layer;
mod limiter;
#[cfg(all(test, leeward_loom))]
mod model;
mod pass;
mod rate;
mod service;
mod throttle;

pub use config::RateLimitConfig;
pub use future::ResponseFuture;
pub use keyed::KeyedRateLimiter;
pub use keyed_service::{KeyedRateLimit, KeyedRateLimitLayer};
pub use layer::RateLimitLayer;
pub use limiter::RateLimiter;
pub use pass::RatePass;
pub use rate::{InvalidRate, Rate};
pub use service::RateLimit;
