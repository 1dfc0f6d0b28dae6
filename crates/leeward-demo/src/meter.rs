use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// Where in the story a record was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    During,
    After,
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::During, Self::After];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
        }
    }
}

/// What was done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Encrypt,
    Decrypt,
}

impl Work {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }
}

/// How long each record took, by phase and work.
#[derive(Debug)]
pub(crate) struct Meter {
    times: [[Histogram<u64>; 2]; 3],
}

/// The times of one phase and one work.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Times {
    pub(crate) records: u64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) max_us: f64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        // One nanosecond to an hour at three digits: the bounds are constants that the crate takes.
        let histogram =
            || Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("valid bounds");
        Self {
            times: std::array::from_fn(|_| std::array::from_fn(|_| histogram())),
        }
    }

    pub(crate) fn note(&mut self, phase: Phase, work: Work, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.times[phase as usize][work as usize].saturating_record(nanos);
    }

    /// The times, or nothing if there was no such record.
    pub(crate) fn times(&self, phase: Phase, work: Work) -> Option<Times> {
        let histogram = &self.times[phase as usize][work as usize];
        let micros = |nanos: u64| nanos as f64 / 1000.0;
        (!histogram.is_empty()).then(|| Times {
            records: histogram.len(),
            p50_us: micros(histogram.value_at_quantile(0.5)),
            p99_us: micros(histogram.value_at_quantile(0.99)),
            max_us: micros(histogram.max()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_and_works_are_kept_apart() {
        let mut meter = Meter::new();
        for millis in 1..=100 {
            meter.note(Phase::Before, Work::Encrypt, Duration::from_millis(millis));
        }
        let times = meter.times(Phase::Before, Work::Encrypt).unwrap();
        assert_eq!(times.records, 100);
        assert!((times.p50_us - 50_000.0).abs() < 100.0, "{times:?}");
        assert!((times.p99_us - 99_000.0).abs() < 100.0, "{times:?}");
        assert!(meter.times(Phase::Before, Work::Decrypt).is_none());
        assert!(meter.times(Phase::During, Work::Encrypt).is_none());
    }
}
