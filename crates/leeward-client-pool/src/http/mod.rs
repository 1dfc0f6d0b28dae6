//! What a request passes on its way out: tower layers over `http` types, for all clients of a pool.
//!
//! **What it does to a call.** Each attempt of each client goes through the one stack that the pool builds: the user's own
//! layers, the id of the user's choice, [`trace`], and at the end [`dispatch`], which waits where there is something to wait
//! for, counts, and sends. The SDK's own part (credentials, signature, retries) lies above, so that a header which is added here
//! is not signed.
//!
//! **When it acts.** Once for each attempt, retries of the SDK included, and for the calls that load credentials.
//!
//! **What callers then see.** The SDK's own errors; a layer fails with [`ConnectorError`].

mod client;
mod dispatch;
mod layers;
mod patience;
mod query;
mod stats;
mod trace;

pub(crate) use client::StackClient;
pub use layers::HttpService;
pub(crate) use layers::{HttpLayers, Stack};
pub(crate) use patience::Patience;
pub use stats::HttpStats;

#[cfg(doc)]
use aws_smithy_runtime_api::client::result::ConnectorError;
