//! From a trace to figures.
//!
//! The fault of a scenario divides a run. Unless it says otherwise, a figure is of the operations that began while the fault
//! lasted; of a scenario without one, of those after the first ten seconds.

mod figures;
mod quantile;
mod traffic;

pub use figures::Figures;
pub(super) use quantile::{median, quantile};
pub(super) use traffic::{Bin, bins};
