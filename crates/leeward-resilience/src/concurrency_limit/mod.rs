//! Bounds the number of calls in flight.
//!
//! **What it does to a call.** It takes one of a number of permits for it, waits for one in the order of coming, or refuses.
//! The permit is the future's, and goes back when the future ends or is dropped.
//!
//! **When it acts.** When as many calls are in flight as the [limit](ConcurrencyLimitConfig) says. A fixed limit stays. An
//! adaptive one is Netflix's Gradient2: it grows by 0.8 a second while at least half of it is used and answers take at most
//! half as long again as they usually do (an average over 600 windows of a second), and shrinks in proportion when they
//! take longer. A time that ran out, an overdue call that was dropped and a plea for fewer calls shrink it by a tenth at
//! once, as in AIMD, and once for all calls that were under way.
//!
//! **What callers then see.** A wait of at most [`max_wait`](ConcurrencyLimitConfig::with_max_wait) among at most
//! [`max_waiting`](ConcurrencyLimitConfig::with_max_waiting) calls. Beyond either, [`LimiterFull`], which was not sent, is not
//! tried again in place, and fails over free of charge. Who waits when the [deadline](crate::deadline) passes is refused
//! here, and told that nothing was sent.
//!
//! **Where it goes.** Under retries and the deadline of the operation, one limiter for each service in each Region; over the
//! circuit breaker and the deadline of the attempt, so that no attempt loses its time in a line.
//!
//! ```
//! use leeward_resilience::{ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter};
//! use std::time::Duration;
//!
//! let config = ConcurrencyLimitConfig::adaptive().with_bounds(10, 100).with_max_wait(Duration::from_millis(200));
//! let limiter = ConcurrencyLimiter::new(config);
//! let layer = ConcurrencyLimitLayer::new(limiter.clone());
//! assert_eq!((limiter.limit(), limiter.in_flight(), limiter.waiting()), (20, 0, 0));
//! ```
//!
//! A call that finds a permit allocates nothing; one that waits allocates its place in the line.
//!
//! # Panics
//!
//! The future must be polled inside a tokio runtime whose time is enabled; tokio panics otherwise, when it has to wait.
//!
//! [`LimiterFull`]: leeward_error_taxonomy::Rejected::LimiterFull

mod acquire;
mod atomic;
mod config;
mod future;
mod gate;
mod gradient;
mod layer;
mod limiter;
#[cfg(all(test, leeward_loom))]
mod model;
mod permit;
mod service;

pub use acquire::Acquire;
pub use config::ConcurrencyLimitConfig;
pub use future::ResponseFuture;
pub use layer::ConcurrencyLimitLayer;
pub use limiter::ConcurrencyLimiter;
pub use permit::ConcurrencyPermit;
pub use service::ConcurrencyLimit;
