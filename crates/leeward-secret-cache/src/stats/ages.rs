use leeward_resilience::{Ratio, hedge::Histogram};
use std::time::Duration;

/// How old values are that are served, of late.
///
/// The histogram is one for calls of up to two minutes, and a value may serve for hours: it is given a small part of each age.
#[derive(Debug)]
pub(super) struct Ages(Histogram);

/// The last bucket begins at eight hours then, and the first ends at 33 ms.
const PART: u32 = 256;

impl Ages {
    pub(super) fn new() -> Self {
        Self(Histogram::new())
    }

    #[cold]
    pub(super) fn record(&self, age: Duration) {
        self.0.record(age / PART);
    }

    /// The age that this many per cent of them do not exceed, to within a quarter.
    pub(super) fn share(&self, percent: u32) -> Option<Duration> {
        let share = self.0.quantile(Ratio::percent(percent), 1)?;
        Some(share * PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_from_milliseconds_to_hours_are_told_to_within_a_quarter() {
        for age in [50, 300, 5_000, 240_000, 3_600_000, 20_000_000] {
            let ages = Ages::new();
            let age = Duration::from_millis(age);
            for _ in 0..10 {
                ages.record(age);
            }
            for percent in [50, 99] {
                let told = ages.share(percent).unwrap();
                assert!(told >= age && told <= age * 5 / 4, "{told:?} for {age:?}");
            }
        }
        assert_eq!(Ages::new().share(50), None);
    }
}
