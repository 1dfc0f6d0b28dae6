//! Clients of the pool against emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod operations;
mod setup;
mod sharing;
