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
    WithdrawPart(u32),
    SpendOldest,
    PutOldestBack,
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Deposit),
        4 => Just(Step::Withdraw),
        2 => (0_u32..=10).prop_map(Step::WithdrawPart),
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
    // In milliseconds of refill: what is there, taken or not, of which time adds no more than the depth.
    floor: u64,
    floor_depth: u64,
    // From which of the two, and how many tenths.
    taken: Vec<(bool, u64)>,
}

impl Reference {
    const INTERVAL: u64 = 1_000;

    fn withdraw(&mut self, tenths: u64) -> bool {
        let from_earned = self.earned >= TOKEN / 10 * tenths;
        if from_earned {
            self.earned -= TOKEN / 10 * tenths;
        } else if self.left_in_floor() < Self::INTERVAL / 10 * tenths {
            return false;
        }
        self.taken.push((from_earned, tenths));
        true
    }

    /// A token of the floor that somebody holds is still there, as if nobody had asked for it; it is only promised.
    fn left_in_floor(&self) -> u64 {
        let of_floor = self.taken.iter().filter(|(from_earned, _)| !from_earned);
        let promised: u64 = of_floor.map(|(_, tenths)| tenths).sum();
        self.floor - Self::INTERVAL / 10 * promised
    }

    fn spend_oldest(&mut self) {
        let (from_earned, tenths) = self.taken.remove(0);
        if !from_earned {
            self.floor -= Self::INTERVAL / 10 * tenths;
        }
    }

    fn put_oldest_back(&mut self) {
        let (to_earned, tenths) = self.taken.remove(0);
        if to_earned {
            self.earned = self.cap.min(self.earned + TOKEN / 10 * tenths);
        }
    }

    fn refill(&mut self, millis: u64) {
        self.floor = self.floor_depth.min(self.floor + millis);
    }

    fn tokens(&self) -> u64 {
        self.earned / TOKEN + self.left_in_floor() / Self::INTERVAL
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
                    prop_assert_eq!(withdrawal.is_some(), reference.withdraw(10));
                    taken.extend(withdrawal);
                }
                Step::WithdrawPart(tenths) => {
                    let withdrawal = budget.withdraw_part(Ratio::percent(10 * tenths));
                    prop_assert_eq!(withdrawal.is_some(), reference.withdraw(u64::from(tenths)));
                    taken.extend(withdrawal);
                }
                Step::SpendOldest if !taken.is_empty() => {
                    taken.remove(0).spend();
                    reference.spend_oldest();
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
    assert_eq!(budget.tokens(), 50);
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

/// P3 of the facts: with one token per success, half of the calls failing made 1.75 times the load.
#[test]
fn p3_a_success_pays_for_a_tenth_of_a_retry_and_not_for_one() {
    let config = BudgetConfig::new().with_floor(0);
    let budget = Budget::with_clock(config, ManualClock::default());
    let mut retries = 0;
    for call in 0..10_000 {
        budget.deposit();
        if call % 2 == 0
            && let Some(withdrawal) = budget.withdraw()
        {
            withdrawal.spend();
            retries += 1;
        }
    }
    assert_eq!(retries + budget.tokens(), 1_000);
}

/// P8 of the facts: a share that is cut to whole divisors makes 100 % of 60 %.
#[test]
fn p8_the_share_is_exact() {
    for (ratio, tokens) in [(0.004, 400), (0.4, 40_000), (0.6, 60_000), (0.99, 99_000)] {
        let config = BudgetConfig::new()
            .with_ratio(Ratio::new(ratio).unwrap())
            .with_floor(0)
            .with_cap(1_000_000);
        let budget = Budget::with_clock(config, ManualClock::default());
        (0..100_000).for_each(|_| budget.deposit());
        assert_eq!(budget.tokens(), tokens, "{ratio}");
    }
}

#[test]
fn a_token_that_comes_back_late_is_no_second_one() {
    let clock = ManualClock::default();
    let config = BudgetConfig::new().with_floor(2);
    let budget = Budget::with_clock(config, clock.clone());
    let held = budget.withdraw().unwrap();
    clock.advance(Duration::from_secs(100));
    assert_eq!(budget.tokens(), 1, "the other one");
    budget.withdraw().unwrap().spend();
    drop(held);
    assert_eq!(budget.tokens(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(budget.tokens(), 2);
}

/// So many calls a second, for so many seconds; a tenth of the clock's second at a time.
fn traffic(budget: &Budget, clock: &ManualClock, rate: u32, seconds: u32) {
    for _ in 0..10 * seconds {
        (0..rate / 10).for_each(|_| budget.deposit());
        clock.advance(Duration::from_millis(100));
    }
}

/// Pitfall 9 of the facts: a cap of 50 at 100 calls per second failed the fail-over itself.
#[test]
fn pitfall_9_the_cap_is_two_seconds_of_the_traffic_whatever_its_rate() {
    for rate in [100, 1_000, 10_000] {
        let clock = ManualClock::default();
        let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), clock.clone());
        traffic(&budget, &clock, rate, 60);
        let tokens = budget.tokens();
        let two_seconds = u64::from(2 * rate);
        // The clock is looked at every 32nd call, so a sample is a little longer than its second.
        assert!(
            tokens.abs_diff(two_seconds) <= two_seconds / 10,
            "{tokens} at {rate} a second"
        );
    }
}

#[test]
fn callers_that_wait_for_a_silent_service_keep_their_tokens() {
    let clock = ManualClock::default();
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), clock.clone());
    traffic(&budget, &clock, 1_000, 60);
    let before = budget.tokens();
    traffic(&budget, &clock, 10, 3);
    assert!(budget.tokens() > before / 2, "{}", budget.tokens());
    traffic(&budget, &clock, 10, 60);
    assert!(budget.tokens() < before / 20, "{}", budget.tokens());
}

#[test]
fn a_quiet_process_has_the_floor() {
    let clock = ManualClock::default();
    let budget = Budget::with_clock(BudgetConfig::new(), clock.clone());
    for _ in 0..100 {
        clock.advance(Duration::from_secs(10));
        budget.deposit();
        assert!(budget.tokens() >= 50);
        budget.withdraw().expect("the floor is full").spend();
    }
}
