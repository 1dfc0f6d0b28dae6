#![doc = include_str!("../README.md")]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "contracts")]
pub mod contracts;
#[cfg(any(feature = "aws", feature = "sim"))]
mod latency;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "aws")]
pub use aws::{
    ACCESS_KEY_ID, ACCOUNT_ID, Aws, AwsBuilder, Counts, Fault, FaultRule, Faults, RoleSession,
    Roles, RotationRefused, SECRET_ACCESS_KEY, Scope, SecretRotation, Secrets, StartError, Tally,
    stand_in,
};
#[cfg(any(feature = "aws", feature = "sim"))]
pub use latency::Latency;
#[cfg(feature = "log")]
pub use log::Log;
