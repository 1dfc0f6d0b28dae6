use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// One moment on two clocks: one that tells the date, and one that never goes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) wall: SystemTime,
    pub(super) steady: Instant,
}

/// When credentials that were loaded are loaded anew, and when they are over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    loaded: Moment,
    expiry: Option<SystemTime>,
    due: Option<SystemTime>,
}

/// What is to be done when somebody asks for credentials that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Serve,
    /// Give them, and load new ones by the side.
    ServeAndRenew,
    /// They are over: there is nothing to give before new ones are there.
    Wait,
}

/// How long before their expiry credentials are loaded anew, at the latest.
///
/// As the AWS SDK for Java v2 prefetches (`prefetchTime`, five minutes); IAM has new ones ready on an EC2 instance that long
/// before the old ones expire ("Retrieve security credentials from instance metadata", EC2 User Guide).
const LEAD: Duration = Duration::from_secs(5 * 60);

/// No credentials are asked for more often than this because of their age alone.
const SOONEST: Duration = Duration::from_secs(1);

impl Validity {
    /// The validity of what was loaded at `loaded`.
    ///
    /// It is loaded anew five minutes before its expiry, or a tenth of its lifetime if that is longer; what lives for less than
    /// ten minutes, at half of its life. `jitter` from 0 to 1 spreads that over the first tenth of the time that is left then,
    /// so that what was loaded together is not loaded together again.
    pub(super) fn begin(loaded: Moment, expiry: Option<SystemTime>, jitter: f64) -> Self {
        let due = expiry.map(|expiry| {
            let lifetime = expiry.duration_since(loaded.wall).unwrap_or_default();
            let lead = LEAD.max(lifetime / 10).min(lifetime / 2);
            let lead = lead.mul_f64(1.0 - 0.1 * jitter.clamp(0.0, 1.0));
            let soonest = loaded.wall.checked_add(SOONEST).unwrap_or(expiry);
            expiry.checked_sub(lead).unwrap_or(expiry).max(soonest)
        });
        Self {
            loaded,
            expiry,
            due,
        }
    }

    pub(super) fn course(&self, now: Moment) -> Course {
        let now = self.date(now);
        if self.expiry.is_some_and(|expiry| now >= expiry) {
            Course::Wait
        } else if self.due.is_some_and(|due| now >= due) {
            Course::ServeAndRenew
        } else {
            Course::Serve
        }
    }

    /// How long it is until they are due; none if they never are.
    pub(super) fn until_due(&self, now: Moment) -> Option<Duration> {
        let due = self.due?.duration_since(self.date(now));
        Some(due.unwrap_or_default())
    }

    /// Puts the next load off, after one that failed: `failures` in a row, of which `jitter` from 0 to 1 makes a pause.
    pub(super) fn put_off(&mut self, now: Moment, failures: u32, jitter: f64) {
        let date = self.date(now);
        if let Some(expiry) = self.expiry {
            // There is always another try before they expire.
            let left = expiry.duration_since(date).unwrap_or_default();
            let pause = backoff(failures, Duration::from_secs(60), jitter).min(left / 2);
            self.due = date.checked_add(pause);
        }
    }

    pub(super) const fn expiry(&self) -> Option<SystemTime> {
        self.expiry
    }

    /// The date, by whichever clock says that it is later.
    ///
    /// A machine that was suspended woke up to a wall clock that has jumped while the steady one stood still. A wall clock that
    /// was set back would let credentials live longer than they do.
    fn date(&self, now: Moment) -> SystemTime {
        let passed = now.steady.saturating_duration_since(self.loaded.steady);
        let steady = self.loaded.wall.checked_add(passed);
        steady.map_or(now.wall, |steady| steady.max(now.wall))
    }
}

