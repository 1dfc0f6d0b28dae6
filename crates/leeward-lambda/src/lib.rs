#![doc = include_str!("../README.md")]

mod client;
mod function;
mod function_error;
mod invocation;
mod invoke;
mod name;
mod payload;
mod service;

pub use client::Lambda;
pub use function::FunctionSummary;
pub use function_error::FunctionError;
pub use invocation::Invocation;
pub use invoke::Invoked;
pub use name::{Function, FunctionName, FunctionVersion, Qualifier};
pub use payload::{MAX_EVENT_PAYLOAD, MAX_PAYLOAD, PayloadError};

// What the signatures here name.
pub use leeward_client_pool::{Caller, Collected, Pages, regional::InvalidResourceName};
