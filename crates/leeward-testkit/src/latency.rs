use fastrand::Rng;
use std::{f64::consts::TAU, ops::Range, time::Duration};

/// How much later an answer comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency(Shape);

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Fixed(Duration),
    Uniform(Range<Duration>),
    LogNormal { median: Duration, sigma: f64 },
}

impl Latency {
    /// Adds the same to every answer.
    #[must_use]
    pub const fn fixed(delay: Duration) -> Self {
        Self(Shape::Fixed(delay))
    }

    /// Adds any time in `range`, each as likely as the other; an empty range adds its start.
    #[must_use]
    pub const fn uniform(range: Range<Duration>) -> Self {
        Self(Shape::Uniform(range))
    }

    /// Adds `median` to the answer in the middle, and much more to a few.
    ///
    /// `sigma` is the standard deviation of the logarithm: 0 makes all alike, at 1 the 99th percentile is ten times the
    /// median. Cut off at a thousand times the median.
    #[must_use]
    pub const fn log_normal(median: Duration, sigma: f64) -> Self {
        Self(Shape::LogNormal { median, sigma })
    }

    pub(crate) fn sample(&self, rng: &mut Rng) -> Duration {
        match &self.0 {
            Shape::Fixed(delay) => *delay,
            Shape::Uniform(range) => {
                let width = range.end.saturating_sub(range.start);
                range.start + width.mul_f64(rng.f64())
            }
            Shape::LogNormal { median, sigma } => {
                let factor = (sigma * standard_normal(rng)).exp();
                // A sigma that is no number makes no factor either.
                let factor = if factor.is_nan() { 1.0 } else { factor };
                median.mul_f64(factor.min(1000.0))
            }
        }
    }
}

/// Box and Muller's transform of two uniform numbers.
fn standard_normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (TAU * rng.f64()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn sorted(latency: &Latency, seed: u64) -> Vec<Duration> {
        let mut rng = Rng::with_seed(seed);
        let mut samples: Vec<_> = (0..10_001).map(|_| latency.sample(&mut rng)).collect();
        samples.sort();
        samples
    }

    #[test]
    fn a_fixed_latency_never_varies() {
        let samples = sorted(&Latency::fixed(5 * MS), 1);
        assert_eq!((samples[0], samples[10_000]), (5 * MS, 5 * MS));
    }

    #[test]
    fn a_uniform_latency_fills_its_range() {
        let samples = sorted(&Latency::uniform(10 * MS..20 * MS), 1);
        assert!(samples[0] >= 10 * MS && samples[10_000] < 20 * MS);
        assert!((14 * MS..16 * MS).contains(&samples[5_000]));
        let empty = Latency::uniform(20 * MS..10 * MS);
        assert_eq!(sorted(&empty, 1)[10_000], 20 * MS);
    }

    #[test]
    fn a_log_normal_latency_has_its_median_and_a_long_tail() {
        let samples = sorted(&Latency::log_normal(10 * MS, 1.0), 1);
        assert!((9 * MS..11 * MS).contains(&samples[5_000]));
        assert!((80 * MS..130 * MS).contains(&samples[9_900]));
        for hopeless in [f64::NAN, f64::INFINITY, -1e300] {
            let samples = sorted(&Latency::log_normal(MS, hopeless), 1);
            assert!(samples[10_000] <= 1000 * MS, "{hopeless}");
        }
    }

    #[test]
    fn sigma_is_the_spread_of_the_logarithm() {
        for sigma in [0.35, 1.0] {
            let samples = sorted(&Latency::log_normal(100 * MS, sigma), 1);
            let logarithms = || samples.iter().map(|sample| sample.as_secs_f64().ln());
            let count = samples.len() as f64;
            let mean = logarithms().sum::<f64>() / count;
            let variance = logarithms().map(|one| (one - mean).powi(2)).sum::<f64>() / count;
            assert!((mean - 0.1_f64.ln()).abs() < 0.03, "{mean}");
            assert!((variance.sqrt() / sigma - 1.0).abs() < 0.03, "{variance}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_latencies() {
        let latency = Latency::log_normal(MS, 0.5);
        assert_eq!(sorted(&latency, 7), sorted(&latency, 7));
        assert_ne!(sorted(&latency, 7), sorted(&latency, 8));
    }
}
