//! How long a value is served, and when it is fetched anew.

use crate::{
    clock::{Moment, bounded, nanos},
    error::InvalidFreshness,
};
use std::time::Duration;

/// How old a value may be that is served.
///
/// Both limits count from the start of the fetch that brought it, so that what Secrets Manager took to answer is part of the age,
/// and by whichever of two clocks says longer: a machine that was suspended, or a Lambda environment that was thawed, does not go
/// on with what has been replaced meanwhile.
///
/// ```
/// use leeward_secret_cache::Freshness;
/// use std::time::Duration;
///
/// let freshness = Freshness::new()
///     .with_refresh_after(Duration::from_secs(60))
///     .with_max_age(Duration::from_secs(90));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Freshness {
    refresh_after: Duration,
    max_age: Duration,
    jitter: f64,
    stale_on_outage: Duration,
    refresh_mode: RefreshMode,
}

/// How a value that is due is fetched anew.
///
/// | | `GetSecretValue` | `DescribeFirst` |
/// |---|---|---|
/// | calls for a version that has not moved | 1 | 1, of which the quota is four times as high and which decrypts nothing |
/// | calls for one that has | 1 | 2 |
/// | what is proved each time | that it may be read and decrypted | that the version is the current one, and not scheduled for deletion |
/// | permissions | `secretsmanager:GetSecretValue`, `kms:Decrypt` | `secretsmanager:DescribeSecret` besides |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshMode {
    /// By `GetSecretValue`: one call, which proves everything.
    #[default]
    GetSecretValue,
    /// By `DescribeSecret`, and by `GetSecretValue` if the version has moved, if that fails, if nothing may be served any more, or if
    /// the value would not have been fetched for too long.
    DescribeFirst {
        /// Nothing is served for longer than this after its value was fetched, an [outage](Freshness::with_stale_on_outage) included: who
        /// may describe a secret may have lost the right to read it, or to use its key, meanwhile.
        max_unverified: Duration,
    },
}

impl RefreshMode {
    /// [`DescribeFirst`](Self::DescribeFirst), with the value fetched every 15 minutes: two descriptions between two values, by the default
    /// limits. A right that was taken away is noticed three times as late at the most.
    #[must_use]
    pub const fn describe_first() -> Self {
        Self::DescribeFirst {
            max_unverified: Duration::from_secs(900),
        }
    }

    fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::DescribeFirst {
                    max_unverified: one,
                },
                Self::DescribeFirst {
                    max_unverified: other,
                },
            ) => Self::DescribeFirst {
                max_unverified: one.min(other),
            },
            _ => Self::GetSecretValue,
        }
    }
}

impl Freshness {
    /// Refreshed after 4 minutes, less up to a tenth; never served after 5 minutes.
    pub const fn new() -> Self {
        Self {
            refresh_after: Duration::from_secs(240),
            max_age: Duration::from_secs(300),
            jitter: 0.1,
            stale_on_outage: Duration::ZERO,
            refresh_mode: RefreshMode::GetSecretValue,
        }
    }

    /// Fetches a value anew, by the side, when somebody asks for it and it is this old; 4 minutes by default.
    pub const fn with_refresh_after(self, refresh_after: Duration) -> Self {
        Self {
            refresh_after,
            ..self
        }
    }

    /// Serves nothing that is older than this; 5 minutes by default. A value that is not even served in
    /// [an outage](Self::with_stale_on_outage) any more is let go of within a minute, although nobody asks, and is wiped when nobody holds it.
    pub const fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Fetches a value earlier by a random share of the time before it is due, at most this, from 0 to 0.5; 0.1 by default.
    ///
    /// Processes that were started together then do not fetch together.
    pub const fn with_jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// Serves a value for this much longer than [its age](Self::with_max_age) allows while Secrets Manager cannot be reached or
    /// throttles; not at all by default.
    ///
    /// Who asks after a failure is served at once, and it is tried again by the side; so it is if that failure is a while ago, but no
    /// longer than [a value may be old](Self::with_max_age), and the machine has not slept since: then who asks waits for one fetch.
    ///
    /// Such answers are [counted](crate::SecretCacheStats), and that there are any is told at `WARN`, once for each secret and outage.
    /// What was denied, deleted or cannot be decrypted is never served for longer.
    pub const fn with_stale_on_outage(self, stale_on_outage: Duration) -> Self {
        Self {
            stale_on_outage,
            ..self
        }
    }

