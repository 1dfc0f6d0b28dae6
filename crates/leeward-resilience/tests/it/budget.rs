use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use leeward_resilience::{Budget, BudgetConfig, Ratio, Withdrawal};
use proptest::{
    prelude::{Just, ProptestConfig, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest},
    test_runner::RngSeed,
};

use crate::manual_clock::ManualClock;

const TOKEN: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Deposit,
    Withdraw,
    SpendOldest,
    PutOldestBack,
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Deposit),
        4 => Just(Step::Withdraw),
        1 => Just(Step::SpendOldest),
        2 => Just(Step::PutOldestBack),
        1 => (0_u64..3_000).prop_map(Step::Advance),
    ]
}

/// Two plain numbers and who took from which.
struct Reference {
    earned: u64,
    cap: u64,
    deposit: u64,
    // In milliseconds of refill.
    floor: u64,
    floor_depth: u64,
    taken: Vec<bool>,
}

impl Reference {
    const INTERVAL: u64 = 1_000;

    fn withdraw(&mut self) -> bool {
        let from_earned = self.earned >= TOKEN;
        if from_earned {
            self.earned -= TOKEN;
        } else if self.floor >= Self::INTERVAL {
            self.floor -= Self::INTERVAL;
        } else {
            return false;
        }
        self.taken.push(from_earned);
        true
    }

    fn put_oldest_back(&mut self) {
        if self.taken.remove(0) {
            self.earned = self.cap.min(self.earned + TOKEN);
        } else {
            self.refill(Self::INTERVAL);
        }
    }

    fn refill(&mut self, millis: u64) {
        self.floor = self.floor_depth.min(self.floor + millis);
    }

    fn tokens(&self) -> u64 {
        self.earned / TOKEN + self.floor / Self::INTERVAL
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    #[test]
    fn agrees_with_two_plain_numbers(
        steps in proptest::collection::vec(step(), 1..400),
        percent in 0_u32..=100,
        cap in 0_u32..8,
        floor in 0_u32..4,
    ) {
        let clock = ManualClock::default();
        let config = BudgetConfig::new()
            .with_ratio(Ratio::percent(percent))
            .with_cap(cap)
            .with_floor(floor);
        let budget = Budget::with_clock(config, clock.clone());
        let mut reference = Reference {
            earned: 0,
            cap: u64::from(cap) * TOKEN,
            deposit: u64::from(percent) * TOKEN / 100,
            floor: u64::from(floor) * Reference::INTERVAL,
            floor_depth: u64::from(floor) * Reference::INTERVAL,
            taken: Vec::new(),
        };
        let mut taken: Vec<Withdrawal> = Vec::new();
        for step in steps {
            match step {
                Step::Deposit => {
                    budget.deposit();
                    reference.earned = reference.cap.min(reference.earned + reference.deposit);
                }
                Step::Withdraw => {
                    let withdrawal = budget.withdraw();
                    prop_assert_eq!(withdrawal.is_some(), reference.withdraw());
                    taken.extend(withdrawal);
                }
                Step::SpendOldest if !taken.is_empty() => {
                    taken.remove(0).spend();
                    reference.taken.remove(0);
                }
                Step::PutOldestBack if !taken.is_empty() => {
                    drop(taken.remove(0));
                    reference.put_oldest_back();
                }
                Step::Advance(millis) => {
                    clock.advance(Duration::from_millis(millis));
                    reference.refill(millis);
                }
                Step::SpendOldest | Step::PutOldestBack => {}
            }
            prop_assert_eq!(budget.tokens(), reference.tokens());
            prop_assert!(budget.tokens() <= u64::from(cap) + u64::from(floor));
        }
    }
}

#[test]
fn threads_that_draw_together_never_overdraw() {
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(7), ManualClock::default());
    let (deposits, spent) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (budget, deposits, spent) = (budget.clone(), &deposits, &spent);
            scope.spawn(move || {
                for turn in 0..20_000 {
                    if (turn + thread) % 3 == 0 {
                        budget.deposit();
                        deposits.fetch_add(1, Ordering::Relaxed);
                    }
                    match budget.withdraw() {
                        Some(withdrawal) if turn % 2 == 0 => {
                            withdrawal.spend();
                            spent.fetch_add(1, Ordering::Relaxed);
                        }
                        withdrawal => drop(withdrawal),
                    }
                }
            });
        }
    });
    let allowed = 7 + deposits.into_inner() / 10;
    assert_eq!(spent.into_inner() + budget.tokens(), allowed);
}

#[test]
fn a_young_process_can_try_again_at_once() {
    let budget = Budget::with_clock(BudgetConfig::new(), ManualClock::default());
    assert_eq!(budget.tokens(), 10);
    assert!(budget.withdraw().is_some());
}

#[test]
fn only_the_holder_above_pays_in() {
    let config = BudgetConfig::new()
        .with_floor(0)
        .with_ratio(Ratio::percent(100));
    let above = Budget::with_clock(config, ManualClock::default());
    let below = above.withdraw_only();
    below.deposit();
    assert_eq!(above.tokens(), 0);
    above.deposit();
    assert_eq!(below.tokens(), 1);
    below.withdraw().unwrap().spend();
    assert_eq!(above.tokens(), 0);
}
