//! How callers get through a rotation.

mod cancellation;
mod database;
mod day;
mod herd;
mod refresh_now;
mod schedule;
mod vault;
mod versions;
mod with_secret;
