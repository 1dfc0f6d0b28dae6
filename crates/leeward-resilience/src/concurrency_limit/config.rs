use std::time::Duration;

/// How many calls may be in flight at once, and who may wait for one of them to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConcurrencyLimitConfig {
    pub(super) initial: u32,
    pub(super) bounds: Option<(u32, u32)>,
    pub(super) max_waiting: Option<u32>,
    pub(super) max_wait: Duration,
}

impl ConcurrencyLimitConfig {
    /// Lets `limit` calls be in flight at any time, one at least.
    #[must_use]
    pub const fn fixed(limit: u32) -> Self {
        Self {
            initial: at_least_one(limit),
            bounds: None,
            max_waiting: None,
            max_wait: Duration::from_secs(1),
        }
    }

    /// Finds the limit from how long answers take: starts at 20 calls and stays between 20 and 200, as Netflix's
    /// Gradient2 does (`initialLimit`, `minLimit` and `maxConcurrency` of `Gradient2Limit`'s builder).
    #[must_use]
    pub const fn adaptive() -> Self {
        Self {
            bounds: Some((20, 200)),
            ..Self::fixed(20)
        }
    }

    /// Between what limits an adaptive one stays; has no effect on a fixed one. 20 and 200 by default.
    ///
    /// A minimum that a healthy service carries easily: a limiter that has shrunk too far learns slowly that it has.
    #[must_use]
    pub const fn with_bounds(self, min: u32, max: u32) -> Self {
        let min = at_least_one(min);
        let max = if max < min { min } else { max };
        Self {
            bounds: if self.bounds.is_some() {
                Some((min, max))
            } else {
                None
            },
            ..self
        }
    }

    /// What limit an adaptive one starts with, within its bounds; has no effect on a fixed one. 20 by default.
    #[must_use]
    pub const fn with_initial(self, initial: u32) -> Self {
        match self.bounds {
            Some(_) => Self { initial, ..self },
            None => self,
        }
    }

    /// How many calls wait at most; as many as may be in flight by default, so that whoever waits last does so for about
    /// the time of one call. Zero refuses at once.
    #[must_use]
    pub const fn with_max_waiting(self, max_waiting: u32) -> Self {
        Self {
            max_waiting: Some(max_waiting),
            ..self
        }
    }

    /// How long a call waits at most; 1 s by default, which leaves two of three seconds for the attempt.
    #[must_use]
    pub const fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }
}

const fn at_least_one(calls: u32) -> u32 {
    if calls == 0 { 1 } else { calls }
}
