//! What has been called so far, by whom, and over how many connections.
//!
//! `counter.rs` counts as calls and connections come and go, `traces.rs` whence calls came; [`Counts`] is what it all was at one
//! time.

mod counter;
mod snapshot;
mod traces;

pub use snapshot::{Counts, Tally};

pub(super) use counter::{Connected, Counter, Outcome};
pub(super) use traces::Trace;
