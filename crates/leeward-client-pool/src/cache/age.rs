use std::time::{Duration, SystemTime};

/// When a client that was made is renewed, and when it is no longer used.
///
/// On the wall clock, so that a client that slept through a suspension is as old as the world says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    made: SystemTime,
    renewed: SystemTime,
    ends: SystemTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// Still good, to be renewed by the side.
    Due,
    Over,
}

/// How long before its end a client is renewed, and before fixed credentials expire its end is.
pub(crate) const BUFFER: Duration = Duration::from_secs(5 * 60);

/// How long a client is kept whose fixed credentials are about to expire.
const MOMENT: Duration = Duration::from_secs(5);

impl Life {
    /// The life of a client that is made at `now`, whose credentials expire at `expiry` if they are fixed.
    ///
    /// `jitter` from 0 to 1 spreads renewals over half the buffer, so that what was made together is not renewed together.
    pub(crate) fn begin(
        now: SystemTime,
        time_to_live: Duration,
        expiry: Option<SystemTime>,
        jitter: f64,
    ) -> Self {
        let buffer = BUFFER.min(time_to_live / 2);
        let mut ends = later(now, time_to_live);
        if let Some(expiry) = expiry {
            // Within the buffer it lives from moment to moment, so that a thousand asks do not make a thousand clients.
            let safe = expiry.checked_sub(BUFFER).unwrap_or(expiry);
            ends = ends.min(safe.max(later(now, MOMENT).min(expiry)).max(now));
        }
        let early = buffer.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
        let renewed = ends.checked_sub(early).unwrap_or(ends).max(now);
        Self {
            made: now,
            renewed,
            ends,
        }
    }

    pub(crate) fn age(&self, now: SystemTime) -> Age {
        // A clock that was set back tells nothing of how old the client is.
        if now >= self.ends || later(now, Duration::from_secs(60)) < self.made {
            Age::Over
        } else if now >= self.renewed {
            Age::Due
        } else {
            Age::Fresh
        }
    }

    /// Tries the renewal again so much later, after it failed.
    pub(crate) fn renew_later(&mut self, now: SystemTime, pause: Duration) {
        self.renewed = later(now, pause);
    }
}

/// A time that cannot be told is never reached.
pub(super) fn later(now: SystemTime, by: Duration) -> SystemTime {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    now.checked_add(by.min(CENTURY)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn is_renewed_within_five_minutes_of_its_end() {
        for (jitter, due) in [(0.0, 3600 - 150), (1.0, 3600 - 300)] {
            let life = Life::begin(at(0), HOUR, None, jitter);
            assert_eq!(life.age(at(due - 1)), Age::Fresh);
            assert_eq!(life.age(at(due)), Age::Due);
            assert_eq!(life.age(at(3599)), Age::Due);
            assert_eq!(life.age(at(3600)), Age::Over);
        }
    }

    #[test]
    fn ends_five_minutes_before_fixed_credentials_do() {
        let life = Life::begin(at(0), HOUR, Some(at(1200)), 0.0);
        assert_eq!(life.age(at(899)), Age::Due);
        assert_eq!(life.age(at(900)), Age::Over);
        let almost_expired = Life::begin(at(0), HOUR, Some(at(100)), 0.0);
        assert_eq!(almost_expired.age(at(4)), Age::Due, "kept for a moment");
        assert_eq!(almost_expired.age(at(5)), Age::Over);
        let last_seconds = Life::begin(at(0), HOUR, Some(at(2)), 0.0);
        assert_eq!(last_seconds.age(at(2)), Age::Over, "never past the expiry");
        let expired = Life::begin(at(200), HOUR, Some(at(100)), 0.0);
        assert_eq!(expired.age(at(200)), Age::Over);
    }

    #[test]
    fn a_short_life_has_a_short_buffer() {
        let life = Life::begin(at(0), Duration::from_secs(60), None, 1.0);
        assert_eq!(life.age(at(29)), Age::Fresh);
        assert_eq!(life.age(at(30)), Age::Due);
    }

    #[test]
    fn a_clock_that_was_set_back_ends_it() {
        let life = Life::begin(at(10_000), HOUR, None, 0.0);
        assert_eq!(life.age(at(9_990)), Age::Fresh, "as clocks are corrected");
        assert_eq!(life.age(at(0)), Age::Over);
    }

    #[test]
    fn a_renewal_that_failed_is_tried_again_later() {
        let mut life = Life::begin(at(0), HOUR, None, 1.0);
        life.renew_later(at(3400), Duration::from_secs(30));
        assert_eq!(life.age(at(3429)), Age::Fresh);
        assert_eq!(life.age(at(3430)), Age::Due);
        assert_eq!(life.age(at(3600)), Age::Over);
    }

    #[test]
    fn a_life_without_end_is_told_without_a_panic() {
        let life = Life::begin(at(0), Duration::MAX, None, 1.0);
        assert_eq!(life.age(at(1 << 30)), Age::Fresh);
    }
}
