//! Counts what calls meet, for whoever watches a router; nothing is decided by it.
//!
//! A call that succeeds counts itself in the cache lines of its thread, without a lock and without waiting.

mod count;
mod lane;
mod reading;
mod region;
mod router;

pub(crate) use count::Count;
pub(crate) use reading::{LastFailure, Reading, RegionReading};
pub(crate) use region::RegionMeter;
pub(crate) use router::RouterMeter;
