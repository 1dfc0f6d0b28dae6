use super::{Limits, Usage};
use leeward_resilience::{Ratio, Timestamp};
use std::time::Duration;

/// By what part of its share an entry may be renewed earlier, so that entries of one moment are not renewed in one moment.
const JITTER: f64 = 0.05;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// At which share an entry is renewed that another cache has fetched, which renews its own at `share`.
///
/// Halfway to the end: by then that cache writes under the next data key, so that whoever asks for this one reads what is
/// kept for longer. At `share` itself messages on their way from the one to the other would have it fetched.
pub(super) fn after_sibling(share: Ratio) -> Ratio {
    const WHOLE: u32 = 1_000_000;
    let share = share.millionths() as u32;
    Ratio::of((share + WHOLE) / 2, WHOLE)
}

/// Decides when one entry is to be renewed: at a share of any of its limits, and after failures with growing pauses.
#[derive(Debug)]
pub(super) struct Schedule {
    due: Timestamp,
    messages: u64,
    bytes: u64,
    not_before: Timestamp,
    failures: u32,
}

impl Schedule {
    /// Renews at `share` of `max_age` and of the limits, a little earlier as `random`, from 0 to 1, has it.
    pub(super) fn new(
        share: Ratio,
        max_age: Duration,
        limits: Option<&Limits>,
        made: Timestamp,
        random: f64,
    ) -> Self {
        let share = share.millionths() as f64 / 1e6 * (1.0 - JITTER * random);
        let of = |limit: u64| ((limit as f64 * share).ceil() as u64).max(1);
        Self {
            due: made
                + Duration::try_from_secs_f64(max_age.as_secs_f64() * share).unwrap_or(max_age),
            messages: limits.map_or(u64::MAX, |limits| of(limits.max_messages.get().into())),
            bytes: limits.map_or(u64::MAX, |limits| of(limits.max_bytes)),
            not_before: made,
            failures: 0,
        }
    }

    /// From when on it is to be renewed, as things stand.
    pub(super) fn due(&self, usage: &Usage) -> Timestamp {
        if u64::from(usage.messages()) >= self.messages || usage.bytes() >= self.bytes {
            self.not_before
        } else {
            self.due.max(self.not_before)
        }
    }

    /// Rests after a failure; twice as long as the last time, and up to as much again, as `random` has it.
    pub(super) fn failed(&mut self, now: Timestamp, random: f64) {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
        self.not_before = now + doubled.min(LONGEST_PAUSE).mul_f64(1.0 + random);
        self.failures += 1;
    }

    /// Whether it rests after a failure.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        self.failures > 0 && now < self.not_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn at(secs: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(secs))
    }

    fn limits(max_messages: u32, max_bytes: u64) -> Limits {
        Limits {
            max_messages: NonZeroU32::new(max_messages).unwrap(),
            max_bytes,
        }
    }

    fn schedule(limits: &Limits, random: f64) -> Schedule {
        let share = Ratio::percent(80);
        Schedule::new(share, Duration::from_secs(100), Some(limits), at(0), random)
    }

    #[test]
    fn is_due_at_the_share_of_whichever_limit_comes_first() {
        #[track_caller]
        fn check(max_messages: u32, max_bytes: u64, sizes: &[u64], due: u64) {
            let limits = limits(max_messages, max_bytes);
            let mut usage = Usage::default();
            for bytes in sizes {
                assert!(usage.take(&limits, *bytes));
            }
            assert_eq!(schedule(&limits, 0.0).due(&usage), at(due));
        }
        check(10, 1000, &[], 80);
        check(10, 1000, &[1; 7], 80);
        check(10, 1000, &[1; 8], 0);
        check(10, 1000, &[799], 80);
        check(10, 1000, &[800], 0);
        check(1, 1000, &[1], 0);
        check(10, 0, &[], 80);
    }

    #[test]
    fn what_a_sibling_renews_first_is_renewed_halfway_to_the_end() {
        for (share, later) in [(80, 90), (50, 75), (100, 100)] {
            assert_eq!(after_sibling(Ratio::percent(share)), Ratio::percent(later));
        }
    }

    #[test]
    fn a_little_chance_makes_it_earlier() {
        let limits = limits(100, 1000);
        let mut usage = Usage::default();
        assert_eq!(schedule(&limits, 1.0).due(&usage), at(76));
        for _ in 0..76 {
            assert!(usage.take(&limits, 0));
        }
        assert_eq!(schedule(&limits, 0.0).due(&usage), at(80));
        assert_eq!(schedule(&limits, 1.0).due(&usage), at(0));
    }

    #[test]
    fn pauses_grow_with_the_failures_up_to_half_a_minute() {
        let mut schedule = schedule(&limits(100, 1000), 0.0);
        let none = Usage::default();
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            schedule.failed(at(90), 0.0);
            assert_eq!(schedule.due(&none), at(90 + pause));
            assert!(schedule.rests(at(90 + pause - 1)) && !schedule.rests(at(90 + pause)));
        }
        schedule.failed(at(90), 1.0);
        assert_eq!(schedule.due(&none), at(150));
    }
}
