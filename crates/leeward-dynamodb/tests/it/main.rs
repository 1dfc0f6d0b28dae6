//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod batches;
mod cloud;
mod items;
mod scans;
mod stand_in;
mod tables;
mod transactions;
