use std::time::Duration;

use fastrand::Rng;

use super::SharedSlowStart;
use crate::{Ratio, Timestamp};

/// Lets a growing share of the calls through to a service that has just recovered.
///
/// A call passes by lot; but one each hundredth of the time passes in any case, so that whoever calls seldom notices
/// nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    began: Timestamp,
    length: Duration,
    from: Ratio,
    passed_at: Option<Timestamp>,
}

impl Ramp {
    pub(super) const fn new(began: Timestamp, length: Duration, from: Ratio) -> Self {
        Self {
            began,
            length,
            from,
            passed_at: None,
        }
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.began) >= self.length
    }

    /// The share of calls that passes at `now`, in millionths.
    pub(super) fn share(&self, now: Timestamp) -> u64 {
        let from = self.from.millionths();
        let elapsed = now.since(self.began).min(self.length).as_nanos();
        let risen = u128::from(Ratio::WHOLE - from) * elapsed / self.length.as_nanos().max(1);
        // A share of less than the whole.
        from + risen as u64
    }

    /// Draws whether a call passes.
    pub(super) fn passes(&mut self, now: Timestamp, random: &mut Rng) -> bool {
        let is_due = |passed_at: Timestamp| now.since(passed_at) >= self.length / 100;
        let passes = self.passed_at.is_none_or(is_due) || self.draws(now, random);
        if passes {
            self.passed_at = Some(now);
        }
        passes
    }

    /// The same of a call of one of many circuits that start together.
    pub(super) fn passes_among(
        &self,
        all: &SharedSlowStart,
        now: Timestamp,
        random: &mut Rng,
    ) -> bool {
        if all.takes_place(now, self.length / 100) {
            return true;
        }
        let passes = self.draws(now, random);
        if passes {
            all.passed(now);
        }
        passes
    }

    fn draws(&self, now: Timestamp, random: &mut Rng) -> bool {
        random.u64(..Ratio::WHOLE) < self.share(now)
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(millis))
    }

    fn ramp() -> Ramp {
        Ramp::new(at(0), Duration::from_secs(10), Ratio::percent(10))
    }

    #[test]
    fn the_share_rises_evenly() {
        let shares = [0, 1_000, 5_000, 9_999, 10_000, 20_000].map(|now| ramp().share(at(now)));
        assert_eq!(
            shares,
            [100_000, 190_000, 550_000, 999_910, 1_000_000, 1_000_000]
        );
        assert!(!ramp().is_over(at(9_999)) && ramp().is_over(at(10_000)));
    }

    #[test]
    fn among_many_calls_the_share_decides() {
        let mut ramp = ramp();
        let mut random = Rng::with_seed(42);
        // A thousand calls each second.
        let passed: Vec<usize> = (0..10)
            .map(|second| {
                (0..1_000)
                    .filter(|millis| ramp.passes(at(1_000 * second + millis), &mut random))
                    .count()
            })
            .collect();
        for (second, passed) in passed.into_iter().enumerate() {
            let expected = 145 + 90 * second;
            assert!(
                passed.abs_diff(expected) < 50,
                "second {second}: {passed} of {expected}"
            );
        }
    }

    #[test]
    fn a_caller_with_few_calls_notices_nothing() {
        let mut ramp = ramp();
        let mut random = Rng::with_seed(42);
        assert!((0..100).all(|call| ramp.passes(at(100 * call), &mut random)));
    }

    #[test]
    fn many_callers_with_few_calls_each_are_one_caller_with_many() {
        let (all, mut random) = (SharedSlowStart::new(), Rng::with_seed(42));
        let ramps: Vec<Ramp> = (0..500).map(|_| ramp()).collect();
        // Each calls five times a second.
        let mut passed = |second: u64| {
            let calls = (0..5).flat_map(|call| {
                ramps
                    .iter()
                    .enumerate()
                    .map(move |(n, ramp)| (call, n, ramp))
            });
            let passing = calls.filter(|(call, n, ramp)| {
                let millis = 1_000 * second + 200 * call + 2 * *n as u64 / 5;
                ramp.passes_among(&all, at(millis), &mut random)
            });
            passing.count()
        };
        for second in 0..10 {
            let (passed, expected) = (passed(second), 363 + 225 * second as usize);
            assert!(
                passed.abs_diff(expected) < 120,
                "second {second}: {passed} of {expected}"
            );
        }
        let alone = SharedSlowStart::new();
        assert!((0..100).all(|call| ramp().passes_among(&alone, at(100 * call + 1), &mut random)));
        assert!(!(0..100).all(|_| ramp().passes_among(&alone, at(10), &mut random)));
    }

    #[test]
    fn the_same_seed_draws_the_same_lots() {
        let draws = |seed| {
            let (mut ramp, mut random) = (ramp(), Rng::with_seed(seed));
            (0..200)
                .map(|_| ramp.passes(at(0), &mut random))
                .collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }
}
