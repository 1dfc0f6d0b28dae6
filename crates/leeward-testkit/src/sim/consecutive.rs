use std::time::Duration;

use leeward_resilience::CircuitState;

/// How many failures in a row open it.
const FAILURES: u32 = 5;
/// How long it stays open.
const OPEN: Duration = Duration::from_secs(5);

/// The breaker that most services have: failures in a row open it, after a pause everybody may try.
#[derive(Clone, Debug, Default)]
pub(super) struct Consecutive {
    failures: u32,
    open_until: Option<Duration>,
    half_open: bool,
}

impl Consecutive {
    /// Whether a call may pass at `now`.
    pub(super) fn admits(&mut self, now: Duration) -> bool {
        match self.open_until {
            Some(until) if now < until => false,
            Some(_) => {
                self.open_until = None;
                self.half_open = true;
                true
            }
            None => true,
        }
    }

    /// Learns how a call ended, and says what the breaker is now if that has changed it.
    pub(super) fn record(&mut self, succeeded: bool, now: Duration) -> Option<CircuitState> {
        if succeeded {
            self.failures = 0;
            return std::mem::take(&mut self.half_open).then_some(CircuitState::Closed);
        }
        self.failures += 1;
        let opens = self.open_until.is_none() && (self.half_open || self.failures >= FAILURES);
        if !opens {
            return None;
        }
        self.half_open = false;
        self.failures = 0;
        self.open_until = Some(now + OPEN);
        Some(CircuitState::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_five_in_a_row_and_lets_everybody_try_after_five_seconds() {
        let at = Duration::from_secs;
        let mut breaker = Consecutive::default();
        for succeeded in [false, false, false, false, true, false, false, false, false] {
            assert_eq!(breaker.record(succeeded, at(1)), None);
        }
        assert_eq!(breaker.record(false, at(1)), Some(CircuitState::Open));
        assert!(!breaker.admits(at(5)));
        assert!(breaker.admits(at(6)) && breaker.admits(at(6)) && breaker.admits(at(6)));
        assert_eq!(breaker.record(false, at(6)), Some(CircuitState::Open));
        assert!(!breaker.admits(at(10)) && breaker.admits(at(11)));
        assert_eq!(breaker.record(true, at(11)), Some(CircuitState::Closed));
        assert_eq!(breaker.record(true, at(11)), None);
    }
}
