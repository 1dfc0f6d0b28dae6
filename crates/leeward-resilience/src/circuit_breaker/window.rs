use crate::Ratio;

/// How many steps a window has.
#[cfg(not(leeward_loom))]
pub(super) const BUCKETS: u64 = 10;
#[cfg(leeward_loom)]
pub(super) const BUCKETS: u64 = 2;

/// Counts the outcomes of the last steps of time, in constant time and space.
#[derive(Debug, Default)]
pub(super) struct Window {
    // The newest step; its bucket is the remainder by `BUCKETS`.
    newest: u64,
    buckets: [Bucket; BUCKETS as usize],
    total: Tally,
}

/// What ended in one step; in half the space of a tally, as there are many buckets.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    calls: u32,
    failures: u32,
    slow: u32,
}

/// How many calls there were, and how many of them failed or were slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
}

impl Tally {
    /// Whether at least `rate` of at least `min_calls` calls failed.
    pub(super) fn fails(&self, rate: Ratio, min_calls: u32) -> bool {
        is_share(self.failures, self.calls, rate, min_calls)
    }

    /// Whether at least `rate` of at least `min_calls` calls were slow.
    pub(super) fn lags(&self, rate: Ratio, min_calls: u32) -> bool {
        is_share(self.slow, self.calls, rate, min_calls)
    }
}

fn is_share(part: u64, calls: u64, rate: Ratio, min_calls: u32) -> bool {
    min_calls > 0
        && calls >= u64::from(min_calls)
        && u128::from(part) * u128::from(Ratio::WHOLE)
            >= u128::from(calls) * u128::from(rate.millionths())
}

impl Window {
    /// Moves on to `step`, unless the window is there or further.
    pub(super) fn slide(&mut self, step: u64) {
        let passed = step.saturating_sub(self.newest);
        for step in 1..=passed.min(BUCKETS) {
            let expired = &mut self.buckets[((self.newest + step) % BUCKETS) as usize];
            self.total.calls -= u64::from(expired.calls);
            self.total.failures -= u64::from(expired.failures);
            self.total.slow -= u64::from(expired.slow);
            *expired = Bucket::default();
        }
        self.newest += passed;
    }

    /// Counts one outcome in the newest step.
    pub(super) fn record(&mut self, failed: bool, slow: bool) {
        let newest = &mut self.buckets[(self.newest % BUCKETS) as usize];
        // Nothing counts four thousand million calls in a step, and what did would have made up its mind.
        if newest.calls == u32::MAX {
            return;
        }
        newest.calls += 1;
        newest.failures += u32::from(failed);
        newest.slow += u32::from(slow);
        self.total.calls += 1;
        self.total.failures += u64::from(failed);
        self.total.slow += u64::from(slow);
    }

    /// The outcomes of all its steps.
    pub(super) const fn total(&self) -> Tally {
        self.total
    }

    /// The first step that is not too old.
    pub(super) const fn oldest(&self) -> u64 {
        self.newest.saturating_sub(BUCKETS - 1)
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::RngSeed};

    #[test]
    fn p1_a_hundred_thousand_old_successes_weigh_nothing() {
        let mut window = Window::default();
        for _ in 0..100_000 {
            window.slide(100);
            window.record(false, false);
        }
        for _ in 0..20 {
            window.slide(110);
            window.record(true, false);
        }
        assert!(window.total().fails(Ratio::percent(100), 20));
        assert!(!window.total().fails(Ratio::percent(100), 21));
    }

    #[test]
    fn a_long_silence_empties_it() {
        let mut window = Window::default();
        for step in 11..20 {
            window.slide(step);
            window.record(true, true);
        }
        window.slide(u64::MAX / 2);
        window.record(false, false);
        assert_eq!(
            window.total(),
            Tally {
                calls: 1,
                ..Tally::default()
            }
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        /// The reference keeps every outcome with its step and counts those of the last ten.
        #[test]
        fn counts_as_a_full_log_does(
            events in prop::collection::vec((0_u64..4, any::<bool>(), any::<bool>()), 1..200),
            percent in 0_u32..=100,
            min_calls in 1_u32..30,
        ) {
            let mut window = Window::default();
            let mut log: Vec<(u64, bool, bool)> = Vec::new();
            let mut now = 20;
            for (pause, failed, slow) in events {
                now += pause;
                window.slide(now);
                window.record(failed, slow);
                log.push((now, failed, slow));
                let recent = log.iter().filter(|(step, ..)| step + BUCKETS > now);
                let calls = recent.clone().count() as u64;
                let share = |part: u64| {
                    calls >= u64::from(min_calls) && part * 100 >= calls * u64::from(percent)
                };
                let failures = recent.clone().filter(|(_, failed, _)| *failed).count() as u64;
                let slow = recent.filter(|(.., slow)| *slow).count() as u64;
                let total = window.total();
                prop_assert_eq!(total.fails(Ratio::percent(percent), min_calls), share(failures));
                prop_assert_eq!(total.lags(Ratio::percent(percent), min_calls), share(slow));
            }
        }
    }
}
