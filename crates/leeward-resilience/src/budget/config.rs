use std::time::Duration;

use crate::Ratio;

/// How much extra load a [`Budget`](super::Budget) allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetConfig {
    pub(super) ratio: Ratio,
    pub(super) cap: u32,
    pub(super) floor: u32,
    pub(super) floor_interval: Duration,
}

impl BudgetConfig {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ratio: Ratio::percent(10),
            cap: 200,
            floor: 10,
            floor_interval: Duration::from_secs(1),
        }
    }

    /// How much of a token each call pays in, hence the share of extra load; 10 % by default (as Finagle and the SRE
    /// book have it, half of Envoy's).
    #[must_use]
    pub const fn with_ratio(self, ratio: Ratio) -> Self {
        Self { ratio, ..self }
    }

    /// How many paid-in tokens are kept at most; 200 by default.
    ///
    /// About two seconds of the process's calls: a Region that falls silent fails everything in flight at once, and all
    /// of it must be able to move. A cap of 50 at 100 calls per second lost 3 % of them in simulation.
    #[must_use]
    pub const fn with_cap(self, cap: u32) -> Self {
        Self { cap, ..self }
    }

    /// How many tokens time alone provides at most, on top of those paid in; 10 by default, and there from the start.
    ///
    /// Without them the first failures of a young or a quiet process could not be tried again. Zero leaves only what
    /// calls pay in.
    #[must_use]
    pub const fn with_floor(self, floor: u32) -> Self {
        Self { floor, ..self }
    }

    /// How long one token of the floor takes to come back; 1 s by default.
    #[must_use]
    pub const fn with_floor_interval(self, floor_interval: Duration) -> Self {
        Self {
            floor_interval,
            ..self
        }
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self::new()
    }
}
