//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod lookup;
mod moving;
mod odd_answers;
mod simulation;
mod stand_in;
