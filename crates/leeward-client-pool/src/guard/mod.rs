//! Breaker, rate limit and counters inside plain SDK clients.
//!
//! **What it does to a call.** Once an attempt is signed it looks whether the circuit of the service in the Region refuses. Before
//! sending it waits for the rate that the service bears and for a connection, and takes a place in the circuit. What comes of the
//! attempt, both learn: of the time before, which goes to credentials, the signature and our own lines, the circuit learns
//! nothing, and an attempt that ends there is no failure of the service. The body of an answer belongs to the attempt as far as
//! the SDK reads it itself. Of one that it hands on as a stream, the attempt ends with the head; if the stream then fails (the
//! connection is reset, bytes are missing), that is a failure besides. A stream that stands still until the SDK or the caller
//! gives it up teaches the circuit nothing.
//!
//! **When it acts.** For clients that retry by themselves, those of [`Pool::client`](crate::Pool::client), unless the pool is
//! built [without](crate::PoolBuilder::without_guard). Targets have none, since their layers do that. It passes by what is signed
//! for somebody else to send (presigned URLs), calls that name another Region than their client's by a `config_override`, and the
//! sessions that the SDK opens for directory buckets of S3, to which it takes no interceptors along.
//!
//! **What callers then see.** A refusal is sent neither once nor, by the SDK's retries, again: it is an
//! `SdkError::DispatchFailure` with a [`Rejected`](leeward_error_taxonomy::Rejected) in its sources, which
//! [`Classify`](leeward_error_taxonomy::Classify) reads. A call that is dropped gives back what it holds, and if it had been
//! under way for long, counts against the service.

mod attempt;
mod config;
mod handle;
mod lane;
mod outcome;
mod rate;
mod sentinel;
mod stats;

pub(crate) use attempt::Attempt;
pub use config::GuardConfig;
pub use handle::{Guard, GuardKey};
pub(crate) use sentinel::{Sentinel, UnderWay};
pub use stats::GuardStats;
