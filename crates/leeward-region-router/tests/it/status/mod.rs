//! Status, watch and health.

mod absence;
mod snapshot;
mod watch;
