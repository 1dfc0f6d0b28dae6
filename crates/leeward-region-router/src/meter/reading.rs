use std::time::Duration;

use leeward_error_taxonomy::{Failure, Region};
use leeward_resilience::CircuitSnapshot;

/// What the meters of a router show at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// In the order of the list.
    pub(crate) regions: Vec<RegionReading>,
    /// Attempts that followed one that failed elsewhere.
    pub(crate) fail_overs: u64,
    /// Attempts that were made beside one that had not been answered.
    pub(crate) hedges: u64,
    /// Hedges that answered first.
    pub(crate) hedges_won: u64,
    /// Hedges that failed, or that the first attempt answered before.
    pub(crate) hedges_lost: u64,
    /// Hedges that were dropped with their call, or that an error ended for good.
    pub(crate) hedges_dropped: u64,
    /// Calls that were not hedged, or not taken elsewhere, for want of a token.
    pub(crate) out_of_budget: u64,
    /// Calls that went to a Region whose circuit was open, because every circuit was.
    pub(crate) panics: u64,
    /// Calls that ended in `Rejected::Exhausted`.
    pub(crate) exhausted: u64,
    /// The tokens that are left for further attempts.
    pub(crate) budget: u64,
    /// Whether the router does its work; not so while its switch is off.
    pub(crate) is_on: bool,
}

/// What the meter of one Region shows, and its circuit.
#[derive(Clone, Debug)]
pub(crate) struct RegionReading {
    pub(crate) region: Region,
    /// State, age, outcomes in the window, baseline, next probe, share of calls let through.
    pub(crate) circuit: CircuitSnapshot,
    /// Whether somebody has drained it.
    pub(crate) drained: bool,
    /// Attempts under way.
    pub(crate) in_flight: u64,
    /// Attempts that succeeded, since the router was made.
    pub(crate) successes: u64,
    /// Attempts that failed and blame the Region, since the router was made.
    pub(crate) failures: u64,
    /// Attempts that ended in another error: one that blames the request, or throttling.
    pub(crate) other_errors: u64,
    /// Of the last few thousand successes, told to within a quarter.
    pub(crate) p50: Option<Duration>,
    /// As `p50`.
    pub(crate) p99: Option<Duration>,
    /// Of the outcomes in the windows of all Regions, those of this one; zero to one.
    pub(crate) share: f64,
    pub(crate) last_failure: Option<LastFailure>,
    /// Hedges sent here that answered first.
    pub(crate) hedges_won: u64,
    /// Attempts here that a hedge elsewhere overtook.
    pub(crate) overtaken: u64,
    /// Attempts that failed here and were followed by one elsewhere.
    pub(crate) left: u64,
    /// Times that a request did not go here by its own account.
    pub(crate) refused: u64,
    /// Attempts, and health checks, that probed an open circuit.
    pub(crate) probes: u64,
}

/// The last attempt that failed and blamed its Region.
#[derive(Clone, Debug)]
pub(crate) struct LastFailure {
    pub(crate) failure: Failure,
    /// How long ago it ended.
    pub(crate) age: Duration,
}
