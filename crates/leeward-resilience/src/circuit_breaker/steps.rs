use std::time::Duration;

use super::window::BUCKETS;
use crate::Timestamp;

/// The shortest step: numbers of shorter ones would soon be too long for the word that they share with a count.
const MIN_STEP: u64 = 1_000_000;

/// Numbers the steps of time that outcomes are counted by.
///
/// A number carries the generation too, such that no window reaches from one generation into another: what is left of an
/// earlier one is then too old without being cleared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    // Two to the 64th by the step, rounded up: a product is cheaper than a quotient. The numbers are those of the quotient
    // for as long as the clock's nanoseconds times the step's stay below two to the 64th; past that the steps are off by
    // less than a part in the step's nanoseconds, and still in order.
    reciprocal: u64,
}

impl Steps {
    pub(super) const fn new(window: Duration) -> Self {
        let step = Timestamp::new(window).nanos() / BUCKETS;
        let step = if step < MIN_STEP { MIN_STEP } else { step };
        Self {
            reciprocal: u64::MAX / step + 1,
        }
    }

    /// The step of `now`; never zero, which stands for none.
    pub(super) const fn number(self, now: Timestamp, generation: u64) -> u64 {
        let step = ((now.nanos() as u128 * self.reciprocal as u128) >> 64) as u64;
        step + 1 + BUCKETS + generation * (BUCKETS + 1)
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::RngSeed};

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_product_numbers_as_a_quotient_does(
            step_millis in 1_u64..10_000,
            millis in 0_u64..100_000_000,
        ) {
            let steps = Steps::new(BUCKETS as u32 * Duration::from_millis(step_millis));
            let number = |millis| steps.number(Timestamp::new(Duration::from_millis(millis)), 0);
            prop_assert_eq!(number(millis) - number(0), millis / step_millis);
        }
    }

    #[test]
    fn no_window_reaches_from_one_generation_into_another() {
        let steps = Steps::new(Duration::from_secs(10));
        let now = Timestamp::new(Duration::from_secs(7));
        assert!(steps.number(now, 3) + BUCKETS < steps.number(now, 4));
    }

    #[test]
    fn the_end_of_time_has_a_number() {
        for window in [Duration::ZERO, Duration::MAX] {
            let steps = Steps::new(window);
            assert!(
                steps.number(Timestamp::new(Duration::MAX), 0)
                    >= steps.number(Timestamp::default(), 0)
            );
            assert!(steps.number(Timestamp::default(), 0) > 0);
        }
    }
}
