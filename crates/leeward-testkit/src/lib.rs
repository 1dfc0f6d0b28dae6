#![doc = include_str!("../README.md")]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contracts")]
pub mod contracts;

#[cfg(feature = "aws")]
pub use aws::{
    ACCESS_KEY_ID, ACCOUNT_ID, Aws, AwsBuilder, Counts, Fault, FaultRule, Faults, Latency,
    RoleSession, Roles, SECRET_ACCESS_KEY, Scope, StartError, Tally,
};
