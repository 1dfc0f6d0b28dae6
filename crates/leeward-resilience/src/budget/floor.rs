use std::time::Duration;

use super::atomic::{AtomicU64, Ordering};
use crate::{Ratio, Timestamp};

/// Tokens that time alone pays in, so that a process with little traffic can still try again.
///
/// Two words: the moment at which the floor will be full again (the generic cell rate algorithm), and what is withdrawn and
/// neither spent nor given back. Time makes no token anew while somebody holds it, or there would be one too many when that
/// one comes back; so the floor never lacks less than what is held.
///
/// The words change one after the other, the moment first where it rises and last where it falls. Whoever looks in between
/// sees too few tokens, never too many, but for what time pays in meanwhile.
#[derive(Debug)]
pub(super) struct Floor {
    full_at: AtomicU64,
    held: AtomicU64,
    interval: u64,
    depth: u64,
}

impl Floor {
    pub(super) fn new(tokens: u32, interval: Duration) -> Self {
        let interval = Timestamp::new(interval).nanos().max(1);
        Self {
            full_at: AtomicU64::new(0),
            held: AtomicU64::new(0),
            interval,
            depth: interval.saturating_mul(u64::from(tokens)),
        }
    }

    /// Takes a part of a token, if there is as much at `now`; to be spent or given back.
    pub(super) fn withdraw(&self, part: Ratio, now: Timestamp) -> bool {
        let part = self.time_of(part);
        let taken = self.advance(now, |full_at| {
            let next = full_at.checked_add(part)?;
            (next - now.nanos() <= self.depth).then_some(next)
        });
        if taken {
            self.held.fetch_add(part, Ordering::Relaxed);
        }
        taken
    }

    /// Uses a part of a token up, which time begins to make anew at `now`.
    pub(super) fn spend(&self, part: Ratio, now: Timestamp) {
        self.advance(now, Some);
        self.held.fetch_sub(self.time_of(part), Ordering::Relaxed);
    }

    /// Gives a part of a token back.
    pub(super) fn put_back(&self, part: Ratio, now: Timestamp) {
        let part = self.time_of(part);
        self.advance(now, Some);
        self.held.fetch_sub(part, Ordering::Relaxed);
        // Published, so that nobody takes the lower moment for one that lies behind what was held before.
        self.full_at.fetch_sub(part, Ordering::Release);
    }

    /// How many whole tokens there are at `now`.
    pub(super) fn tokens(&self, now: Timestamp) -> u64 {
        let full_at = self.full_at.load(Ordering::Acquire);
        let held = self.held.load(Ordering::Relaxed);
        let missing = full_at.saturating_sub(now.nanos()).max(held);
        self.depth.saturating_sub(missing) / self.interval
    }

    /// Changes the moment from what it is at `now` into what `change` says, unless that says nothing.
    fn advance(&self, now: Timestamp, change: impl Fn(u64) -> Option<u64>) -> bool {
        let mut full_at = self.full_at.load(Ordering::Acquire);
        loop {
            let held = self.held.load(Ordering::Relaxed);
            let Some(next) = change(full_at.max(now.nanos().saturating_add(held))) else {
                return false;
            };
            match self.full_at.compare_exchange_weak(
                full_at,
                next,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(newer) => full_at = newer,
            }
        }
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

    fn spends(floor: &Floor, part: Ratio, now: Timestamp) -> bool {
        let taken = floor.withdraw(part, now);
        if taken {
            floor.spend(part, now);
        }
        taken
    }

    #[test]
    fn starts_full_and_refills_with_time() {
        let floor = Floor::new(2, Duration::from_secs(1));
        let mut taken = String::new();
        for second in [0, 0, 0, 1, 1, 10, 10, 10] {
            taken.push(if spends(&floor, TOKEN, at(second)) {
                'y'
            } else {
                'n'
            });
        }
        assert_eq!(taken, "yynynyyn");
    }

    #[test]
    fn a_token_that_is_held_is_not_made_anew() {
        let floor = Floor::new(2, Duration::from_secs(1));
        assert!(floor.withdraw(TOKEN, at(0)));
        assert_eq!((floor.tokens(at(0)), floor.tokens(at(100))), (1, 1));
        floor.put_back(TOKEN, at(100));
        assert_eq!(floor.tokens(at(100)), 2);
    }

    #[test]
    fn a_token_given_back_late_makes_no_second_one() {
        let floor = Floor::new(2, Duration::from_secs(1));
        assert!(floor.withdraw(TOKEN, at(0)));
        assert!(spends(&floor, TOKEN, at(100)));
        floor.put_back(TOKEN, at(100));
        assert_eq!(floor.tokens(at(100)), 1);
        assert_eq!(floor.tokens(at(101)), 2);
    }

    #[test]
    fn a_token_that_is_spent_late_comes_back_an_interval_later() {
        let floor = Floor::new(1, Duration::from_secs(1));
        assert!(floor.withdraw(TOKEN, at(0)));
        floor.spend(TOKEN, at(100));
        assert_eq!((floor.tokens(at(100)), floor.tokens(at(101))), (0, 1));
    }

    #[test]
    fn the_end_of_time_lacks_nothing_that_was_given_back() {
        let end = Timestamp::new(Duration::MAX);
        let floor = Floor::new(2, Duration::from_secs(1));
        assert!(!floor.withdraw(TOKEN, end));
        assert!(floor.withdraw(TOKEN, at(0)));
        floor.put_back(TOKEN, end);
        assert_eq!(floor.tokens(end), 2);
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
        assert!(spends(&floor, part, at(0)));
        assert!(spends(&floor, part, at(0)));
        assert!(!spends(&floor, part, at(1)));
        assert!(spends(&floor, part, at(2)));
        assert!(!spends(&floor, part, at(5)));
        assert!(spends(&floor, part, at(6)));
    }
}
