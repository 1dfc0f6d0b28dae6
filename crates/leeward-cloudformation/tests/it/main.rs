//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod answers;
mod change_sets;
mod drifts;
mod ends;
mod specs;
mod stacks;
mod stand_in;
#[cfg(feature = "serde")]
mod summaries;
