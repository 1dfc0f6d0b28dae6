#![doc = include_str!("../README.md")]

mod account;
mod callers;
mod client;
mod error;
mod resource;
mod service;
mod shape;

pub use client::Resources;
pub use error::ResourceError;
pub use resource::Resource;

// What the signatures here name.
pub use leeward_client_pool::{Arn, Identity, Pool, regional::InvalidResourceName};
