//! When Secrets Manager is asked again when it will rotate a secret.

use crate::clock::{Moment, nanos};
use std::time::{Duration, SystemTime};

/// When a secret is described next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    from: Moment,
    pause: u64,
    /// How often in a row it was told nothing that helps.
    vain: u32,
}

/// What a description came to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    /// It is to be rotated by this date.
    By(SystemTime),
    /// It is not to be rotated.
    Never,
    Denied,
    Nothing,
}

/// Never later: a rotation may be moved forward at any time, or set up.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// After a rotation that is late, and after a failure; twice as long each time, up to the second.
const SHORT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(3_600);
/// How long after the date at least, and how much longer at most, so that not all processes ask at once.
const AFTERWARDS: Duration = Duration::from_secs(1);
const SPREAD: Duration = Duration::from_secs(30);

impl Schedule {
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.left(now) == 0
    }

    /// How long it is not due yet, in nanoseconds.
    pub(super) fn left(&self, now: Moment) -> u64 {
        self.pause.saturating_sub(now.since(self.from))
    }

    /// What comes after a description at `now`, and those `before`; `jitter` is from 0 to 1.
    pub(super) fn after(before: Option<Self>, now: Moment, told: Told, jitter: f64) -> Self {
        let vain = before.map_or(0, |before| before.vain);
        let again = || {
            let pause = SHORT.saturating_mul(1 << vain.min(16)).min(LONG);
            (pause.mul_f64(1.0 + jitter / 2.0), vain.saturating_add(1))
        };
        let (pause, vain) = match told {
            Told::By(date) => {
                let date = date.duration_since(SystemTime::UNIX_EPOCH);
                let left = nanos(date.unwrap_or_default()).checked_sub(now.wall);
                match left {
                    Some(left) => {
                        let spread = AFTERWARDS + SPREAD.mul_f64(jitter);
                        (
                            Duration::from_nanos(left)
                                .saturating_add(spread)
                                .min(LONGEST),
                            0,
                        )
                    }
                    // Late: under way, or failing and tried again.
                    None => again(),
                }
            }
            Told::Never | Told::Denied => (LONGEST, 0),
            Told::Nothing => again(),
        };
        Self {
            from: now,
            pause: nanos(pause),
            vain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: u64) -> Moment {
        Moment {
            steady: seconds * SECOND,
            wall: (1_000_000 + seconds) * SECOND,
        }
    }

    fn by(seconds: u64) -> Told {
        Told::By(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds))
    }

    fn pauses(told: Told, jitter: f64) -> Vec<u64> {
        let mut schedule = None;
        let pause = |_| {
            let next = Schedule::after(schedule, at(100), told, jitter);
            schedule = Some(next);
            next.pause / SECOND
        };
        (0..8).map(pause).collect()
    }

    #[test]
    fn it_is_asked_just_after_the_date_and_at_least_every_six_hours() {
        assert_eq!(pauses(by(400), 0.0)[0], 301);
        assert_eq!(pauses(by(400), 1.0)[0], 331);
        for told in [by(1_000_000), Told::Never, Told::Denied] {
            assert_eq!(pauses(told, 0.0), [21_600; 8], "{told:?}");
        }
    }

    #[test]
    fn what_is_late_is_asked_for_less_and_less_often() {
        let pauses_of_minutes = [60, 120, 240, 480, 960, 1_920, 3_600, 3_600];
        assert_eq!(pauses(by(50), 0.0), pauses_of_minutes);
        assert_eq!(pauses(Told::Nothing, 0.0), pauses_of_minutes);
    }

    #[test]
    fn it_is_due_by_whichever_clock_says_so_first() {
        let schedule = Schedule::after(None, at(100), by(400), 0.0);
        assert!(!schedule.is_due(at(400)));
        assert!(schedule.is_due(at(401)));
        // The machine was suspended.
        let woken = Moment {
            steady: 100 * SECOND,
            ..at(401)
        };
        assert!(schedule.is_due(woken));
        assert_eq!(schedule.left(at(400)), SECOND);
    }
}
