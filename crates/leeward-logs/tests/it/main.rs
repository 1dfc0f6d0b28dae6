//! What users of the crate see of it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cloud;
mod logs_events;
mod logs_groups;
mod logs_queries;
mod logs_writer;
mod moving;
mod odd_answers;
mod stand_in;
mod warnings;