    /// Sets how a value that is due is fetched anew; by `GetSecretValue` by default.
    pub const fn with_refresh_mode(self, refresh_mode: RefreshMode) -> Self {
        Self {
            refresh_mode,
            ..self
        }
    }

    /// Whether a description may extend the life of a value by as much as a fetch, which was last fetched `unverified` nanoseconds ago.
    pub(crate) fn may_describe(&self, unverified: u64) -> bool {
        match self.refresh_mode {
            RefreshMode::GetSecretValue => false,
            RefreshMode::DescribeFirst { max_unverified } => {
                let gone = self.max_age.saturating_add(self.stale_on_outage);
                unverified.saturating_add(nanos(gone)) <= nanos(max_unverified)
            }
        }
    }

    /// The stricter of two in everything.
    pub(crate) fn stricter(self, other: Self) -> Self {
        Self {
            refresh_after: self.refresh_after.min(other.refresh_after),
            max_age: self.max_age.min(other.max_age),
            jitter: self.jitter.max(other.jitter),
            stale_on_outage: self.stale_on_outage.min(other.stale_on_outage),
            refresh_mode: self.refresh_mode.stricter(other.refresh_mode),
        }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidFreshness> {
        if self.refresh_after.is_zero() || self.max_age.is_zero() {
            return Err(InvalidFreshness::Zero);
        }
        if self.refresh_after > self.max_age {
            return Err(InvalidFreshness::NeverRefreshed {
                refresh_after: self.refresh_after,
                max_age: self.max_age,
            });
        }
        if !(0.0..=0.5).contains(&self.jitter) {
            return Err(InvalidFreshness::Jitter {
                jitter: self.jitter,
            });
        }
        if let RefreshMode::DescribeFirst { max_unverified } = self.refresh_mode {
            let first = self.refresh_after.saturating_add(self.max_age);
            let needed = first.saturating_add(self.stale_on_outage);
            if max_unverified < needed {
                return Err(InvalidFreshness::NeverDescribed {
                    max_unverified,
                    needed,
                });
            }
        }
        Ok(())
    }

    /// The limits of a value, drawn from by `jitter`, 0 to 1.
    pub(crate) fn limits(&self, jitter: f64) -> Limits {
        let early = self.jitter * jitter.clamp(0.0, 1.0);
        Limits {
            due: nanos(bounded(self.refresh_after).mul_f64(1.0 - early)),
            over: nanos(self.max_age),
            gone: nanos(self.max_age.saturating_add(self.stale_on_outage)),
        }
    }
}

impl Default for Freshness {
    fn default() -> Self {
        Self::new()
    }
}

/// How old a value is when it is due, when it is over, and when not even an outage has it served; in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) due: u64,
    pub(crate) over: u64,
    pub(crate) gone: u64,
}

/// What may be done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    Serve,
    /// Serve it, and fetch it anew by the side.
    Refresh,
    /// Serve it only if there is no other to be had because of an outage.
    Outlast,
    Discard,
}

