use std::time::Duration;

use leeward_resilience::CircuitState;

/// All that happened in one run; times since its beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// What processes asked for, in the order in which they began.
    pub operations: Vec<Operation>,
    /// What arrived at the Regions, in the order in which it did.
    pub attempts: Vec<Attempt>,
    /// How the circuits of the processes changed.
    pub changes: Vec<Change>,
}

/// One thing that a process asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which process.
    pub process: usize,
    /// Whether it may not be sent again once it may have been applied.
    pub is_write: bool,
    /// When it began.
    pub began: Duration,
    /// When it was over, unless the run was over first.
    pub ended: Option<Duration>,
    /// Which Region answered well, if one did.
    pub served_by: Option<usize>,
}

/// One request that arrived at a Region.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The number of its operation.
    pub operation: usize,
    /// Where.
    pub region: usize,
    /// When it arrived.
    pub began: Duration,
    /// How it ended and when, unless the run was over first.
    pub ended: Option<(Duration, Ending)>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a good answer.
    Served,
    /// With a failure of the Region.
    Failed,
    /// Without having been sent: there was no connection.
    Refused,
    /// The caller gave it up.
    Dropped,
}

/// A circuit of a process changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub at: Duration,
    /// Whose circuit.
    pub process: usize,
    /// Of which Region.
    pub region: usize,
    /// What it is now.
    pub to: CircuitState,
}

impl Operation {
    /// How long the caller waited, if the run was not over first.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        Some(self.ended?.saturating_sub(self.began))
    }
}
