//! Holds calls back from a service that fails, and tries it again one call at a time.
//!
//! **What it does to a call.** It lets the call through and learns from its outcome, or refuses it at once.
//!
//! **When it acts.** The circuit opens on [consecutive failures](CircuitConfig::with_consecutive_failures) or on a
//! [failure rate](CircuitConfig::with_failure_rate) over a window that slides. It then rests; the first call after the rest
//! is a probe, alone, on a lease that ends by itself. A success closes the circuit, a failure opens it for another rest.
//!
//! | outcome | counts as |
//! |---|---|
//! | an answer, even one that blames the request | success |
//! | 5xx, lost connection, [`AttemptTimedOut`] | failure |
//! | a call dropped after [`slow`](CircuitConfig::with_slow), or whose deadline ran out then | failure |
//! | a call dropped earlier, throttling, refusals of our own layers | no evidence |
//! | anything that comes from a call let through before the last change of state | nothing |
//!
//! Dropped calls count because a service that never answers shows itself to a breaker under a caller's timeout in nothing
//! else.
//!
//! **What callers then see.** [`CircuitOpen`], which was not sent, is not tried again in place, and says when the next probe
//! is due. The router goes elsewhere on it, free of charge.
//!
//! **Where it goes.** Under retries, so that each attempt is an outcome, and over the deadline of the attempt. Under a
//! Region router there is no need of it: the router keeps a breaker per Region.
//!
//! ```
//! use leeward_resilience::{CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, Ratio};
//!
//! let config = CircuitConfig::new().with_failure_rate(Ratio::percent(25), 50);
//! let breaker = CircuitBreaker::new(config);
//! let layer = CircuitBreakerLayer::new(breaker.clone());
//! breaker.on_change(|change| println!("{:?} -> {:?}", change.from, change.to));
//! assert_eq!(breaker.state(), CircuitState::Closed);
//! ```
//!
//! [`AttemptTimedOut`]: leeward_error_taxonomy::Rejected::AttemptTimedOut
//! [`CircuitOpen`]: leeward_error_taxonomy::Rejected::CircuitOpen

mod admission;
mod atomic;
mod baseline;
mod breaker;
mod circuit;
mod config;
mod front;
mod future;
mod keyed;
mod lane;
mod layer;
#[cfg(all(test, leeward_loom))]
mod model;
mod outcome;
mod passage;
mod ramp;
mod recency;
mod seat;
mod service;
mod snapshot;
mod state;
mod steps;
mod vigil;
mod window;

pub use admission::Admission;
pub use breaker::CircuitBreaker;
pub use config::CircuitConfig;
pub use future::ResponseFuture;
pub use keyed::CircuitBreakers;
pub use layer::CircuitBreakerLayer;
pub use service::CircuitBreakerService;
pub use snapshot::CircuitSnapshot;
pub use state::{CircuitChange, CircuitMode, CircuitState};
