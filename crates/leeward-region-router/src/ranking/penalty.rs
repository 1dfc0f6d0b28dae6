use std::time::Duration;

use leeward_resilience::{CircuitSnapshot, CircuitState};

/// How long a penalty takes to fade by half while there are too few calls to tell.
const HALF_LIFE: Duration = Duration::from_secs(60);

/// So many calls in the window of a circuit tell how many fail.
const TELLING_CALLS: u64 = 20;

/// Which part of the way a penalty goes at each look that finds fewer failures.
const RELIEF: u32 = 16;

/// What is added to a Region's latency for its failures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Penalty(Duration);

impl Penalty {
    /// Follows what the circuit shows: up at once, down by and by.
    pub(super) fn follow(
        &mut self,
        whole: Duration,
        circuit: &CircuitSnapshot,
        elapsed: Duration,
    ) -> Duration {
        let failing = if circuit.state == CircuitState::Closed {
            circuit.failures as f64 / circuit.calls.max(1) as f64
        } else {
            1.0
        };
        self.learn(part(whole, failing.min(1.0)), circuit.calls, elapsed)
    }

    fn learn(&mut self, shown: Duration, calls: u64, elapsed: Duration) -> Duration {
        self.0 = if shown >= self.0 {
            shown
        } else if calls >= TELLING_CALLS {
            self.0 - (self.0 - shown) / RELIEF
        } else {
            let half_lives = elapsed.as_secs_f64() / HALF_LIFE.as_secs_f64();
            part(self.0, 0.5_f64.powf(half_lives))
        };
        self.0
    }
}

/// So much of a time, from nothing to all of it.
fn part(whole: Duration, part: f64) -> Duration {
    // The longest time of all is none any more once it was rounded.
    Duration::try_from_secs_f64(whole.as_secs_f64() * part).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_millis(100);

    #[test]
    fn the_longest_penalty_of_all_fades_like_any_other() {
        let mut penalty = Penalty::default();
        assert_eq!(
            penalty.learn(part(Duration::MAX, 1.0), 20, LOOK),
            Duration::MAX
        );
        assert!(penalty.learn(Duration::ZERO, 0, LOOK) < Duration::MAX);
        assert!(penalty.learn(Duration::ZERO, 20, LOOK) < Duration::MAX);
    }

    #[test]
    fn a_penalty_comes_at_once_goes_soon_with_calls_and_slowly_without() {
        let (second, look) = (Duration::from_secs(1), LOOK);
        let mut penalty = Penalty::default();
        assert_eq!(penalty.learn(second, 20, look), second);
        let mut with_calls = penalty;
        (0..100).for_each(|_| _ = with_calls.learn(Duration::ZERO, 20, look));
        assert!(with_calls.0 < second / 100, "{with_calls:?}");
        (0..600).for_each(|_| _ = penalty.learn(Duration::ZERO, 0, look));
        let left = penalty.0.as_millis();
        assert!((495..505).contains(&left), "{left} ms");
    }
}
