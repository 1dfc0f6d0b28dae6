//! What the SDK's errors mean, told by errors that the SDK itself made.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod answers;
mod aws_error;
mod beyond_calls;
mod context;
mod credentials;
mod erased;
mod made;
mod redaction;
mod refusals;
mod unanswered;
