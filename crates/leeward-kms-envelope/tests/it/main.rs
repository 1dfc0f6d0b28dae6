//! Messages under KMS keys of emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod audit;
mod burst;
mod classes;
mod cloud;
mod cold;
mod crowd;
mod dropped;
mod errors;
mod failover;
mod health;
mod hostile;
mod idempotency;
mod keyrings;
mod placement;
mod refusals;
mod region_keys;
mod round_trip;
mod silence;
mod stack;
mod storm;
mod wire;
