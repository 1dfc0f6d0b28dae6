//! The connections that all clients share.
//!
//! One pool for all services and Regions, capped per host (scheme, name, port). Before the cap there is a [`line`], as long as
//! the cap is wide: a call that waits does so by the order in which it came, under no read timeout, and is refused unsent when
//! the line is full or takes too long. AWS speaks HTTP/1.1, where a call has a connection to itself; where a server speaks
//! HTTP/2, calls share connections and the cap bounds the calls. A host that fell silent costs only those who call it: lines,
//! caps and [`darkness`] are each host's own.

mod darkness;
mod groups;
mod held;
mod host;
mod line;
mod origin;
mod origins;
mod stats;
mod ways;

pub(crate) use held::hold;
pub(crate) use line::Permit;
pub(crate) use origin::Origin;
pub use stats::{ConnectionStats, HostStats};
pub(crate) use ways::{Sending, Ways};

use crate::tasks::Tasks;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_http_client::{
    pool::{
        Client, ConnectionEvent, ConnectionPool, ConnectionReuseScope, DriverSpawner, OriginKey,
        Partition,
    },
    proxy::ProxyConfig,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{HttpClient, HttpConnectorSettings},
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use groups::Groups;
use http::Uri;
use line::Bounds;
use origins::Origins;
use stats::Counters;
use std::{fmt, sync::Arc, time::Duration};

/// How connections are opened, shared and closed.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) per_host: usize,
    pub(crate) waiting_per_host: usize,
    /// How long a call waits for a connection at most.
    pub(crate) max_wait: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) proxy: bool,
    /// Certificates in PEM that are trusted besides those of the system.
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) time: SharedTimeSource,
}

/// The bound of hosts that are told apart.
const MAX_HOSTS: usize = 1024;

#[derive(Clone)]
pub(crate) struct Connections {
    pool: ConnectionPool,
    clients: Arc<[Client]>,
    groups: Groups,
    origins: Arc<Origins>,
    counters: Arc<Counters>,
    max_wait: Duration,
}

impl Connections {
    pub(crate) fn open(config: Config, tasks: &Tasks) -> Result<Self, BoxError> {
        let counters = Arc::new(Counters::default());
        let groups = Groups::new(Some(config.idle_timeout));
        let bounds = Bounds {
            passing: config.per_host,
            waiting: config.waiting_per_host,
            wait: config.max_wait,
        };
        let origins = Arc::new(Origins::new(bounds, groups.clone(), MAX_HOSTS));
        let drivers = tasks.clone();
        let spawner = DriverSpawner::from_fn(move |driver| {
            drivers.spawn(driver);
        });
        let partitions = groups.partitions();
        let (seen, seen_by_host) = (counters.clone(), origins.clone());
        let mut pool = ConnectionPool::builder()
            .partitions(partitions.map(|id| Partition::new(id, spawner.clone())))
            .connection_reuse_scope(ConnectionReuseScope::Partition)
            .max_connections_per_host(config.per_host)
            .idle_timeout(config.idle_timeout)
            .tcp_keepalive(config.keepalive)
            .time_source(config.time)
            .event_listener(move |event: &ConnectionEvent<'_>| {
                observe(event, &seen, &seen_by_host);
            });
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
        let clients = groups
            .partitions()
            .map(|id| Client::from_partition(&pool, id));
        Ok(Self {
            clients: clients.collect::<Result<_, _>>()?,
            pool,
            groups,
            origins,
            counters,
            max_wait: config.max_wait,
        })
    }

    /// How long a call waits for a connection at most.
    pub(crate) const fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// What is known of the host that is called.
    pub(crate) fn origin(&self, uri: &Uri) -> Arc<Origin> {
        self.origins.of(uri)
    }

    /// The ways out with these timeouts.
    pub(crate) fn ways(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> Ways {
        Ways::new(&self.clients, &self.groups, settings, components)
    }

    pub(crate) fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.clients[0], components, config)
    }

    pub(crate) fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.clients[0], components, config)
    }

    pub(crate) fn metadata(&self) -> Option<ConnectorMetadata> {
        self.clients[0].connector_metadata()
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        let origins = self.origins.all();
        let mut hosts: Vec<_> = origins
            .iter()
            .map(|origin| origin.stats(&self.pool))
            .collect();
        hosts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        ConnectionStats {
            hosts,
            ..self.counters.read()
        }
    }
}

fn observe(event: &ConnectionEvent<'_>, counters: &Counters, origins: &Origins) {
    let count = |key: &OriginKey, count: fn(&Counters)| {
        count(counters);
        if let Some(origin) = origins.known(key) {
            count(&origin.counters);
        }
    };
    match event {
        ConnectionEvent::Opened(opened) => {
            count(opened.establishment().origin(), Counters::opened);
        }
        ConnectionEvent::PhysicalClose(closed) => {
            count(closed.connection().origin(), Counters::closed);
        }
        ConnectionEvent::EstablishmentFailed(failed) => {
            count(failed.establishment().origin(), Counters::failed);
        }
        _ => {}
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
