//! What the SDK crates of twelve services name as errors, held against the tables of leeward-error-taxonomy.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod action;
mod fault;
mod known;
mod recognised;
mod senders;
mod sources;