impl Limits {
    /// What may be done at `now` with what was fetched at `fetched`.
    #[inline]
    pub(crate) fn course(&self, now: Moment, fetched: Moment) -> Course {
        let age = now.since(fetched);
        if age < self.due && !now.was_set_back_since(fetched) {
            Course::Serve
        } else if age < self.over {
            Course::Refresh
        } else if age < self.gone {
            Course::Outlast
        } else {
            Course::Discard
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(steady: u64, wall: u64) -> Moment {
        Moment {
            steady: steady * SECOND,
            wall: wall * SECOND,
        }
    }

    #[test]
    fn a_value_is_served_refreshed_outlasted_and_discarded() {
        use Course::{Discard, Outlast, Refresh, Serve};
        let freshness = Freshness::new().with_stale_on_outage(Duration::from_secs(60));
        let limits = freshness.limits(0.0);
        for (age, course) in [
            (0, Serve),
            (239, Serve),
            (240, Refresh),
            (299, Refresh),
            (300, Outlast),
            (359, Outlast),
            (360, Discard),
        ] {
            let fetched = at(1_000, 50_000);
            let both = at(1_000 + age, 50_000 + age);
            assert_eq!(limits.course(both, fetched), course, "{age}");
            // The machine slept.
            let wall = at(1_000, 50_000 + age);
            assert_eq!(limits.course(wall, fetched), course, "{age}");
        }
    }

    #[test]
    fn a_wall_clock_that_was_set_back_makes_a_value_due() {
        let limits = Freshness::new().limits(0.0);
        let fetched = at(1_000, 50_000);
        assert_eq!(limits.course(at(1_001, 49_000), fetched), Course::Refresh);
        assert_eq!(limits.course(at(1_300, 49_000), fetched), Course::Discard);
    }

    #[test]
    fn jitter_makes_a_value_due_earlier_and_over_at_the_same_time() {
        let limits = Freshness::new().limits(1.0);
        assert_eq!(limits.due, 216 * SECOND);
        assert_eq!(limits.over, 300 * SECOND);
    }

    #[test]
    fn what_has_no_limit_is_served_for_a_hundred_years() {
        let freshness = Freshness::new()
            .with_refresh_after(Duration::MAX)
            .with_max_age(Duration::MAX)
            .with_stale_on_outage(Duration::MAX);
        assert!(freshness.check().is_ok());
        for jitter in [0.0, 0.5, 1.0] {
            let limits = freshness.limits(jitter);
            let years = limits.due / (365 * 86_400 * SECOND);
            assert!((90..=100).contains(&years), "{years}");
            assert_eq!(
                limits.course(at(3_200_000_000, 0), at(0, 0)),
                Course::Refresh
            );
        }
    }

    #[test]
    fn the_stricter_of_two_is_so_in_everything() {
        let second = Duration::from_secs(1);
        let one = Freshness::new().with_max_age(second * 250).with_jitter(0.0);
        let other = Freshness::new()
            .with_refresh_after(second * 200)
            .with_stale_on_outage(second)
            .with_refresh_mode(RefreshMode::describe_first());
        for both in [one.stricter(other), other.stricter(one)] {
            let strict = Freshness::new()
                .with_refresh_after(second * 200)
                .with_max_age(second * 250);
            assert_eq!(both, strict);
        }
        assert_eq!(other.stricter(other), other);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let second = Duration::from_secs(1);
        let refused = |freshness: Freshness| freshness.check().unwrap_err().to_string();
        assert!(refused(Freshness::new().with_max_age(Duration::ZERO)).contains("zero"));
        assert!(refused(Freshness::new().with_max_age(second)).contains("1s"));
        assert!(refused(Freshness::new().with_jitter(1.5)).contains("1.5"));
        assert!(refused(Freshness::new().with_jitter(f64::NAN)).contains("NaN"));
        let brief = RefreshMode::DescribeFirst {
            max_unverified: Duration::from_secs(539),
        };
        assert!(refused(Freshness::new().with_refresh_mode(brief)).contains("540s"));
        assert!(Freshness::new().check().is_ok());
    }

    #[test]
    fn a_description_extends_no_life_beyond_what_goes_unverified() {
        let freshness = Freshness::new().with_refresh_mode(RefreshMode::describe_first());
        assert!(freshness.check().is_ok());
        for (unverified, may) in [(240, true), (600, true), (601, false)] {
            assert_eq!(freshness.may_describe(unverified * SECOND), may);
        }
        let outlasting = freshness.with_stale_on_outage(Duration::from_secs(300));
        assert!(outlasting.may_describe(300 * SECOND));
        assert!(!outlasting.may_describe(301 * SECOND));
        assert!(!Freshness::new().may_describe(0));
    }
}
