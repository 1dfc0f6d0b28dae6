use std::{fmt, time::Duration};

use leeward_error_taxonomy::Region;
use leeward_resilience::{CircuitSnapshot, Timestamp};

/// What a router knows of its Regions, for a [`Ranking`](super::Ranking) to judge by; they are numbers, as in its
/// [`Order`](super::Order).
#[derive(Clone, Copy)]
pub struct Standings<'a> {
    field: &'a dyn Field,
    now: Timestamp,
    may_explore: bool,
}

/// Where the standings come from.
pub(crate) trait Field {
    fn len(&self) -> usize;
    fn region(&self, at: usize) -> &Region;
    fn baseline(&self, at: usize) -> Option<Duration>;
    fn circuit(&self, at: usize) -> CircuitSnapshot;
}

impl<'a> Standings<'a> {
    pub(crate) const fn new(field: &'a dyn Field, now: Timestamp) -> Self {
        Self {
            field,
            now,
            may_explore: true,
        }
    }

    pub(crate) const fn exploring(self, may_explore: bool) -> Self {
        Self {
            may_explore,
            ..self
        }
    }

    /// Whether the call may go somewhere to find out how it is there: not one that cannot be sent again if nobody answers.
    #[must_use]
    pub const fn may_explore(&self) -> bool {
        self.may_explore
    }

    /// How many Regions there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is one at least")]
    pub fn len(&self) -> usize {
        self.field.len()
    }

    /// The name of a Region.
    ///
    /// # Panics
    ///
    /// If there are not as many, as everywhere here.
    #[must_use]
    pub fn region(&self, at: usize) -> &'a Region {
        self.field.region(at)
    }

    /// The normal latency of a Region, once its circuit has learnt it; one load.
    #[must_use]
    pub fn baseline(&self, at: usize) -> Option<Duration> {
        self.field.baseline(at)
    }

    /// All that the circuit of a Region has seen; it takes the circuit's lock for a short time, so ask now and then rather than
    /// for every call.
    #[must_use]
    pub fn circuit(&self, at: usize) -> CircuitSnapshot {
        self.field.circuit(at)
    }

    /// When the call began, by the router's clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

impl fmt::Debug for Standings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standings")
            .field("regions", &self.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
