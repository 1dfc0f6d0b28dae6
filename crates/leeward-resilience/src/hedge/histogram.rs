use std::time::Duration;

use super::atomic::{AtomicU16, AtomicU64, Ordering};
use crate::Ratio;

/// How long calls take: a histogram of fixed size that forgets, written by many threads without a lock.
///
/// Four buckets to each doubling, so a quantile is told to within a quarter; the first bucket ends at 128 µs and the last
/// begins at 107 s. Every so many calls all counts are halved: what was learned 4,096 calls ago weighs a sixteenth.
///
/// ```
/// use leeward_resilience::{Ratio, hedge::Histogram};
/// use std::time::Duration;
///
/// let histogram = Histogram::new();
/// (1..=100).for_each(|millis| _ = histogram.record(Duration::from_millis(millis)));
/// let median = histogram.quantile(Ratio::percent(50), 20).ok_or("fewer than 20")?;
/// assert!((50..=63).contains(&median.as_millis()));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct Histogram {
    // A count is halved before it can get near to what the word holds.
    buckets: [AtomicU16; BUCKETS],
    recorded: AtomicU64,
}

#[cfg(not(leeward_loom))]
const BUCKETS: usize = 80;
#[cfg(leeward_loom)]
const BUCKETS: usize = 2;

/// The upper end of the first bucket, as a power of two of microseconds.
const FIRST: u32 = 7;

/// How many calls there are between two halvings.
#[cfg(not(leeward_loom))]
const HALF_LIFE: u64 = 1_024;
#[cfg(leeward_loom)]
const HALF_LIFE: u64 = 2;

impl Histogram {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            buckets: std::array::from_fn(|_| AtomicU16::new(0)),
            recorded: AtomicU64::new(0),
        }
    }

    /// Learns how long a call took, and says how many were recorded in all.
    #[inline]
    pub fn record(&self, latency: Duration) -> u64 {
        self.buckets[bucket(latency)].fetch_add(1, Ordering::Relaxed);
        let recorded = self
            .recorded
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1);
        if recorded.is_multiple_of(HALF_LIFE) {
            self.halve();
        }
        recorded
    }

    /// How many calls were recorded in all, the forgotten ones too.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// The latency that this share of the calls does not exceed; `None` if fewer than `min_calls` are remembered.
    #[must_use]
    pub fn quantile(&self, share: Ratio, min_calls: u32) -> Option<Duration> {
        Self::quantile_over([self], share, min_calls)
    }

    /// As [`quantile`](Self::quantile), over the calls of several histograms: one for each thread, say.
    #[must_use]
    pub fn quantile_over<'a>(
        histograms: impl IntoIterator<Item = &'a Self>,
        share: Ratio,
        min_calls: u32,
    ) -> Option<Duration> {
        let mut counts = [0_u64; BUCKETS];
        for histogram in histograms {
            for (count, bucket) in counts.iter_mut().zip(&histogram.buckets) {
                *count += u64::from(bucket.load(Ordering::Relaxed));
            }
        }
        let total: u64 = counts.iter().sum();
        if total == 0 || total < u64::from(min_calls) {
            return None;
        }
        let rank = (total * share.millionths()).div_ceil(Ratio::WHOLE).max(1);
        let mut below = 0;
        for (at, count) in counts.iter().enumerate() {
            below += count;
            if below >= rank {
                return Some(upper_end(at));
            }
        }
        None
    }

    // In one exchange: between a look at a count and a subtraction from it, another thread may have halved it, too.
    #[cold]
    fn halve(&self) {
        for bucket in &self.buckets {
            let halved = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                Some(count / 2)
            });
            halved.expect("there is always a half");
        }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a latency belongs: by its highest bit and the two bits after it.
fn bucket(latency: Duration) -> usize {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    let Some(octave) = micros
        .checked_ilog2()
        .and_then(|log| log.checked_sub(FIRST))
    else {
        return 0;
    };
    let quarter = (micros >> (octave + FIRST - 2)) & 3;
    (1 + 4 * octave as usize + quarter as usize).min(BUCKETS - 1)
}

/// The latency that no call in this bucket reaches; that of the last bucket stands for all that is longer.
fn upper_end(bucket: usize) -> Duration {
    let steps = u32::try_from(bucket).expect("there are few buckets");
    let (octave, quarter) = (steps / 4, u64::from(steps % 4));
    Duration::from_micros((4 + quarter) << (octave + FIRST - 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn every_latency_lies_below_the_end_of_its_bucket_and_within_a_quarter() {
        for micros in (1..2_000_000_u64).step_by(97) {
            let latency = Duration::from_micros(micros);
            let end = upper_end(bucket(latency));
            assert!(latency < end, "{latency:?} {end:?}");
            assert!(
                micros < 128 || end <= latency * 5 / 4,
                "{latency:?} {end:?}"
            );
        }
        for (latency, at) in [
            (Duration::ZERO, 0),
            (Duration::from_micros(127), 0),
            (Duration::from_micros(128), 1),
            (Duration::from_micros(160), 2),
            (Duration::MAX, BUCKETS - 1),
        ] {
            assert_eq!(bucket(latency), at, "{latency:?}");
        }
    }

    #[track_caller]
    fn check(latencies: impl IntoIterator<Item = u32>, percent: u32, expected_millis: u32) {
        let histogram = Histogram::new();
        for millis in latencies {
            histogram.record(MILLISECOND * millis);
        }
        let quantile = histogram.quantile(Ratio::percent(percent), 1).unwrap();
        let expected = MILLISECOND * expected_millis;
        assert!(
            quantile >= expected && quantile <= expected * 5 / 4,
            "{quantile:?} for {expected:?}"
        );
    }

    #[test]
    fn tells_the_quantile_within_a_quarter() {
        check(1..=1_000, 50, 500);
        check(1..=1_000, 95, 950);
        check([7], 95, 7);
        check(
            (0..100).map(|call| if call < 96 { 10 } else { 900 }),
            95,
            10,
        );
        check(
            (0..100).map(|call| if call < 94 { 10 } else { 900 }),
            95,
            900,
        );
    }

    #[test]
    fn says_nothing_before_it_has_learned_enough() {
        let histogram = Histogram::new();
        assert_eq!(histogram.quantile(Ratio::percent(95), 0), None);
        for _ in 0..19 {
            histogram.record(MILLISECOND);
        }
        assert_eq!(histogram.quantile(Ratio::percent(95), 20), None);
        histogram.record(MILLISECOND);
        assert!(histogram.quantile(Ratio::percent(95), 20).is_some());
    }

    #[test]
    fn forgets_the_past() {
        let histogram = Histogram::new();
        for _ in 0..100_000 {
            histogram.record(100 * MILLISECOND);
        }
        for _ in 0..6 * HALF_LIFE {
            histogram.record(MILLISECOND);
        }
        let quantile = histogram.quantile(Ratio::percent(95), 20).unwrap();
        assert!(quantile < 2 * MILLISECOND, "{quantile:?}");
    }
}
