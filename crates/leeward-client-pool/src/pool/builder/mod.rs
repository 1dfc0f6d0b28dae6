//! How a pool is set up: a file for each thing that there is to say of it, and `build` for what comes of it.

mod build;
mod clients;
mod connections;
mod identity;
mod passing;
mod time;

use super::endpoints::Endpoints;
use crate::{Environment, GuardConfig, Identity, http::HttpLayers};
use aws_smithy_async::{
    rt::sleep::{SharedAsyncSleep, TokioSleep},
    time::SharedTimeSource,
};
use leeward_error_taxonomy::Region;
use std::time::Duration;

#[cfg(doc)]
use super::Pool;

/// Sets a [`Pool`] up.
///
/// Every number of which nothing is said is that of the [`Environment`].
#[derive(Debug)]
#[must_use]
pub struct PoolBuilder {
    environment: Option<Environment>,
    identity: Identity,
    region: Option<Region>,
    endpoints: Endpoints,
    max_connections_per_host: Option<usize>,
    max_waiting_per_host: Option<usize>,
    max_connection_wait: Option<Duration>,
    idle_timeout: Option<Duration>,
    keepalive: Option<Option<Duration>>,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Option<Duration>>,
    attempt_timeout: Option<Option<Duration>>,
    operation_timeout: Option<Option<Duration>>,
    attempts: Option<u32>,
    proxy: bool,
    roots: Vec<Vec<u8>>,
    layers: HttpLayers,
    guard: Option<GuardConfig>,
    fips: Option<bool>,
    dual_stack: Option<bool>,
    sts_regions: Option<Vec<Region>>,
    sts_timeout: Duration,
    max_identities: usize,
    max_clients: usize,
    time_to_live: Duration,
    negative_entry: Duration,
    making_timeout: Duration,
    time: SharedTimeSource,
    sleep: SharedAsyncSleep,
}

impl Default for PoolBuilder {
    fn default() -> Self {
        Self {
            environment: None,
            identity: Identity::DEFAULT,
            region: None,
            endpoints: Endpoints::default(),
            max_connections_per_host: None,
            max_waiting_per_host: None,
            max_connection_wait: None,
            idle_timeout: None,
            keepalive: None,
            connect_timeout: None,
            read_timeout: None,
            attempt_timeout: None,
            operation_timeout: None,
            attempts: None,
            proxy: true,
            roots: Vec::new(),
            layers: HttpLayers::default(),
            guard: Some(GuardConfig::new()),
            fips: None,
            dual_stack: None,
            sts_regions: None,
            sts_timeout: Duration::from_secs(1),
            max_identities: 1024,
            max_clients: 4096,
            time_to_live: Duration::from_secs(60 * 60),
            negative_entry: Duration::from_secs(1),
            making_timeout: Duration::from_secs(30),
            time: SharedTimeSource::default(),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }
}