/// A pause with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog): up to 1 s after the first failure, twice
/// that after each further one, to `longest`; never less than 0.1 s.
pub(super) fn backoff(failures: u32, longest: Duration, jitter: f64) -> Duration {
    const LEAST: Duration = Duration::from_millis(100);
    let doubled = 1_u32 << failures.saturating_sub(1).min(16);
    let ceiling = Duration::from_secs(1).saturating_mul(doubled).min(longest);
    ceiling.mul_f64(jitter.clamp(0.0, 1.0)).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: u64) -> Duration {
        Duration::from_secs(at)
    }

    /// Both clocks, `wall` and `steady` seconds after the load.
    fn at(start: Instant, wall: i64, steady: u64) -> Moment {
        let wall = u64::try_from(1_000_000 + wall).unwrap();
        Moment {
            wall: SystemTime::UNIX_EPOCH + second(wall),
            steady: start + second(steady),
        }
    }

    /// What lives for `lifetime` seconds is due at `due`, without and with all of the jitter.
    #[track_caller]
    fn check(lifetime: i64, due: [u64; 2]) {
        use Course::{Serve, ServeAndRenew, Wait};
        let start = Instant::now();
        let loaded = at(start, 0, 0);
        let expiry = at(start, lifetime, 0).wall;
        for (jitter, due) in [0.0, 1.0].into_iter().zip(due) {
            let validity = Validity::begin(loaded, Some(expiry), jitter);
            let course = |seconds: u64| {
                let wall = i64::try_from(seconds).unwrap();
                validity.course(at(start, wall, seconds))
            };
            let lifetime = lifetime.unsigned_abs();
            assert_eq!(course(due - 1), Serve, "{lifetime} s, {jitter}");
            assert_eq!(course(due), ServeAndRenew, "{lifetime} s, {jitter}");
            assert_eq!(course(lifetime - 1), ServeAndRenew, "{lifetime} s");
            assert_eq!(course(lifetime), Wait, "{lifetime} s");
        }
    }

    #[test]
    fn is_due_five_minutes_before_its_expiry() {
        check(3_000, [2_700, 2_730]);
        check(900, [600, 630]);
    }

    #[test]
    fn a_long_life_is_due_a_tenth_before_its_end_and_a_short_one_half_way() {
        check(12 * 3_600, [12 * 3_240, 12 * 3_240 + 432]);
        check(600, [300, 330]);
        check(60, [30, 33]);
    }

    #[test]
    fn what_never_expires_is_never_due() {
        let start = Instant::now();
        let validity = Validity::begin(at(start, 0, 0), None, 0.5);
        assert_eq!(validity.course(at(start, 1 << 40, 0)), Course::Serve);
        assert_eq!(validity.until_due(at(start, 0, 0)), None);
    }

    #[test]
    fn the_later_of_two_clocks_is_believed() {
        let start = Instant::now();
        let expiry = at(start, 900, 0).wall;
        let validity = Validity::begin(at(start, 0, 0), Some(expiry), 0.0);
        for (wall, steady, course) in [
            (10, 10, Course::Serve),
            // Suspended: the steady clock stood still.
            (700, 10, Course::ServeAndRenew),
            (7_000, 10, Course::Wait),
            // Set back by an hour.
            (-3_600 + 500, 500, Course::Serve),
            (-3_600 + 700, 700, Course::ServeAndRenew),
            (-3_600 + 900, 900, Course::Wait),
        ] {
            assert_eq!(
                validity.course(at(start, wall, steady)),
                course,
                "{wall} {steady}"
            );
        }
    }

    #[test]
    fn a_failed_load_is_put_off_but_never_past_the_expiry() {
        let start = Instant::now();
        let mut validity = Validity::begin(at(start, 0, 0), Some(at(start, 600, 0).wall), 0.0);
        for (now, failures, pause) in [(300, 1, 1), (301, 2, 2), (303, 3, 4), (307, 9, 60)] {
            let now = at(start, i64::try_from(now).unwrap(), now);
            validity.put_off(now, failures, 1.0);
            assert_eq!(validity.until_due(now), Some(second(pause)));
        }
        let now = at(start, 590, 590);
        validity.put_off(now, 9, 1.0);
        assert_eq!(validity.until_due(now), Some(second(5)));
    }

    #[test]
    fn the_same_credentials_again_are_asked_for_ever_sooner_and_no_more_than_once_a_second() {
        let start = Instant::now();
        let expiry = Some(at(start, 600, 0).wall);
        let (mut now, mut loads) = (0_i64, 0);
        while now < 600 {
            let steady = now.unsigned_abs();
            let validity = Validity::begin(at(start, now, steady), expiry, 0.0);
            let pause = validity.until_due(at(start, now, steady)).unwrap();
            assert!(pause >= SOONEST, "{pause:?}");
            now += i64::try_from(pause.as_secs()).unwrap();
            loads += 1;
        }
        assert!(loads < 20, "{loads}");
    }

    #[test]
    fn a_pause_is_between_nothing_and_its_ceiling() {
        let longest = second(60);
        for (failures, ceiling) in [(1, 1), (2, 2), (6, 32), (7, 60), (u32::MAX, 60)] {
            assert_eq!(backoff(failures, longest, 1.0), second(ceiling));
            assert_eq!(backoff(failures, longest, 0.0), Duration::from_millis(100));
        }
    }
}
