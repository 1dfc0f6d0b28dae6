//! Caps the extra calls of retries, hedges and fail-over as a share of the traffic.

mod account;
mod config;
mod earned;
mod floor;

pub use account::{Budget, Withdrawal};
pub use config::BudgetConfig;
