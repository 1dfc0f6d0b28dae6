use leeward_resilience::{Clock, Timestamp};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// One moment on two clocks, in nanoseconds: one that never goes back, and one that goes on while the machine sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) steady: u64,
    /// Since the Unix epoch.
    pub(crate) wall: u64,
}

/// A time that two moments may be apart, in nanoseconds; the longest there is stands for what is longer still.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What is set to take longer takes this long, so that whatever is counted from now on comes to a moment that there is.
const AS_GOOD_AS_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The time that was set, or a hundred years if it is longer.
pub(crate) const fn bounded(time: Duration) -> Duration {
    if time.as_nanos() > AS_GOOD_AS_EVER.as_nanos() {
        AS_GOOD_AS_EVER
    } else {
        time
    }
}

impl Moment {
    fn new(steady: Duration, date: SystemTime) -> Self {
        let wall = date.duration_since(SystemTime::UNIX_EPOCH);
        Self {
            steady: nanos(steady),
            wall: nanos(wall.unwrap_or_default()),
        }
    }

    /// How long after `earlier` this is, by the clock that says longer.
    ///
    /// The steady clock stands still while a machine is suspended and in a snapshot; the wall clock jumps when it wakes up.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> u64 {
        let steady = self.steady.saturating_sub(earlier.steady);
        steady.max(self.wall.saturating_sub(earlier.wall))
    }

    /// How long before `later` this is, by the clock that says shorter.
    pub(crate) fn until(self, later: Self) -> u64 {
        let steady = later.steady.saturating_sub(self.steady);
        steady.min(later.wall.saturating_sub(self.wall))
    }

    /// So many nanoseconds later, on both clocks.
    pub(crate) const fn after(self, nanos: u64) -> Self {
        Self {
            steady: self.steady.saturating_add(nanos),
            wall: self.wall.saturating_add(nanos),
        }
    }

    /// Whether the machine slept since `earlier`, suspended or frozen, or its wall clock was set forward: what was under way then is
    /// hardly under way any more, and what was to be done meanwhile was not.
    pub(crate) const fn was_asleep_since(self, earlier: Self) -> bool {
        let wall = self.wall.saturating_add(earlier.steady);
        wall > self
            .steady
            .saturating_add(earlier.wall)
            .saturating_add(TOLERANCE)
    }

    /// Whether the wall clock was set back since `earlier`, so that it no longer tells how long that is ago.
    pub(crate) fn was_set_back_since(self, earlier: Self) -> bool {
        earlier.wall.saturating_sub(self.wall) > TOLERANCE
    }
}

/// What a wall clock may be corrected by without saying anything about its past.
const TOLERANCE: u64 = 5 * SECOND;

const SECOND: u64 = 1_000_000_000;

/// Where a cache reads the time.
#[derive(Clone)]
pub(crate) enum Clocks {
    /// The system's, as of its last tick: some milliseconds old, and four times as fast to read as the exact ones.
    Coarse,
    Given(Arc<dyn Fn() -> Moment + Send + Sync>),
}

impl Clocks {
    pub(crate) fn given(clock: impl Clock) -> Self {
        Self::Given(Arc::new(move || {
            let steady = clock.now().since(Timestamp::default());
            Moment::new(steady, clock.date())
        }))
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::Coarse => coarse::now(),
            Self::Given(clock) => clock(),
        }
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coarse => "Coarse",
            Self::Given(_) => "Given",
        })
    }
}

#[cfg(target_os = "linux")]
mod coarse {
    use super::{Moment, SECOND};
    use rustix::time::{ClockId, clock_gettime};

    #[inline]
    pub(super) fn now() -> Moment {
        Moment {
            steady: read(ClockId::MonotonicCoarse),
            wall: read(ClockId::RealtimeCoarse),
        }
    }

    #[inline]
    fn read(clock: ClockId) -> u64 {
        let time = clock_gettime(clock);
        // Neither is negative: nobody sets a clock to before 1970.
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        seconds
            .wrapping_mul(SECOND)
            .wrapping_add(time.tv_nsec.unsigned_abs())
    }
}

#[cfg(not(target_os = "linux"))]
mod coarse {
    use super::Moment;
    use std::{
        sync::OnceLock,
        time::{Instant, SystemTime},
    };

    #[allow(
        clippy::disallowed_methods,
        reason = "the one place, which a test replaces"
    )]
    pub(super) fn now() -> Moment {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let steady = ORIGIN.get_or_init(Instant::now).elapsed();
        Moment::new(steady, SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steady: u64, wall: u64) -> Moment {
        Moment {
            steady: steady * SECOND,
            wall: (1_000_000 + wall) * SECOND,
        }
    }

    #[test]
    fn the_clock_that_says_longer_is_believed() {
        for (now, age) in [
            (at(110, 10), 10),
            // Suspended, or thawed from a snapshot.
            (at(100, 700), 700),
            // The wall clock was set back.
            (at(160, 0), 60),
        ] {
            assert_eq!(now.since(at(100, 0)), age * SECOND, "{now:?}");
        }
    }

    #[test]
    fn what_lasts_is_over_by_the_clock_that_says_so_first() {
        let end = at(100, 0).after(30 * SECOND);
        for (now, left) in [
            (at(100, 0), 30),
            (at(110, 10), 20),
            (at(130, 30), 0),
            (at(100, 20), 10),
            (at(100, 700), 0),
            // The wall clock was set back.
            (at(120, 0), 10),
        ] {
            assert_eq!(now.until(end), left * SECOND, "{now:?}");
        }
        assert_eq!(
            at(100, 0).until(at(100, 0).after(u64::MAX)),
            u64::MAX - at(100, 0).wall
        );
    }

    #[test]
    fn a_machine_slept_if_the_wall_clock_went_on_alone() {
        for (now, was_asleep) in [
            (at(100, 0), false),
            (at(700, 600), false),
            (at(100, 5), false),
            (at(100, 6), true),
            (at(700, 606), true),
            (at(700, 0), false),
        ] {
            assert_eq!(now.was_asleep_since(at(100, 0)), was_asleep, "{now:?}");
        }
    }

    #[test]
    fn a_wall_clock_that_is_corrected_was_not_set_back() {
        assert!(!at(100, 50).was_set_back_since(at(100, 55)));
        assert!(at(100, 50).was_set_back_since(at(100, 56)));
        assert!(!at(100, 56).was_set_back_since(at(100, 50)));
    }

    #[test]
    fn the_clocks_of_the_system_move_forward() {
        let before = Clocks::Coarse.now();
        let after = Clocks::Coarse.now();
        assert!(after.steady >= before.steady);
        assert!(after.wall > 1_700_000_000 * SECOND);
    }
}
