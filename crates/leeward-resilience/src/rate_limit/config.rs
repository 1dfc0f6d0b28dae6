use std::time::Duration;

use super::Rate;

/// How many calls are let through in a time, and who may wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitConfig {
    pub(super) rate: Option<Rate>,
    pub(super) is_adaptive: bool,
    pub(super) max_waiting: u32,
    pub(super) max_wait: Duration,
    // None as long as nobody has set it.
    max_pause: Option<Duration>,
}

impl RateLimitConfig {
    /// Never lets more through than `rate`.
    #[must_use]
    pub const fn fixed(rate: Rate) -> Self {
        Self {
            rate: Some(rate),
            ..Self::adaptive()
        }
        .with_adaptation(false)
    }

    /// Lets everything through until the service asks for fewer calls, and then no more than the rate that it seems to
    /// bear.
    #[must_use]
    pub const fn adaptive() -> Self {
        Self {
            rate: None,
            is_adaptive: true,
            max_waiting: 1_000,
            max_wait: Duration::from_secs(1),
            max_pause: None,
        }
    }

    /// Whether a fixed rate is lowered further while the service asks for fewer calls; not by default. Without a fixed rate
    /// there is nothing else, and this has no effect.
    #[must_use]
    pub const fn with_adaptation(self, is_adaptive: bool) -> Self {
        Self {
            is_adaptive: is_adaptive || self.rate.is_none(),
            ..self
        }
    }

    /// How many calls wait at most; 1,000 by default, a bound on memory rather than on time. Zero refuses at once.
    #[must_use]
    pub const fn with_max_waiting(self, max_waiting: u32) -> Self {
        Self {
            max_waiting,
            ..self
        }
    }

    /// How long a call waits at most; 1 s by default, which leaves two of three seconds for the attempt. One that would
    /// have to wait longer is refused at once.
    #[must_use]
    pub const fn with_max_wait(self, max_wait: Duration) -> Self {
        Self { max_wait, ..self }
    }

    /// For how long a service that asks for fewer calls may have all of them held back, by its Retry-After. Zero lets no
    /// service do so.
    ///
    /// For adaptive limits 20 s by default, the AWS SDKs' longest pause (`max_backoff` of aws-smithy-types' `RetryConfig`). A
    /// rate that is only fixed does not listen to answers unless this is set, for the reasons given [there](super); to
    /// listen costs each call a count of references, as much as the check of the rate itself.
    #[must_use]
    pub const fn with_max_pause(self, max_pause: Duration) -> Self {
        Self {
            max_pause: Some(max_pause),
            ..self
        }
    }

    pub(super) const fn max_pause(&self) -> Duration {
        match self.max_pause {
            Some(max_pause) => max_pause,
            None if self.is_adaptive => Duration::from_secs(20),
            None => Duration::ZERO,
        }
    }

    /// Whether the limiter wants to know what becomes of calls.
    pub(super) const fn listens(&self) -> bool {
        self.is_adaptive || !self.max_pause().is_zero()
    }
}
