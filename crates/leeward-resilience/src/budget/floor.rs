use std::time::Duration;

use super::atomic::{AtomicU64, Ordering};
use crate::{Ratio, Timestamp};

/// Tokens that time alone pays in, so that a process with little traffic can still try again.
///
/// One word holds the moment at which the floor will be full again (the generic cell rate algorithm), so that a
/// withdrawal is one exchange.
#[derive(Debug)]
pub(super) struct Floor {
    full_at: AtomicU64,
    interval: u64,
    depth: u64,
}

impl Floor {
    pub(super) fn new(tokens: u32, interval: Duration) -> Self {
        let interval = Timestamp::new(interval).nanos().max(1);
        Self {
            full_at: AtomicU64::new(0),
            interval,
            depth: interval.saturating_mul(u64::from(tokens)),
        }
    }

    /// Takes a part of a token, if there is as much at `now`.
    pub(super) fn withdraw(&self, part: Ratio, now: Timestamp) -> bool {
        let now = now.nanos();
        let part = self.time_of(part);
        self.full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                let next = full_at.max(now).checked_add(part)?;
                (next - now <= self.depth).then_some(next)
            })
            .is_ok()
    }

    /// Gives a part of a token back. Every call follows a withdrawal that added as much, so the word cannot fall below zero.
    pub(super) fn put_back(&self, part: Ratio) {
        self.full_at
            .fetch_sub(self.time_of(part), Ordering::Relaxed);
    }

    /// How many whole tokens there are at `now`.
    pub(super) fn tokens(&self, now: Timestamp) -> u64 {
        let now = now.nanos();
        let missing = self.full_at.load(Ordering::Relaxed).max(now) - now;
        self.depth.saturating_sub(missing) / self.interval
    }

    /// How long a part of a token takes to come back, in nanoseconds.
    fn time_of(&self, part: Ratio) -> u64 {
        let time =
            u128::from(self.interval) * u128::from(part.millionths()) / u128::from(Ratio::WHOLE);
        u64::try_from(time).expect("no longer than the interval")
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    const TOKEN: Ratio = Ratio::percent(100);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn starts_full_and_refills_with_time() {
        let floor = Floor::new(2, Duration::from_secs(1));
        let mut taken = String::new();
        for second in [0, 0, 0, 1, 1, 10, 10, 10] {
            taken.push(if floor.withdraw(TOKEN, at(second)) {
                'y'
            } else {
                'n'
            });
        }
        assert_eq!(taken, "yynynyyn");
    }

    #[test]
    fn a_token_given_back_late_makes_no_second_one() {
        let floor = Floor::new(2, Duration::from_secs(1));
        assert!(floor.withdraw(TOKEN, at(0)));
        assert_eq!(floor.tokens(at(0)), 1);
        assert_eq!(floor.tokens(at(100)), 2);
        floor.put_back(TOKEN);
        assert_eq!(floor.tokens(at(0)), 2);
        assert_eq!(floor.tokens(at(100)), 2);
    }

    #[test]
    fn no_tokens_means_none_at_any_time() {
        let floor = Floor::new(0, Duration::from_secs(1));
        assert!(!floor.withdraw(TOKEN, at(0)));
        assert!(!floor.withdraw(TOKEN, at(1_000)));
    }

    #[test]
    fn a_part_of_a_token_takes_a_part_of_the_time_to_come_back() {
        let floor = Floor::new(1, Duration::from_secs(10));
        let part = Ratio::percent(40);
        assert!(floor.withdraw(part, at(0)));
        assert!(floor.withdraw(part, at(0)));
        assert!(!floor.withdraw(part, at(1)));
        assert!(floor.withdraw(part, at(2)));
        assert!(!floor.withdraw(part, at(5)));
        assert!(floor.withdraw(part, at(6)));
    }
}
