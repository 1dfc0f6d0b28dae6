#![doc = include_str!("../README.md")]

mod category;
mod classify;
#[cfg(feature = "sdk")]
mod codes;
mod facts;
mod operation;
mod region;
mod rejected;
#[cfg(feature = "sdk")]
mod sdk;

pub use category::Category;
pub use classify::Classify;
pub use facts::{Facts, Failure, Stage, Verdict};
pub use operation::OperationName;
pub use region::{InvalidRegion, Region};
pub use rejected::{Attempt, Rejected};
