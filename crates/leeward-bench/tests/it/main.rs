//! The benches run, and their figures are what they say.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod areas;
mod contest;
