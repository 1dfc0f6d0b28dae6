use std::{fmt, sync::Arc};

use super::{BudgetConfig, config::Cap, earned::Earned, floor::Floor, lanes::Lanes, rate::Rate};
use crate::{Clock, Ratio, Timestamp, TokioClock, lane};

/// Caps the calls that a process makes beyond those it was asked for.
///
/// Cloning is cheap and shares the tokens: give one budget to everything that sends a request again, in place or
/// elsewhere, or their loads multiply. The [module](crate::budget) says how it is filled.
///
/// ```
/// use leeward_resilience::{Budget, BudgetConfig};
///
/// let budget = Budget::new(BudgetConfig::new().with_floor(1));
/// let withdrawal = budget.withdraw().expect("the floor holds one token");
/// assert!(budget.withdraw().is_none());
/// drop(withdrawal); // not used after all: the token is back
/// budget.withdraw().expect("the token is back").spend();
/// assert!(budget.withdraw().is_none());
/// ```
#[derive(Clone)]
pub struct Budget {
    account: Arc<Account>,
    deposits: bool,
}

impl Budget {
    /// Opens a budget on tokio's clock, which a test can pause and which works outside a runtime too.
    ///
    /// The clock is read when a token is asked for and at every 32nd deposit of a thread, so it need not be the cheapest.
    #[must_use]
    pub fn new(config: BudgetConfig) -> Self {
        Self::with_clock(config, TokioClock::new())
    }

    /// Opens a budget on a clock of the caller's choice.
    pub fn with_clock<C: Clock>(config: BudgetConfig, clock: C) -> Self {
        Self {
            account: Arc::new(Account {
                lanes: Lanes::new(lane::count()),
                earned: Earned::new(config.ratio),
                size: match config.cap {
                    Cap::Time(cap_time) => Size::Observed(Rate::new(cap_time, clock.now())),
                    Cap::Tokens(cap) => Size::Fixed(u64::from(cap) * Ratio::WHOLE),
                },
                floor: Floor::new(config.floor, config.floor_interval),
                now: Box::new(move || clock.now()),
            }),
            deposits: true,
        }
    }

    /// The same tokens for a layer that sits below the one that counts the calls: its deposits do nothing.
    ///
    /// Exactly one layer of a stack pays in, the outermost. Otherwise one call counts once per layer, and a second
    /// attempt of the outer layer counts as a first one of the inner layer.
    #[must_use]
    pub fn withdraw_only(&self) -> Self {
        Self {
            account: Arc::clone(&self.account),
            deposits: false,
        }
    }

    /// Pays in the share of one call; to be called once per call, before or after its first attempt.
    pub fn deposit(&self) {
        if self.deposits {
            self.account.deposit();
        }
    }

    /// Takes one token, or says that there is none. It goes back unless it is [spent](Withdrawal::spend).
    #[must_use]
    pub fn withdraw(&self) -> Option<Withdrawal> {
        self.withdraw_part(Ratio::percent(100))
    }

    /// Takes a part of a token, for an extra call that weighs less than others; else as [`withdraw`](Self::withdraw).
    #[must_use]
    pub fn withdraw_part(&self, part: Ratio) -> Option<Withdrawal> {
        let now = (self.account.now)();
        let cap = self.account.settle(now);
        let source = if self.account.earned.withdraw(part, cap) {
            Source::Earned
        } else if self.account.floor.withdraw(part, now) {
            Source::Floor
        } else {
            return None;
        };
        Some(Withdrawal {
            taken: Some((Arc::clone(&self.account), source, part)),
        })
    }

    /// How many whole tokens could be taken now.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        let now = (self.account.now)();
        let cap = self.account.settle(now);
        self.account.earned.tokens(cap) + self.account.floor.tokens(now)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(BudgetConfig::new())
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("tokens", &self.tokens())
            .field("deposits", &self.deposits)
            .finish()
    }
}

/// A token that was taken; goes back on drop, unless it is spent.
#[must_use = "a withdrawal that is dropped puts its token back"]
pub struct Withdrawal {
    taken: Option<(Arc<Account>, Source, Ratio)>,
}

impl Withdrawal {
    /// Uses the token up: the extra call is being made.
    pub fn spend(mut self) {
        if let Some((account, Source::Floor, part)) = self.taken.take() {
            account.floor.spend(part, (account.now)());
        }
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        match self.taken.take() {
            Some((account, Source::Earned, part)) => {
                account.earned.put_back(part, account.cap());
            }
            Some((account, Source::Floor, part)) => {
                account.floor.put_back(part, (account.now)());
            }
            None => {}
        }
    }
}

impl fmt::Debug for Withdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Withdrawal")
    }
}

struct Account {
    // What calls have paid in and the rest does not know of yet.
    lanes: Lanes,
    earned: Earned,
    size: Size,
    floor: Floor,
    // Read on the failing path and now and then, so the call through a pointer spares every holder of a budget a type parameter.
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// How many earned tokens are kept.
enum Size {
    Fixed(u64),
    Observed(Rate),
}

impl Account {
    #[inline]
    fn deposit(&self) {
        if let Some(calls) = self.lanes.count(lane::of_thread(self.lanes.len())) {
            self.book(calls);
        }
    }

    /// Takes the calls of a lane into account; those of all lanes where it is time to work the rate out.
    #[inline(never)]
    fn book(&self, mut calls: u64) {
        if let Size::Observed(rate) = &self.size {
            let now = (self.now)();
            if rate.is_due(now) {
                calls += self.lanes.collect();
            }
            rate.count(calls);
            rate.observe(now);
        }
        self.earned.deposit(calls, self.cap());
    }

    /// Takes all calls into account, and says how many tokens are kept at most.
    fn settle(&self, now: Timestamp) -> u64 {
        let calls = self.lanes.collect();
        if let Size::Observed(rate) = &self.size {
            rate.count(calls);
            rate.observe(now);
        }
        let cap = self.cap();
        self.earned.deposit(calls, cap);
        cap
    }

    fn cap(&self) -> u64 {
        match &self.size {
            Size::Fixed(cap) => *cap,
            Size::Observed(rate) => rate.cap(),
        }
    }
}

#[derive(Clone, Copy)]
enum Source {
    Earned,
    Floor,
}
