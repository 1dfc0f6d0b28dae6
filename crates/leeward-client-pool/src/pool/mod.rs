//! One pool of connections and one cache of credentials for all clients of a process.

mod builder;
mod client;
mod credentials;
mod error;
mod key;
mod maker;
mod stats;

pub use builder::PoolBuilder;
pub use client::AwsClient;
pub use error::PoolError;
pub use key::Retries;
pub use maker::Maker;
pub use stats::PoolStats;

use crate::Target;
use aws_smithy_types::retry::RetryConfig;
use aws_types::{SdkConfig, origin::Origin};
use key::Clients;
use leeward_error_taxonomy::Region;
use stats::Counters;
use std::{collections::HashMap, fmt, sync::Arc};

/// Hands out AWS clients that share connections and credentials.
///
/// A clone is the same pool. A client is made once for each type, Region and answer to "who retries?", then cloned. The pool
/// lives on the tokio runtime it was [built](PoolBuilder::build) in; clients may be used from others while that one runs.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    base: SdkConfig,
    endpoints: HashMap<Region, String>,
    clients: Clients,
    counters: Arc<Counters>,
}

impl Pool {
    /// Begins a pool: default credential chain, AWS's own endpoints.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }

    /// A client for calls made without layers: the SDK retries.
    #[must_use]
    pub fn client<C: AwsClient>(&self, region: &Region) -> C {
        self.cached(region, Retries::Sdk)
    }

    /// A service for a stack of layers: they retry, so the SDK does not.
    #[must_use]
    pub fn target<C: AwsClient>(&self, region: &Region) -> Target<C> {
        Target::new(self.cached(region, Retries::Layers), region.clone())
    }

    /// A service that makes a [`Target`] for any Region, as the Region router asks for.
    #[must_use]
    pub fn maker<C: AwsClient>(&self) -> Maker<C> {
        Maker::new(self.clone())
    }

    /// The SDK's configuration for a Region, to make a client of any service with.
    ///
    /// Such a client shares connections and credentials; it is not cached, and what it costs to make is paid each time.
    #[must_use]
    pub fn config(&self, region: &Region, retries: Retries) -> SdkConfig {
        let region_name = aws_types::region::Region::new(region.as_str().to_owned());
        let mut config = self.inner.base.to_builder().region(region_name);
        if let Some(endpoint) = self.inner.endpoints.get(region) {
            config.set_endpoint_url(Some(endpoint.clone()));
            // What is said here is meant; AWS_ENDPOINT_URL_KMS would win otherwise, and send every Region to one place.
            config.insert_origin("endpoint_url", Origin::shared_config());
        }
        if retries == Retries::Layers {
            config.set_retry_config(Some(RetryConfig::disabled()));
        }
        config.build()
    }

    /// How many clients and connections there are.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.counters.read(self.inner.clients.len())
    }

    fn cached<C: AwsClient>(&self, region: &Region, retries: Retries) -> C {
        let make = || C::from_config(&self.config(region, retries));
        self.inner.clients.get_or_make(region, retries, make)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
