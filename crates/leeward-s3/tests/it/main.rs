//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod buckets;
mod cloud;
mod objects;
mod transfers;
