use super::atomic::{AtomicU64, Ordering};
use crate::Ratio;

/// Tokens that traffic has paid in, in millionths; one word, so that no interleaving overdraws it.
///
/// The cap comes from outside, since it follows the traffic. Where it has fallen, what lies above it is gone at the next
/// withdrawal.
#[derive(Debug)]
// In cache lines of its own: deposits read what stands beside it.
#[repr(align(128))]
pub(super) struct Earned {
    balance: AtomicU64,
    deposit: u64,
}

impl Earned {
    pub(super) fn new(ratio: Ratio) -> Self {
        Self {
            balance: AtomicU64::new(0),
            deposit: ratio.millionths(),
        }
    }

    /// Pays in the share of so many calls; what exceeds the cap is lost.
    pub(super) fn deposit(&self, calls: u64, cap: u64) {
        self.add(self.deposit.saturating_mul(calls), cap);
    }

    /// Takes a part of a token, if there is as much.
    pub(super) fn withdraw(&self, part: Ratio, cap: u64) -> bool {
        self.balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
                balance.min(cap).checked_sub(part.millionths())
            })
            .is_ok()
    }

    /// Gives a part of a token back.
    pub(super) fn put_back(&self, part: Ratio, cap: u64) {
        self.add(part.millionths(), cap);
    }

    /// How many whole tokens there are.
    pub(super) fn tokens(&self, cap: u64) -> u64 {
        self.balance.load(Ordering::Relaxed).min(cap) / Ratio::WHOLE
    }

    // A full balance is read, not written: what is not written stays in the caches of all processors.
    fn add(&self, amount: u64, cap: u64) {
        let mut balance = self.balance.load(Ordering::Relaxed);
        while balance < cap {
            let next = cap.min(balance.saturating_add(amount));
            match self.balance.compare_exchange_weak(
                balance,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => balance = now,
            }
        }
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    const TOKEN: Ratio = Ratio::percent(100);

    fn cap(tokens: u64) -> u64 {
        tokens * Ratio::WHOLE
    }

    #[test]
    fn a_share_below_one_per_cent_still_adds_up() {
        let earned = Earned::new(Ratio::new(0.004).unwrap());
        (0..249).for_each(|_| earned.deposit(1, cap(5)));
        assert!(!earned.withdraw(TOKEN, cap(5)));
        earned.deposit(1, cap(5));
        assert!(earned.withdraw(TOKEN, cap(5)));
        assert!(!earned.withdraw(TOKEN, cap(5)));
    }

    #[test]
    fn calls_pay_in_together_what_each_would_alone() {
        let earned = Earned::new(Ratio::percent(10));
        earned.deposit(30, cap(5));
        assert_eq!(earned.tokens(cap(5)), 3);
        earned.deposit(u64::MAX, cap(5));
        assert_eq!(earned.tokens(cap(5)), 5);
    }

    #[test]
    fn holds_no_more_than_its_cap() {
        let earned = Earned::new(Ratio::percent(60));
        (0..100).for_each(|_| earned.deposit(1, cap(2)));
        assert_eq!(earned.tokens(cap(2)), 2);
        earned.put_back(TOKEN, cap(2));
        assert_eq!(earned.tokens(cap(2)), 2);
    }

    #[test]
    fn what_lies_above_a_cap_that_fell_is_gone() {
        let earned = Earned::new(TOKEN);
        (0..10).for_each(|_| earned.deposit(1, cap(10)));
        assert_eq!(earned.tokens(cap(3)), 3);
        assert!(earned.withdraw(TOKEN, cap(3)));
        assert_eq!(earned.tokens(cap(10)), 2);
    }

    #[test]
    fn a_part_of_a_token_is_taken_and_given_back_exactly() {
        let earned = Earned::new(TOKEN);
        let part = Ratio::of(5, 14);
        earned.deposit(1, cap(5));
        assert!(earned.withdraw(part, cap(5)));
        assert!(earned.withdraw(part, cap(5)));
        assert!(!earned.withdraw(part, cap(5)));
        earned.put_back(part, cap(5));
        earned.put_back(part, cap(5));
        assert_eq!(earned.tokens(cap(5)), 1);
    }
}
