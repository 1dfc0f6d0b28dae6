//! Asks each Region how it is, where somebody wants that: a call of the user's choice, again and again.
//!
//! **What it does to a call.** Nothing, while its Region's circuit is closed. While the circuit is open, calls leave the
//! probing to the checks: nobody waits for a Region that is known to be gone.
//!
//! **When it acts.** Every second or so, in each Region, one check at a time, on a runtime that was captured when the router
//! was built. A check that fails is heard by a closed circuit like a call that failed. Once the rest of an open circuit is
//! over, the checks are its probes, leased like those of calls: as many good ones as it asks for close it.
//!
//! **What it leaves alone.** The statistics of the traffic: a good check is no success of the circuit, its latency is
//! measured against that of other checks and not against that of calls, and the meter never sees it.
//!
//! **When it ends.** With the last clone of the router, or by [`shutdown`](crate::RegionRouter::shutdown). Should its runtime
//! end before, calls probe again by themselves as soon as two checks are overdue.

mod answer;
mod builder;
mod check;
mod hold;
mod pace;
mod record;
mod round;
mod task;

pub use answer::CheckResult;
pub use builder::NoHealthCheck;
pub use check::HealthCheck;
pub(crate) use record::{Last, Records};
