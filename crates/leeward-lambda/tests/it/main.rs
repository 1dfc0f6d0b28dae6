//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod function;
mod invoke;
mod moving;
mod odd_answers;
mod stand_in;
