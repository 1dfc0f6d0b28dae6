//! What the SDK's errors mean, told by errors that the SDK itself made.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod answers;
mod refusals;
mod unanswered;
