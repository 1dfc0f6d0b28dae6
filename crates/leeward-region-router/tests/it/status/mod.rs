//! Status, watch and health.

mod snapshot;
mod watch;
