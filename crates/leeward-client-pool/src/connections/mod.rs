//! The connections that all clients share.

mod stats;

pub use stats::ConnectionStats;

use crate::tasks::Tasks;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_http_client::{
    pool::{Client, ConnectionEvent, ConnectionPool, DriverSpawner, Partition, PartitionId},
    proxy::ProxyConfig,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{box_error::BoxError, client::http::SharedHttpClient};
use stats::Counters;
use std::{fmt, sync::Arc, time::Duration};

/// How connections are opened, shared and closed.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) per_host: usize,
    pub(crate) waiting_per_host: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) proxy: bool,
    /// Certificates in PEM that are trusted besides those of the system.
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) time: SharedTimeSource,
}

pub(crate) struct Connections {
    http: SharedHttpClient,
    counters: Arc<Counters>,
}

impl Connections {
    pub(crate) fn open(config: Config, tasks: &Tasks) -> Result<Self, BoxError> {
        let counters = Arc::new(Counters::default());
        let observer = counters.clone();
        let home = PartitionId::from_index(0);
        let drivers = tasks.clone();
        let spawner = DriverSpawner::from_fn(move |driver| {
            drivers.spawn(driver);
        });
        let mut pool = ConnectionPool::builder()
            .partitions([Partition::new(home, spawner)])
            .max_connections_per_host(config.per_host)
            .idle_timeout(config.idle_timeout)
            .tcp_keepalive(config.keepalive)
            .time_source(config.time)
            .event_listener(move |event: &ConnectionEvent<'_>| observer.observe(event));
        if config.proxy {
            pool = pool.proxy_config(ProxyConfig::from_env());
        }
        let mut pool = pool.tls_provider(tls::Provider::Rustls(CRYPTO));
        if !config.roots.is_empty() {
            let mut trusted = TrustStore::default();
            for pem in config.roots {
                trusted = trusted.with_pem_certificate(pem);
            }
            pool = pool.tls_context(TlsContext::builder().with_trust_store(trusted).build()?);
        }
        let pool = pool.build_https()?;
        let http = SharedHttpClient::new(Client::from_partition(&pool, home)?);
        Ok(Self { http, counters })
    }

    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.http.clone()
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        self.counters.read()
    }
}

#[cfg(not(leeward_fips))]
const CRYPTO: CryptoMode = CryptoMode::AwsLc;
#[cfg(leeward_fips)]
const CRYPTO: CryptoMode = CryptoMode::AwsLcFips;

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
