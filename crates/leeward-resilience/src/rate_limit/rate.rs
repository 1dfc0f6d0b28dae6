use std::time::Duration;

/// The longest time between two calls that is a rate.
const LONGEST_INTERVAL: u64 = 24 * 3_600 * 1_000_000_000;
/// How long a burst may have been saved up for: a hundred years, so that no sum of times overflows.
const LONGEST_SAVING: u64 = 100 * 365 * LONGEST_INTERVAL;

/// So many calls in so much time, and how many of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    // In nanoseconds, rounded up, so that the rate is never exceeded.
    interval: u64,
    burst: u32,
}

impl Rate {
    /// So many calls a second, and all of them at once if the second before was quiet; for constants.
    ///
    /// ```
    /// use leeward_resilience::Rate;
    /// const KMS: Rate = Rate::per_second(5_500).with_burst(550);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are none; in a constant that is a compile error.
    #[must_use]
    pub const fn per_second(calls: u32) -> Self {
        assert!(calls > 0, "a rate of no calls lets none through");
        Self {
            interval: 1_000_000_000_u64.div_ceil(calls as u64),
            burst: calls,
        }
    }

    /// So many calls in this time, and all of them at once if as long a time before was quiet.
    ///
    /// # Errors
    ///
    /// [`InvalidRate`] if there are none, or less than one a day.
    pub fn new(calls: u32, per: Duration) -> Result<Self, InvalidRate> {
        let invalid = InvalidRate { calls, per };
        if calls == 0 || per.is_zero() {
            return Err(invalid);
        }
        let interval = per.as_nanos().div_ceil(u128::from(calls));
        match u64::try_from(interval) {
            Ok(interval) if interval <= LONGEST_INTERVAL => Ok(Self {
                interval,
                burst: calls,
            }
            .with_burst(calls)),
            _ => Err(invalid),
        }
    }

    /// How many calls may come at once after a quiet time; one at least, and a hundred years' worth at most. As many as
    /// the rate names by default, as in `governor`.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        let most = LONGEST_SAVING / self.interval;
        let burst = if burst == 0 { 1 } else { burst };
        Self {
            burst: if burst as u64 > most {
                most as u32
            } else {
                burst
            },
            ..self
        }
    }

    /// The time between two calls.
    pub(super) const fn interval(self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    pub(super) const fn burst(self) -> u32 {
        self.burst
    }

    /// How long it takes until a burst can come again.
    pub(super) const fn refill(self) -> Duration {
        Duration::from_nanos(self.interval * self.burst as u64)
    }
}

/// Says that some calls in some time are no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{calls} calls in {per:?} is no rate: name at least one call, and at least one a day")]
pub struct InvalidRate {
    calls: u32,
    per: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_slower_side() {
        assert_eq!(Rate::per_second(3).interval, 333_333_334);
        assert_eq!(Rate::per_second(u32::MAX).interval, 1);
        let hourly = Rate::new(100, Duration::from_secs(3_600)).unwrap();
        assert_eq!(hourly.interval(), Duration::from_secs(36));
        assert_eq!(hourly.burst(), 100);
    }

    #[test]
    fn no_burst_overflows_the_clock() {
        let daily = Rate::new(1, Duration::from_secs(86_400)).unwrap();
        let daily = daily.with_burst(u32::MAX);
        assert_eq!(daily.burst(), 36_500);
        assert_eq!(daily.refill(), Duration::from_secs(36_500 * 86_400));
        assert_eq!(daily.with_burst(0).burst(), 1);
    }

    #[test]
    fn says_what_a_rate_is() {
        for (calls, per) in [(0, 1), (1, 0), (1, 86_401), (1, u64::MAX)] {
            assert!(Rate::new(calls, Duration::from_secs(per)).is_err());
        }
        assert_eq!(
            Rate::new(0, Duration::from_secs(1))
                .unwrap_err()
                .to_string(),
            "0 calls in 1s is no rate: name at least one call, and at least one a day"
        );
    }
}
