//! How callers get through a rotation without being refused.
//!
//! A rotation makes a version (`createSecret`), has the database take its password (`setSecret`), tries it (`testSecret`) and makes it
//! current (`finishSecret`). Between the second step and the last the database wants what is not current yet: with one user nothing
//! else logs in, for about a minute with RDS.

mod call;
mod error;
mod hint;
mod keeper;
mod options;
mod refresh_now;
mod schedule;
mod tried;
mod turns;
mod view;
mod window;
mod with_secret;

pub use error::WithSecretError;
pub use tried::{Login, Tried};

pub(crate) use hint::Track;
pub(crate) use keeper::Keeper;
pub(crate) use options::Options;
pub(crate) use window::Window;
