//! The demo, run as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod bad_input;
mod failed;
mod interrupt;
mod links;
mod outage;
mod place;
mod printing;
mod run;
