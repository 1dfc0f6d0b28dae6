#![doc = include_str!("../README.md")]

mod advice;
mod aws_error;
mod category;
mod chain;
mod classify;
mod codes;
mod erased;
mod facts;
mod failure;
mod iam_action;
mod obstacle;
mod operation;
mod redact;
mod region;
mod rejected;
#[cfg(feature = "sdk")]
mod sdk;

pub use advice::Advice;
pub use aws_error::AwsError;
pub use category::Category;
pub use classify::Classify;
pub use codes::Meaning;
pub use facts::{Facts, Stage, Verdict};
pub use failure::Failure;
pub use iam_action::IamAction;
pub use obstacle::Obstacle;
pub use operation::OperationName;
pub use redact::redact;
pub use region::{InvalidRegion, Region};
pub use rejected::{Attempt, Rejected};
#[cfg(feature = "sdk")]
pub use sdk::CallContext;
