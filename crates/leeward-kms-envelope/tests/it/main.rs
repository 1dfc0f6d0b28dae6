//! Messages under KMS keys of emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod burst;
mod cloud;
mod errors;
mod failover;
mod round_trip;
mod wire;
