//! Clients of the pool against emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod child;
mod clients;
mod cloud;
mod deadline;
mod hand_clock;
mod operations;
mod setup;
mod sharing;
