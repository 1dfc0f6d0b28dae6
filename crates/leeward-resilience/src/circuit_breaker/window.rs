use std::time::Duration;

use crate::{Ratio, Timestamp};

const BUCKETS: usize = 10;

/// Counts the outcomes of the last ten steps of time, in constant time and space.
#[derive(Debug)]
pub(super) struct Window {
    step: u64,
    // The number of the newest step; its bucket is `newest % BUCKETS`.
    newest: u64,
    buckets: [Tally; BUCKETS],
    total: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    calls: u64,
    failures: u64,
}

impl Window {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            step: (Timestamp::new(window).nanos() / BUCKETS as u64).max(1),
            newest: 0,
            buckets: [Tally::default(); BUCKETS],
            total: Tally::default(),
        }
    }

    /// Counts one outcome. One that comes late, in the eyes of the clock, counts for the newest step.
    pub(super) fn record(&mut self, failed: bool, now: Timestamp) {
        self.slide(now);
        let newest = &mut self.buckets[(self.newest % BUCKETS as u64) as usize];
        for tally in [newest, &mut self.total] {
            tally.calls += 1;
            tally.failures += u64::from(failed);
        }
    }

    /// Whether at least `rate` of at least `min_calls` outcomes were failures.
    pub(super) fn exceeds(&self, rate: Ratio, min_calls: u32) -> bool {
        let Tally { calls, failures } = self.total;
        calls >= u64::from(min_calls)
            && u128::from(failures) * u128::from(Ratio::WHOLE)
                >= u128::from(calls) * u128::from(rate.millionths())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.buckets = [Tally::default(); BUCKETS];
        self.total = Tally::default();
    }

    fn slide(&mut self, now: Timestamp) {
        let newest = now.nanos() / self.step;
        let passed = newest.saturating_sub(self.newest);
        for step in 1..=passed.min(BUCKETS as u64) {
            let expired = &mut self.buckets[((self.newest + step) % BUCKETS as u64) as usize];
            self.total.calls -= expired.calls;
            self.total.failures -= expired.failures;
            *expired = Tally::default();
        }
        self.newest += passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::RngSeed};

    fn at(millis: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(millis))
    }

    #[test]
    fn old_outcomes_leave() {
        let mut window = Window::new(Duration::from_secs(10));
        for _ in 0..100_000 {
            window.record(false, at(500));
        }
        // The hundred thousand successes are as good as forgotten eleven seconds later.
        for _ in 0..20 {
            window.record(true, at(11_500));
        }
        assert!(window.exceeds(Ratio::percent(100), 20));
        assert!(!window.exceeds(Ratio::percent(100), 21));
    }

    #[test]
    fn a_long_silence_empties_it() {
        let mut window = Window::new(Duration::from_secs(10));
        (0..9).for_each(|second| window.record(true, at(second * 1_000)));
        window.record(false, at(u64::MAX / 2_000_000));
        assert!(!window.exceeds(Ratio::percent(1), 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        /// The reference keeps every outcome with its step and counts those of the last ten.
        #[test]
        fn counts_as_a_full_log_does(
            events in prop::collection::vec((0_u64..4_000, any::<bool>()), 1..200),
            percent in 0_u32..=100,
            min_calls in 1_u32..30,
        ) {
            let mut window = Window::new(Duration::from_secs(10));
            let mut log: Vec<(u64, bool)> = Vec::new();
            let mut now = 0;
            for (pause, failed) in events {
                now += pause;
                window.record(failed, at(now));
                log.push((now / 1_000, failed));
                let recent = log.iter().filter(|(step, _)| step + 10 > now / 1_000);
                let calls = recent.clone().count() as u64;
                let failures = recent.filter(|(_, failed)| *failed).count() as u64;
                let expected = calls >= u64::from(min_calls)
                    && failures * 100 >= calls * u64::from(percent);
                prop_assert_eq!(window.exceeds(Ratio::percent(percent), min_calls), expected);
            }
        }
    }
}
