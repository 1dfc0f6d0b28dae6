//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod kinds;
mod refusals;
mod regions;
mod stacks;
mod stand_in;
