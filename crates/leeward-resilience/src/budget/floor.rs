use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::Timestamp;

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

    /// Takes one token, if there is a whole one at `now`.
    pub(super) fn withdraw(&self, now: Timestamp) -> bool {
        let now = now.nanos();
        self.full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                let next = full_at.max(now).checked_add(self.interval)?;
                (next - now <= self.depth).then_some(next)
            })
            .is_ok()
    }

    /// Gives a token back. Every call follows a withdrawal that added as much, so the word cannot fall below zero.
    pub(super) fn put_back(&self) {
        self.full_at.fetch_sub(self.interval, Ordering::Relaxed);
    }

    /// How many whole tokens there are at `now`.
    pub(super) fn tokens(&self, now: Timestamp) -> u64 {
        let now = now.nanos();
        let missing = self.full_at.load(Ordering::Relaxed).max(now) - now;
        self.depth.saturating_sub(missing) / self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn starts_full_and_refills_with_time() {
        let floor = Floor::new(2, Duration::from_secs(1));
        let mut taken = String::new();
        for second in [0, 0, 0, 1, 1, 10, 10, 10] {
            taken.push(if floor.withdraw(at(second)) { 'y' } else { 'n' });
        }
        assert_eq!(taken, "yynynyyn");
    }

    #[test]
    fn a_token_given_back_late_makes_no_second_one() {
        let floor = Floor::new(2, Duration::from_secs(1));
        assert!(floor.withdraw(at(0)));
        assert_eq!(floor.tokens(at(0)), 1);
        assert_eq!(floor.tokens(at(100)), 2);
        floor.put_back();
        assert_eq!(floor.tokens(at(0)), 2);
        assert_eq!(floor.tokens(at(100)), 2);
    }

    #[test]
    fn no_tokens_means_none_at_any_time() {
        let floor = Floor::new(0, Duration::from_secs(1));
        assert!(!floor.withdraw(at(0)));
        assert!(!floor.withdraw(at(1_000)));
    }
}
