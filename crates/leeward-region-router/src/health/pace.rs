use std::time::Duration;

use super::CheckResult;

/// How many latencies are remembered: odd, so that one of them is the median.
const REMEMBERED: usize = 15;

/// From how many on they say what is normal.
const ENOUGH: usize = 5;

/// How many times as long as normal a slow check takes; a circuit says the same of calls.
const FACTOR: u32 = 5;

/// Below this nothing is slow: a busy scheduler adds as much.
const LEAST: Duration = Duration::from_millis(10);

/// How long checks of one Region take while it is well.
///
/// They are compared with each other and not with calls, which may ask for something quicker or slower.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    latencies: [Duration; REMEMBERED],
    learnt: usize,
}

impl Pace {
    /// Judges a check that took `latency` and has shown `shown`, and learns from it unless the Region was left at the time.
    pub(super) fn judge(
        &mut self,
        shown: CheckResult,
        latency: Duration,
        is_left: bool,
    ) -> CheckResult {
        match shown {
            alive if alive.is_alive() && self.is_slow(latency) => CheckResult::Slow,
            alive if alive.is_alive() && !is_left => {
                self.learn(latency);
                shown
            }
            shown => shown,
        }
    }

    fn learn(&mut self, latency: Duration) {
        self.latencies[self.learnt % REMEMBERED] = latency;
        self.learnt += 1;
    }

    /// None is before it is known what is normal.
    fn is_slow(&self, latency: Duration) -> bool {
        let known = self.learnt.min(REMEMBERED);
        if known < ENOUGH {
            return false;
        }
        let mut latencies = self.latencies;
        let (_, median, _) = latencies[..known].select_nth_unstable(known / 2);
        latency > median.saturating_mul(FACTOR).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn learnt(latencies: impl IntoIterator<Item = u64>) -> Pace {
        let mut pace = Pace::default();
        latencies
            .into_iter()
            .for_each(|latency| pace.learn(millis(latency)));
        pace
    }

    #[test]
    fn five_say_what_is_normal() {
        assert!(!learnt([20; 4]).is_slow(millis(5_000)));
        assert!(learnt([20; 5]).is_slow(millis(101)));
        assert!(!learnt([20; 5]).is_slow(millis(100)));
        // One outlier says nothing.
        assert!(learnt([20, 20, 900, 20, 20]).is_slow(millis(101)));
    }

    #[test]
    fn what_a_scheduler_adds_is_not_slow() {
        assert!(!learnt([0; 5]).is_slow(millis(10)));
        assert!(learnt([0; 5]).is_slow(millis(11)));
    }

    #[test]
    fn nothing_is_learnt_of_a_region_that_was_left() {
        use CheckResult::{Failed, Good, Slow};
        let mut pace = learnt([20; 5]);
        for _ in 0..100 {
            assert_eq!(pace.judge(Good, millis(90), true), Good);
            assert_eq!(pace.judge(Good, millis(500), true), Slow);
        }
        assert_eq!(pace.judge(Good, millis(500), false), Slow);
        assert_eq!(pace.judge(Failed, millis(500), false), Failed);
    }

    #[test]
    fn the_old_is_forgotten() {
        let pace = learnt([20; 100].into_iter().chain([60; 8]));
        assert!(!pace.is_slow(millis(300)));
        assert!(pace.is_slow(millis(301)));
    }
}
