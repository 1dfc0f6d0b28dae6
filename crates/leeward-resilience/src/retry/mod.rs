//! Sends failed requests again, within a policy and a budget.
//!
//! **What it does to a call.** It keeps a [copy](crate::Request::replay) of the request, and when an attempt fails it pauses,
//! makes the service ready again and sends the copy.
//!
//! **When it acts.** On failures that may pass and on throttling, up to [three attempts](RetryPolicy::with_max_attempts),
//! with a [pause](Backoff) between them that grows by what the service asks for (a time, or a date, which is measured by the
//! [system's](RetryLayer::with_clock) and five seconds at most), while the [budget](crate::budget) has tokens and the
//! [deadline](crate::deadline) leaves time for the pause and an attempt: what cannot end in time is given up at once. A request that is not idempotent is
//! sent again only if the failed attempt cannot have been applied: it was not sent, or the service asked for fewer
//! calls instead. Refusals of our own layers are left to the layers above, except an attempt that ran out of its own time.
//!
//! **What callers then see.** The error of the last attempt, unchanged, budget or time spent or not; but if that one was not
//! sent and one before it may have been, the error of that one, since whoever reads "not sent" may send it once more. A
//! deadline that ends in a line after such an attempt stays a deadline, and says that the request may have been sent.
//! Attempts, pauses and the cause of giving up are `tracing` events at debug level under the target `leeward::retry`, and
//! [counts](RetryCounters).
//!
//! **What it costs.** A token of the budget for each attempt from the second on. It goes back if the attempt is not made, and
//! if it turns out not to have been sent: refused by a layer below, or without a connection. One that is dropped under way
//! may have been sent, and is paid for.
//!
//! **Where it goes.** Under the deadline of the operation, over everything that may fail. One layer of a stack retries: switch
//! the SDK's own retries off under it.
//!
//! ```
//! use leeward_resilience::{Budget, RetryLayer, RetryPolicy};
//!
//! let retry = RetryLayer::new(RetryPolicy::new().with_max_attempts(4)).with_budget(Budget::default());
//! assert_eq!(retry.counters().retries(), 0);
//! ```
//!
//! **Switch.** `LEEWARD_RETRY=off`, read when the layer is made, or a [`Switch`](crate::Switch). Calls pay into the budget
//! all the same, so that hedges and fail-over on it live on.
//!
//! # Panics
//!
//! The future must be polled inside a tokio runtime whose time is enabled; tokio panics otherwise, at the first pause.

mod backoff;
mod counters;
mod course;
mod future;
mod layer;
mod policy;
mod service;

pub use backoff::Backoff;
pub use counters::RetryCounters;
pub use future::ResponseFuture;
pub use layer::RetryLayer;
pub use policy::RetryPolicy;
pub use service::Retry;
