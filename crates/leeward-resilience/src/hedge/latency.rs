use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{
    histogram::Histogram,
    policy::{After, HedgePolicy},
};
use crate::{Ratio, Timestamp};

/// What a layer has learned of how long its calls take, and what follows from it.
#[derive(Debug)]
pub(super) struct Latency {
    histogram: Histogram,
    // Worked out now and then, so that a call reads one word; in nanoseconds, and no time at all if nothing is known yet.
    delay: AtomicU64,
    usual: AtomicU64,
}

const UNKNOWN: u64 = u64::MAX;

/// Few calls change a young quantile much, many an old one little.
const fn is_worth_a_look(recorded: u64) -> bool {
    recorded <= 64 || recorded.is_multiple_of(32)
}

impl Latency {
    pub(super) fn new() -> Self {
        Self {
            histogram: Histogram::new(),
            delay: AtomicU64::new(UNKNOWN),
            usual: AtomicU64::new(UNKNOWN),
        }
    }

    /// How long a call is left unanswered before it is hedged; `None` while too little is known.
    pub(super) fn delay(&self, policy: &HedgePolicy) -> Option<Duration> {
        let delay = match policy.after {
            After::Fixed(delay) => delay,
            After::Percentile(_) | After::Multiple(_) => known(&self.delay)?,
        };
        Some(delay.max(policy.min_delay))
    }

    /// How long half of the calls take at most; `None` while too little is known.
    pub(super) fn usual(&self) -> Option<Duration> {
        known(&self.usual)
    }

    /// Learns how long a call took that succeeded at its first sending.
    pub(super) fn succeeded(&self, policy: &HedgePolicy, latency: Duration) {
        let recorded = self.histogram.record(latency);
        if is_worth_a_look(recorded) {
            self.look(policy);
        }
    }

    /// Learns that a call was not answered within `delay`, after which a hedge won.
    ///
    /// Left out, the slowest calls would go missing and the percentile would sink, call by call. Counted with the time that
    /// the hedge took on top, it would rise without end when a service goes silent. Counted as the delay itself, it stays
    /// where it is. A multiple of the median needs neither: the median hardly feels the few that are missing.
    pub(super) fn lost_to_a_hedge(&self, policy: &HedgePolicy, delay: Duration) {
        if matches!(policy.after, After::Percentile(_)) {
            self.succeeded(policy, delay.saturating_sub(Duration::from_nanos(1)));
        }
    }

    fn look(&self, policy: &HedgePolicy) {
        let quantile = |share| self.histogram.quantile(share, policy.min_calls);
        let usual = quantile(Ratio::percent(50));
        let delay = match policy.after {
            After::Percentile(percentile) => quantile(percentile),
            After::Multiple(factor) => usual.map(|usual| usual.saturating_mul(factor)),
            After::Fixed(_) => None,
        };
        self.usual.store(word(usual), Ordering::Relaxed);
        self.delay.store(word(delay), Ordering::Relaxed);
    }
}

fn known(word: &AtomicU64) -> Option<Duration> {
    match word.load(Ordering::Relaxed) {
        UNKNOWN => None,
        nanos => Some(Duration::from_nanos(nanos)),
    }
}

fn word(duration: Option<Duration>) -> u64 {
    duration.map_or(UNKNOWN, |duration| Timestamp::new(duration).nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn p95() -> HedgePolicy {
        HedgePolicy::default()
    }

    /// The delay after these calls, in ms.
    #[track_caller]
    fn check(policy: HedgePolicy, millis: &[u32], expected: Option<u128>) {
        let latency = Latency::new();
        for millis in millis {
            latency.succeeded(&policy, MILLISECOND * *millis);
        }
        let delay = latency.delay(&policy);
        assert_eq!(delay.map(|delay| delay.as_millis()), expected);
    }

    #[test]
    fn hedges_after_what_it_has_learned() {
        let steady = [10; 100];
        let mut mixed = [10; 100];
        mixed[..10].fill(500);
        // A bucket's upper end: within a quarter above the truth.
        check(p95(), &steady, Some(10));
        check(p95(), &mixed, Some(524));
        check(HedgePolicy::after_multiple(3), &mixed, Some(30));
        check(HedgePolicy::after(MILLISECOND * 7), &mixed, Some(7));
        check(HedgePolicy::after(MILLISECOND * 7), &[], Some(7));
        check(p95(), &[0; 100], Some(1));
        check(p95().with_min_delay(MILLISECOND * 40), &steady, Some(40));
        check(p95(), &[10; 19], None);
        check(p95(), &[10; 20], Some(10));
        check(p95().with_min_calls(101), &steady, None);
    }

    #[test]
    fn silence_neither_raises_the_delay_nor_lets_it_sink() {
        for policy in [p95(), HedgePolicy::after_multiple(3)] {
            let latency = Latency::new();
            for _ in 0..100 {
                latency.succeeded(&policy, 20 * MILLISECOND);
            }
            let before = latency.delay(&policy).unwrap();
            for _ in 0..100_000 {
                let delay = latency.delay(&policy).unwrap();
                latency.lost_to_a_hedge(&policy, delay);
            }
            assert_eq!(latency.delay(&policy).unwrap(), before, "{policy:?}");
        }
    }

    #[test]
    fn hedges_that_win_do_not_make_more_hedges() {
        let policy = p95();
        let latency = Latency::new();
        let mut random = fastrand::Rng::with_seed(42);
        let mut hedged = 0;
        for call in 0..200_000 {
            // Of a hundred, ninety-four take 10 ms and the others up to a second.
            let slow = random.u32(0..100) >= 94;
            let millis = if slow { random.u32(20..1_000) } else { 10 };
            let taken = MILLISECOND * millis;
            match latency.delay(&policy) {
                Some(delay) if taken > delay => {
                    hedged += u32::from(call >= 100_000);
                    if taken > delay + 10 * MILLISECOND {
                        latency.lost_to_a_hedge(&policy, delay);
                    } else {
                        latency.succeeded(&policy, taken);
                    }
                }
                _ => latency.succeeded(&policy, taken),
            }
        }
        assert!((2_000..=7_000).contains(&hedged), "{hedged} of 100,000");
    }
}
