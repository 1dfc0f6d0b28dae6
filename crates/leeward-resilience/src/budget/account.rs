use std::{fmt, sync::Arc};

use super::{BudgetConfig, earned::Earned, floor::Floor};
use crate::{Clock, Timestamp, TokioClock};

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
    /// The clock is read only when a token is asked for and none was paid in, so it need not be the cheapest.
    #[must_use]
    pub fn new(config: BudgetConfig) -> Self {
        Self::with_clock(config, TokioClock::new())
    }

    /// Opens a budget on a clock of the caller's choice.
    pub fn with_clock<C: Clock>(config: BudgetConfig, clock: C) -> Self {
        Self {
            account: Arc::new(Account {
                earned: Earned::new(config.ratio, config.cap),
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
            self.account.earned.deposit();
        }
    }

    /// Takes one token, or says that there is none. It goes back unless it is [spent](Withdrawal::spend).
    #[must_use]
    pub fn withdraw(&self) -> Option<Withdrawal> {
        let source = if self.account.earned.withdraw() {
            Source::Earned
        } else if self.account.floor.withdraw((self.account.now)()) {
            Source::Floor
        } else {
            return None;
        };
        Some(Withdrawal {
            account: Some((Arc::clone(&self.account), source)),
        })
    }

    /// How many whole tokens could be taken now.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.account.earned.tokens() + self.account.floor.tokens((self.account.now)())
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
    account: Option<(Arc<Account>, Source)>,
}

impl Withdrawal {
    /// Uses the token up: the extra call is being made.
    pub fn spend(mut self) {
        self.account = None;
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        match self.account.take() {
            Some((account, Source::Earned)) => account.earned.put_back(),
            Some((account, Source::Floor)) => account.floor.put_back(),
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
    earned: Earned,
    floor: Floor,
    // Read on the failing path only, so the call through a pointer spares every holder of a budget a type parameter.
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

#[derive(Clone, Copy)]
enum Source {
    Earned,
    Floor,
}
