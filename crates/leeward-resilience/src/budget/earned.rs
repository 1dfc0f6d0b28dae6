use std::sync::atomic::{AtomicU64, Ordering};

use crate::Ratio;

/// Tokens that traffic has paid in, in millionths; one word, so that no interleaving overdraws it.
#[derive(Debug)]
pub(super) struct Earned {
    balance: AtomicU64,
    cap: u64,
    deposit: u64,
}

impl Earned {
    pub(super) fn new(ratio: Ratio, cap: u32) -> Self {
        Self {
            balance: AtomicU64::new(0),
            cap: u64::from(cap) * Ratio::WHOLE,
            deposit: ratio.millionths(),
        }
    }

    /// Pays in the share of one call; what exceeds the cap is lost.
    pub(super) fn deposit(&self) {
        self.add(self.deposit);
    }

    /// Takes one token, if there is a whole one.
    pub(super) fn withdraw(&self) -> bool {
        self.balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
                balance.checked_sub(Ratio::WHOLE)
            })
            .is_ok()
    }

    /// Gives a token back.
    pub(super) fn put_back(&self) {
        self.add(Ratio::WHOLE);
    }

    /// How many whole tokens there are.
    pub(super) fn tokens(&self) -> u64 {
        self.balance.load(Ordering::Relaxed) / Ratio::WHOLE
    }

    // A full balance is read, not written: the threads of a healthy process do not fight for its cache line.
    fn add(&self, amount: u64) {
        let mut balance = self.balance.load(Ordering::Relaxed);
        while balance < self.cap {
            let next = self.cap.min(balance + amount);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_below_one_per_cent_still_adds_up() {
        let earned = Earned::new(Ratio::new(0.004).unwrap(), 5);
        (0..249).for_each(|_| earned.deposit());
        assert!(!earned.withdraw());
        earned.deposit();
        assert!(earned.withdraw());
        assert!(!earned.withdraw());
    }

    #[test]
    fn holds_no_more_than_its_cap() {
        let earned = Earned::new(Ratio::percent(60), 2);
        (0..100).for_each(|_| earned.deposit());
        assert_eq!(earned.tokens(), 2);
        earned.put_back();
        assert_eq!(earned.tokens(), 2);
    }
}
