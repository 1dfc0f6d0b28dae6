#![doc = include_str!("../README.md")]

mod clock;
mod request;

pub use clock::{Clock, Timestamp, TokioClock, TscClock};
pub use request::{Idempotency, Plain, Request};
