//! Caps the extra calls of retries, hedges and fail-over as a share of the traffic.
//!
//! **What it does to a call.** Nothing to the call itself. Each one [pays in](Budget::deposit) a share of a token, and
//! whoever wants to send a request again must first [take](Budget::withdraw) a whole one. It goes back if the extra call is
//! not made, and if it turns out not to have been sent.
//!
//! **When it acts.** When tokens run out: more calls fail than the [ratio](BudgetConfig::with_ratio) allows to be sent
//! again. The [cap](BudgetConfig::with_cap_time) bounds what a quiet hour can save up and follows the rate of calls, the
//! [floor](BudgetConfig::with_floor) lets a process with hardly any traffic try again at all.
//!
//! **What callers then see.** The failure of the attempt that was made, unchanged.
//!
//! **Where it goes.** One budget is shared by every layer that sends again; only the outermost pays in, the others hold it
//! as [`withdraw_only`](Budget::withdraw_only).
//!
//! ```
//! use leeward_resilience::{Budget, BudgetConfig, Ratio, RetryLayer, RetryPolicy};
//!
//! let budget = Budget::new(BudgetConfig::new().with_ratio(Ratio::percent(20)));
//! let retry = RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone());
//! let for_the_router_below = budget.withdraw_only();
//! ```

mod account;
mod atomic;
mod config;
mod earned;
mod floor;
mod lanes;
#[cfg(all(test, leeward_loom))]
mod model;
mod payment;
mod rate;

pub use account::{Budget, Withdrawal};
pub use config::BudgetConfig;
pub(crate) use payment::Payment;
