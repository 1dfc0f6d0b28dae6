use std::time::Duration;

use crate::Ratio;

/// How much extra load a [`Budget`](super::Budget) allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetConfig {
    pub(super) ratio: Ratio,
    pub(super) cap: Cap,
    pub(super) floor: u32,
    pub(super) floor_interval: Duration,
}

/// How many paid-in tokens are kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cap {
    /// As many as there are calls in this time.
    Time(Duration),
    Tokens(u32),
}

impl BudgetConfig {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ratio: Ratio::percent(10),
            cap: Cap::Time(Duration::from_secs(2)),
            floor: 50,
            floor_interval: Duration::from_secs(1),
        }
    }

    /// The share of the AWS SDKs' retry behaviour "2.1": a call that succeeds pays for 1/14 of a retry, 7.1 %.
    ///
    /// Together with [`RetryPolicy::aws`](crate::RetryPolicy::aws), which lets a retry after throttling cost 5/14. Their
    /// bucket of 500 (35 retries) is left out: it is too small for a fail-over of many calls, and refills with successes alone, which
    /// are few where there is little traffic. Here every call pays in, a failed one too, for the share is that of the traffic.
    #[must_use]
    pub const fn aws() -> Self {
        Self::new().with_ratio(Ratio::of(1, 14))
    }

    /// How much of a token each call pays in, hence the share of extra load; 10 % by default (as Finagle and the SRE
    /// book have it, half of Envoy's).
    #[must_use]
    pub const fn with_ratio(self, ratio: Ratio) -> Self {
        Self { ratio, ..self }
    }

    /// Keeps at most as many paid-in tokens as there are calls in `cap_time`, whatever their rate is; 2 s by default.
    ///
    /// A Region that falls silent fails everything in flight at once, and all of it must be able to move: in simulation, a
    /// cap of half a second of the calls lost 3 % of them. The rate is observed second by second; it is followed up at
    /// once and down within some eight seconds, since callers that wait for a silent service make fewer calls.
    #[must_use]
    pub const fn with_cap_time(self, cap_time: Duration) -> Self {
        Self {
            cap: Cap::Time(cap_time),
            ..self
        }
    }

    /// Keeps at most so many paid-in tokens, whatever the rate of calls is.
    #[must_use]
    pub const fn with_cap(self, cap: u32) -> Self {
        Self {
            cap: Cap::Tokens(cap),
            ..self
        }
    }

    /// How many tokens time alone provides at most, on top of those paid in; 50 by default, and there from the start.
    ///
    /// Without them the first failures of a young or a quiet process could not be tried again, nor those of a burst that a quiet
    /// process makes: calls pay in too late for it. In simulation (S15) a reserve of ten lost 0.6 % of the reads while a Region
    /// was silent, all of them in bursts, and one of fifty none. The SDK's clients have a hundred retries in reserve, fifty after
    /// time-outs. Zero leaves only what calls pay in.
    #[must_use]
    pub const fn with_floor(self, floor: u32) -> Self {
        Self { floor, ..self }
    }

    /// How long one token of the floor takes to come back once it is spent; 1 s by default.
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
