//! Sends a call that is not answered in time a second time, and takes the first success.
//!
//! **What it does to a call.** It keeps a [copy](crate::Request::replay) of the request. While the first attempt is
//! unanswered after a delay that it has [learned](HedgePolicy), it makes the service ready again and sends the copy beside
//! it. Whichever *succeeds* first is the answer; the other is dropped at that moment, and what lies below (a circuit
//! breaker, a limiter) learns from the drop how long it was under way.
//!
//! **When it acts.** On idempotent requests only, once enough calls have been seen, while the [budget](crate::budget) has a
//! token and the [deadline](crate::deadline) leaves more than an attempt usually takes. The delay is a percentile of the
//! calls that succeeded, or a multiple of their median: a histogram of fixed size that forgets learns both. All calls of a
//! layer teach it one latency, so mount a layer for each kind of call.
//!
//! **What callers then see.** The first success. A failure ends its own attempt and no other: a hedge that fails leaves a
//! slow primary alone, a primary that fails waits for the hedge that is under way. If all fail, the failure
//! that got furthest passes unchanged, the service's own answer before a lost connection before a refusal; that the deadline of
//! the whole operation is over, before all of them. A hedge that turns out not to have been sent gives its token back. A budget that is spent, or a service
//! that is not ready for a second attempt, means no hedge and never an error. Hedges and their victories are `tracing` events
//! at debug level under the target `leeward::hedge`, and [counts](HedgeCounters).
//!
//! **Where it goes.** Under retries, whose budget it shares as [`withdraw_only`](crate::Budget::withdraw_only), under the
//! limiters, so that a call which waits in line is not taken for a slow one and its hedge needs no permit, and over the
//! circuit breaker, so that each attempt is an outcome. Over one server it buys a second chance against a slow connection or
//! host; over a Region router the second attempt may go elsewhere.
//!
//! ```
//! use leeward_resilience::{Budget, HedgeLayer, HedgePolicy, Ratio, RetryLayer, RetryPolicy};
//! use tower::ServiceBuilder;
//!
//! let budget = Budget::default();
//! let stack = ServiceBuilder::new()
//!     .layer(RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone()))
//!     .layer(
//!         HedgeLayer::new(HedgePolicy::after_percentile(Ratio::percent(95)))
//!             .with_budget(budget.withdraw_only()),
//!     );
//! ```
//!
//! **Switch.** `LEEWARD_HEDGE=off`, read when the layer is made, or a [`Switch`](crate::Switch).
//!
//! # Panics
//!
//! The future must be polled inside a tokio runtime whose time is enabled; tokio panics otherwise, at the first poll that
//! finds no answer.

mod atomic;
mod counters;
mod course;
mod future;
mod histogram;
mod latency;
mod layer;
#[cfg(all(test, leeward_loom))]
mod model;
mod policy;
mod service;

pub use counters::HedgeCounters;
pub use future::ResponseFuture;
pub use histogram::Histogram;
pub use layer::HedgeLayer;
pub use policy::HedgePolicy;
pub use service::Hedge;
