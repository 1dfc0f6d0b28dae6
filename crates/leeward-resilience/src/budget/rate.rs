use std::time::Duration;

use super::atomic::{AtomicU64, Ordering};
use crate::{Ratio, Timestamp};

/// Counts calls, and says how many tokens are kept at most: as many as calls are made in a given time.
///
/// Looking at the clock would cost more than all the rest of a deposit, so calls come in batches.
#[derive(Debug)]
// In cache lines of its own: deposits read what stands beside it.
#[repr(align(128))]
pub(super) struct Rate {
    calls: AtomicU64,
    since: AtomicU64,
    // In millionths of a token; without bound until the rate is known.
    cap: AtomicU64,
    cap_time: Duration,
}

/// How long the calls are counted before they make a rate.
const SAMPLE: Duration = Duration::from_secs(1);

/// How long a higher rate is remembered: callers that all wait for a silent service make fewer calls, and must not lose
/// their tokens for it.
const MEMORY: Duration = Duration::from_secs(8);

impl Rate {
    pub(super) fn new(cap_time: Duration, now: Timestamp) -> Self {
        Self {
            calls: AtomicU64::new(0),
            since: AtomicU64::new(now.nanos()),
            cap: AtomicU64::new(u64::MAX),
            cap_time,
        }
    }

    /// Counts calls.
    pub(super) fn count(&self, calls: u64) {
        if calls > 0 {
            self.calls.fetch_add(calls, Ordering::Relaxed);
        }
    }

    /// Whether the calls were counted for long enough to make a rate.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.elapsed(now).1 >= SAMPLE
    }

    /// Works the rate out, if it was counted for long enough. Of several threads one does.
    pub(super) fn observe(&self, now: Timestamp) {
        let (since, elapsed) = self.elapsed(now);
        if elapsed < SAMPLE {
            return;
        }
        let claim =
            self.since
                .compare_exchange(since, now.nanos(), Ordering::Relaxed, Ordering::Relaxed);
        if claim.is_ok() {
            let calls = self.calls.swap(0, Ordering::Relaxed);
            let cap = follow(
                self.cap.load(Ordering::Relaxed),
                tokens(calls, self.cap_time, elapsed),
                elapsed,
            );
            self.cap.store(cap, Ordering::Relaxed);
        }
    }

    pub(super) fn cap(&self) -> u64 {
        self.cap.load(Ordering::Relaxed)
    }

    /// Since when the calls are counted, and for how long.
    fn elapsed(&self, now: Timestamp) -> (u64, Duration) {
        let since = self.since.load(Ordering::Relaxed);
        let elapsed = now.nanos().saturating_sub(since);
        (since, Duration::from_nanos(elapsed))
    }
}

/// As many tokens as calls are made in `cap_time`, in millionths; one at least, or a quiet process could save up none.
fn tokens(calls: u64, cap_time: Duration, elapsed: Duration) -> u64 {
    let parts = u128::from(calls) * u128::from(Ratio::WHOLE);
    let millionths = parts.saturating_mul(cap_time.as_nanos()) / elapsed.as_nanos();
    u64::try_from(millionths)
        .unwrap_or(u64::MAX)
        .max(Ratio::WHOLE)
}

/// Goes up at once and down in proportion to the time that has passed.
fn follow(cap: u64, sample: u64, elapsed: Duration) -> u64 {
    if cap == u64::MAX || cap <= sample {
        return sample;
    }
    let kept = MEMORY.saturating_sub(elapsed);
    let excess = u128::from(cap - sample) * kept.as_nanos() / MEMORY.as_nanos();
    sample + u64::try_from(excess).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(millis))
    }

    /// The cap in whole tokens after each second, when so many calls are made in it.
    #[track_caller]
    fn check(calls: &[u64], caps: &[u64]) {
        let rate = Rate::new(Duration::from_secs(2), at(5_000));
        let mut seen = Vec::new();
        for (second, calls) in calls.iter().enumerate() {
            rate.count(*calls);
            rate.observe(at(6_000 + 1_000 * second as u64));
            seen.push(rate.cap() / Ratio::WHOLE);
        }
        assert_eq!(seen, caps);
    }

    #[test]
    fn keeps_two_seconds_of_the_traffic() {
        check(&[100, 100], &[200, 200]);
        check(&[3], &[6]);
        check(&[0], &[1]);
    }

    #[test]
    fn follows_a_rise_at_once_and_a_fall_slowly() {
        check(&[100, 1_000, 100, 100], &[200, 2_000, 1_775, 1_578]);
    }

    #[test]
    fn has_forgotten_the_rush_after_a_quiet_hour() {
        let rate = Rate::new(Duration::from_secs(2), at(0));
        rate.count(1_000);
        rate.observe(at(1_000));
        assert_eq!(rate.cap(), 2_000 * Ratio::WHOLE);
        rate.observe(at(3_600_000));
        assert_eq!(rate.cap(), Ratio::WHOLE);
    }

    #[test]
    fn a_moment_is_too_short_to_tell_a_rate() {
        let rate = Rate::new(Duration::from_secs(2), at(0));
        rate.count(1_000);
        rate.observe(at(999));
        assert_eq!(rate.cap(), u64::MAX);
    }
}
