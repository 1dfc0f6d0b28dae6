//! Holds calls back from a service that fails, and tries it again one call at a time.
//!
//! **What it does to a call.** It lets the call through and learns from its outcome, or refuses it at once.
//!
//! **When it acts.** The circuit opens on [consecutive failures](CircuitConfig::with_consecutive_failures), on a
//! [failure rate](CircuitConfig::with_failure_rate) or on a [share of slow calls](CircuitConfig::with_slow_rate) over a window
//! that slides. Slow is a multiple of the service's own normal latency, which the circuit learns while it is closed. It then
//! rests; the first call after the rest is a probe, alone, on a lease that ends by itself. A success closes the circuit, or the last
//! of [several](CircuitConfig::with_probes), a failure or a slow success opens it for another rest. Once closed, it lets a
//! [growing share](CircuitConfig::with_slow_start) of the calls through.
//!
//! | outcome | counts as |
//! |---|---|
//! | an answer, even one that blames the request | success |
//! | 5xx, lost connection, [`AttemptTimedOut`] | failure |
//! | a call given up after [`slow`](CircuitConfig::with_slow), or whose deadline ran out then | failure |
//! | an ended or given-up call that took five times as long as normal | slow, besides what else it is |
//! | a call that a hedge elsewhere [overtook](Admission::overtaken) | slow |
//! | a call in flight for as long | slow, for one window from then on or until it ends; looked at once in each step |
//! | throttling | no evidence, or a [failure](CircuitConfig::with_throttling_as_failure) on request |
//! | a call given up earlier, refusals of our own layers | no evidence |
//! | anything that comes from a call let through before the last change of state | nothing |
//! | calls that were on their way while nobody saw time pass, for half a window | one failure together, none slow |
//!
//! Calls that are given up and calls in flight count because a service that never answers shows itself to a breaker under a
//! caller's timeout, or under a hedge, in nothing else.
//!
//! | number | default | where it comes from |
//! |---|---|---|
//! | failures in a row | 5 | our simulation; Envoy's outlier detection has the same |
//! | failure rate | 50 % of 20 | a choice; our simulation has 25 % of 20, since its router has somewhere else to go |
//! | slow calls | 60 % of 20, 5 times normal | our simulation, in which it leaves a Region that is ten times as slow |
//! | slow calls in a row | off | our simulation has 5 over half a second: a Region that falls silent is left in 0.7 s instead of 1.2 s |
//! | window | 10 s in ten steps | a choice: 20 calls in it are two a second; our simulation, of more calls, has 2 s |
//! | calls in flight seen | for six windows from their beginning | five times as long as normal and one window on top, of a service that takes a window by nature |
//! | rest | 5 s ± 25 %, doubled on relapse within 30 s, 60 s at most | our simulation has 2 s, and the rest alike; a failing probe that lengthened it made recovery 18 to 36 s instead of 11 |
//! | probe's lease | 5 s | a choice: longer than the three seconds that our stacks give a call |
//! | good probes in a row | 1 | a choice: a layer has nowhere else to send calls; a Region router has 3, a second apart |
//! | slow start | from 10 % in 10 s | our simulation: without it, a Region that came back met 1.2 times its load |
//! | learning | 15 calls, then one a step, an eighth of the way each 15 | a choice: a new normal takes two minutes |
//! | slow probe | raises what is normal by 1/32 | a choice: ten times as slow for good is normal after 23 probes |
//! | least slow age | 10 ms | a choice: a busy scheduler adds as much |
//!
//! The simulation is that of ten processes with a hundred calls a second each, three Regions and ten kinds of faults.
//!
//! **What it costs.** While the circuit is closed a call takes no lock: it and its success are counted in the cache lines of
//! its thread. A failure, a slow call and the first call of a step take one for a short time. Nothing is allocated.
//!
//! **What callers then see.** [`CircuitOpen`], which was not sent, is not tried again in place, and says when the next probe
//! is due, that the circuit starts slowly, or that somebody holds it open. The router goes elsewhere on it, free of charge.
//!
//! **Where it goes.** Under retries, so that each attempt is an outcome, and over the deadline of the attempt. Where calls of
//! several kinds share a stack, of which one may fail by itself (operations, tables, tenants), a [`CircuitBreakersLayer`]
//! keeps a circuit for each. Under a
//! Region router there is no need of it: the router keeps a breaker per Region.
//!
//! ```
//! use leeward_resilience::{CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, Ratio};
//!
//! let config = CircuitConfig::new().with_failure_rate(Ratio::percent(25), 50);
//! let breaker = CircuitBreaker::new(config); // or one for each key: `CircuitBreakersLayer`
//! let layer = CircuitBreakerLayer::new(breaker.clone());
//! breaker.on_change(|change| println!("{:?} -> {:?}", change.from, change.to));
//! assert_eq!(breaker.state(), CircuitState::Closed);
//! ```
//!
//! With `LEEWARD_CIRCUIT_BREAKER=off` in the environment, or by its [`Switch`](crate::Switch), the layer is a pass-through; by
//! its [mode](CircuitMode) a breaker is forced open, disabled or made to observe only.
//!
//! [`AttemptTimedOut`]: leeward_error_taxonomy::Rejected::AttemptTimedOut
//! [`CircuitOpen`]: leeward_error_taxonomy::Rejected::CircuitOpen

mod admission;
mod atomic;
mod baseline;
mod breaker;
mod circuit;
#[cfg(all(test, not(leeward_loom)))]
mod circuit_tests;
mod config;
mod evidence;
mod front;
mod future;
mod keyed;
mod keyed_service;
mod lane;
mod layer;
#[cfg(all(test, leeward_loom))]
mod model;
mod outcome;
mod passage;
mod ramp;
mod recency;
mod rest;
mod seat;
mod service;
mod shared_slow_start;
mod snapshot;
mod state;
mod steps;
mod terms;
mod vigil;
mod window;

pub use admission::Admission;
pub use breaker::CircuitBreaker;
pub use config::CircuitConfig;
pub use future::ResponseFuture;
pub use keyed::CircuitBreakers;
pub use keyed_service::{CircuitBreakersLayer, CircuitBreakersService};
pub use layer::CircuitBreakerLayer;
pub use service::CircuitBreakerService;
pub use shared_slow_start::SharedSlowStart;
pub use snapshot::CircuitSnapshot;
pub use state::{CircuitChange, CircuitMode, CircuitState};
pub use terms::AdmissionTerms;
