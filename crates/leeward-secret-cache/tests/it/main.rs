//! The cache as its users see it.

mod changes;
mod expiry;
mod handles;
mod herd;
mod names;
mod outage;
mod stats;
mod upstream;
mod warm_up;
mod withdrawal;
