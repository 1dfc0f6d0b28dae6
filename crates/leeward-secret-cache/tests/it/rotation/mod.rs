//! How callers get through a rotation.

mod cancellation;
pub(crate) mod database;
mod day;
mod herd;
mod logins;
mod refresh_now;
mod schedule;
pub(crate) mod vault;
mod versions;
mod wakers;
mod window;
mod with_secret;
