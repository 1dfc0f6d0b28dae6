//! Clients of the pool against emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod deadline;
mod operations;
mod setup;
mod sharing;
