//! Bounds the time that a call may take.
//!
//! **What it does to a call.** It starts a timer when the call is made and ends the call when the timer fires. The inner
//! future is dropped at that moment, so what it held is free at once.
//!
//! **When it acts.** When the inner future has not answered within the timeout, counted from `call`; the wait for readiness
//! comes before and is not counted. An answer that is there when the timer fires wins. The deadline is absolute and is
//! passed on inwards: while the call is polled, [`current`] tells when its time is over. A deadline below it is cut to
//! what is left, one that is made when nothing is left refuses without starting, [retries](crate::retry) begin no attempt
//! that cannot finish, and the clients of `leeward-client-pool` set the SDK's own timeout from it. A spawned task leaves
//! the deadline behind unless it [carries](carry) it along.
//!
//! **What callers then see.** From [`DeadlineLayer::new`], [`DeadlineExceeded`], which is final and says whether the request
//! may have been sent. From [`DeadlineLayer::per_attempt`], [`AttemptTimedOut`], after which the retry layer and the router
//! try again if the request is idempotent. An attempt that was cut short because the operation's time was over says
//! `DeadlineExceeded`: it is no evidence of a slow service that a caller came late.
//!
//! A call whose time ran out before it was sent says so: one that is refused here as it begins, and one that waits in the
//! line of a limiter of this crate, which watches the deadline itself. The refusal is `DeadlineExceeded`, or
//! [`NotSentInTime`] where it was an attempt's time, after which any request is tried again. Neither is evidence against
//! the service.
//!
//! A limiter says so only where nothing but layers of this crate stands between it and the deadline. Under a service of
//! anybody else's, a router too, its refusal says "maybe sent": that service may do several things in one call, and have done
//! the first. One that does so states with an error of its own how far its call got ([`check`] says more).
//!
//! **Where it goes.** Outermost for the operation, innermost for the attempt, under the circuit breaker, so that the
//! breaker sees the silence.
//!
//! ```
//! use leeward_resilience::DeadlineLayer;
//! use std::time::Duration;
//!
//! // Retries included, the caller waits three seconds at most; no attempt may use up more than one of them.
//! let operation = DeadlineLayer::new(Duration::from_secs(3));
//! let attempt = DeadlineLayer::per_attempt(Duration::from_secs(1));
//! ```
//!
//! **Switch.** `LEEWARD_DEADLINE=off`, read when the layer is made, or a [`Switch`](crate::Switch).
//!
//! # Panics
//!
//! The future must be polled inside a tokio runtime whose time is enabled; tokio panics otherwise, at the first poll that
//! finds no answer.
//!
//! [`AttemptTimedOut`]: leeward_error_taxonomy::Rejected::AttemptTimedOut
//! [`DeadlineExceeded`]: leeward_error_taxonomy::Rejected::DeadlineExceeded
//! [`NotSentInTime`]: leeward_error_taxonomy::Rejected::NotSentInTime

mod claim;
mod future;
mod layer;
mod limit;
mod propagation;
mod service;

pub(crate) use claim::Claim;
pub use future::ResponseFuture;
pub use layer::DeadlineLayer;
pub use propagation::{Carried, apart, carry, check, current, is_enforced, remaining, until};
pub use service::Deadline;
