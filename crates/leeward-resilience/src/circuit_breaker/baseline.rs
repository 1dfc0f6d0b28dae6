use std::time::Duration;

/// How many latencies make a block, whose median moves the baseline: odd, so that one of them is the median.
const BLOCK: usize = 15;

/// The latencies of a block are kept without so many bits of their nanoseconds.
const UNIT: u32 = 6;

/// Which part of the way to a block's median the baseline goes.
const GAIN: i128 = 8;

/// Which part of itself a slow probe adds to the baseline.
const STRETCH: u64 = 32;

/// Below this nothing is slow: a busy scheduler adds as much to any call.
const MIN_SLOW: u64 = 10_000_000;

/// The normal latency of a service, learnt from its successes while it is well.
///
/// The first fifteen are taken as they come. From then on the circuit offers one in each step of its window, so that a
/// block lasts one and a half windows whatever the traffic, and a change of the latency is taken for normal in some twelve.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    factor: u32,
    // In units of 64 ns, so that a latency takes half a word; 275 s at most.
    block: [u32; BLOCK],
    filled: usize,
    normal: Option<u64>,
}

impl Baseline {
    pub(super) const fn new(factor: u32) -> Self {
        Self {
            factor,
            block: [0; BLOCK],
            filled: 0,
            normal: None,
        }
    }

    /// Whether it takes a latency for normal yet.
    pub(super) const fn is_learnt(&self) -> bool {
        self.normal.is_some()
    }

    /// The normal latency.
    pub(super) fn normal(&self) -> Option<Duration> {
        self.normal.map(Duration::from_nanos)
    }

    /// From what age on, in nanoseconds, a call is slow.
    pub(super) fn slow_age(&self) -> Option<u64> {
        let normal = self.normal?;
        Some(normal.saturating_mul(u64::from(self.factor)).max(MIN_SLOW))
    }

    /// Learns from the latency of a success that was not slow.
    pub(super) fn learn(&mut self, latency: Duration) {
        self.block[self.filled] = u32::try_from(latency.as_nanos() >> UNIT).unwrap_or(u32::MAX);
        self.filled += 1;
        if self.filled < BLOCK {
            return;
        }
        self.filled = 0;
        let (_, median, _) = self.block.select_nth_unstable(BLOCK / 2);
        let median = i128::from(*median) << UNIT;
        let normal = self.normal.map_or(median, |normal| {
            let normal = i128::from(normal);
            normal + (median - normal) / GAIN
        });
        self.normal = Some(u64::try_from(normal).unwrap_or(u64::MAX));
    }

    /// Gives in a little: the service answers a probe after a rest, and slowly.
    ///
    /// What stays slow is the new normal in the end. A service that is ten times as slow for good, at a factor of five, is
    /// taken back after 23 probes, one that is a hundred times as slow after 98.
    pub(super) fn stretch(&mut self) {
        if let Some(normal) = &mut self.normal {
            let floor = MIN_SLOW / u64::from(self.factor.max(1));
            *normal = (*normal).max(floor);
            *normal = normal.saturating_add(*normal / STRETCH);
        }
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    fn learnt(latencies: impl IntoIterator<Item = u64>) -> Baseline {
        let mut baseline = Baseline::new(5);
        for millis in latencies {
            baseline.learn(Duration::from_millis(millis));
        }
        baseline
    }

    fn slow_millis(baseline: &Baseline) -> Option<u64> {
        baseline.slow_age().map(|nanos| nanos / 1_000_000)
    }

    #[test]
    fn fifteen_successes_say_what_is_normal() {
        assert_eq!(slow_millis(&learnt([20; 14])), None);
        assert_eq!(slow_millis(&learnt([20; 15])), Some(100));
        // Outliers do not count, however far out.
        let outliers = [20; 8].into_iter().chain([9_000; 7]);
        assert_eq!(slow_millis(&learnt(outliers)), Some(100));
    }

    #[test]
    fn nothing_that_a_scheduler_does_is_slow() {
        assert_eq!(slow_millis(&learnt([0; 15])), Some(10));
    }

    #[test]
    fn a_new_normal_is_learnt_slowly() {
        let shifted = |blocks: usize| {
            let latencies = [20; BLOCK]
                .into_iter()
                .chain((0..blocks).flat_map(|_| [60; BLOCK]));
            learnt(latencies).normal().unwrap().as_millis()
        };
        assert_eq!(shifted(1), 25);
        assert!((40..50).contains(&shifted(6)), "{}", shifted(6));
        assert!((55..=60).contains(&shifted(20)), "{}", shifted(20));
    }

    #[test]
    fn what_stays_slow_is_normal_in_the_end() {
        for (times, expected) in [(10, 23), (100, 98)] {
            let mut baseline = learnt([20; BLOCK]);
            let probes = (0..)
                .take_while(|_| {
                    let slow = baseline.slow_age() <= Some(20_000_000 * times);
                    baseline.stretch();
                    slow
                })
                .count();
            assert_eq!(probes, expected, "{times} times as slow");
        }
        // From nothing too, which no share could lift.
        let mut baseline = learnt([0; BLOCK]);
        (0..200).for_each(|_| baseline.stretch());
        assert!(baseline.slow_age() > Some(1_000_000_000));
    }

    #[test]
    fn no_latency_is_too_long_for_it() {
        let mut baseline = Baseline::new(u32::MAX);
        (0..100).for_each(|_| baseline.learn(Duration::MAX));
        baseline.stretch();
        assert_eq!(baseline.slow_age(), Some(u64::MAX));
    }
}
