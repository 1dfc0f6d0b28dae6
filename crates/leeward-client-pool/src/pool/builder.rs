use super::{Counters, Inner, Pool, PoolError, credentials::SteadyCredentials, key::Clients};
use aws_config::{
    BehaviorVersion, environment::region::EnvironmentVariableRegionProvider,
    identity::IdentityCache, meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{
    pool::{Client, ConnectionEvent, ConnectionPool, DriverSpawner, Partition, PartitionId},
    proxy::ProxyConfig,
    tls::{self, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{box_error::BoxError, client::http::SharedHttpClient};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::{region::Region as AwsRegion, sdk_ua_metadata::FrameworkMetadata};
use leeward_error_taxonomy::Region;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// Sets a [`Pool`] up.
#[derive(Debug)]
#[must_use]
pub struct PoolBuilder {
    credentials: Option<SharedCredentialsProvider>,
    home: Option<Region>,
    endpoints: HashMap<Region, String>,
    max_connections_per_host: usize,
    idle_timeout: Duration,
    connect_timeout: Duration,
    read_timeout: Option<Duration>,
    proxy: bool,
}

impl Default for PoolBuilder {
    fn default() -> Self {
        Self {
            credentials: None,
            home: None,
            endpoints: HashMap::new(),
            max_connections_per_host: 64,
            // S3 closes what has been idle for some 20 s; the SDK's own 90 s keep connections that are dead.
            idle_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(1),
            read_timeout: Some(Duration::from_secs(60)),
            proxy: true,
        }
    }
}

impl PoolBuilder {
    /// Signs with these credentials. Default: the SDK's chain (environment, profile, SSO, web identity, container, IMDS).
    pub fn with_credentials(self, credentials: SharedCredentialsProvider) -> Self {
        Self {
            credentials: Some(credentials),
            ..self
        }
    }

    /// Asks STS and SSO for credentials in this Region. Default: that of the environment or the profile, else `us-east-1`.
    ///
    /// It has no bearing on clients, each of which states its own.
    pub fn with_home(self, region: Region) -> Self {
        Self {
            home: Some(region),
            ..self
        }
    }

    /// Sends what is meant for `region` to `url`: an emulator, a VPC endpoint, a proxy. Default: AWS's own endpoints.
    pub fn with_endpoint(mut self, region: Region, url: impl Into<String>) -> Self {
        self.endpoints.insert(region, url.into());
        self
    }

    /// Caps the connections to one host, those being opened included. Default: 64; zero is refused by [`build`](Self::build).
    pub fn with_max_connections_per_host(self, max_connections_per_host: usize) -> Self {
        Self {
            max_connections_per_host,
            ..self
        }
    }

    /// Closes a connection that was not used for this long. Default: 20 seconds.
    pub fn with_idle_timeout(self, idle_timeout: Duration) -> Self {
        Self {
            idle_timeout,
            ..self
        }
    }

    /// Gives up on opening a connection after this long. Default: 1 second, where the SDK waits 3.1.
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// Gives up on an answer that has not begun this long after its call, the wait for a connection and the sending of the
    /// request included. Default: 60 seconds, where the SDK waits for ever; `None` is for uploads that take longer.
    pub fn with_read_timeout(self, read_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            read_timeout: read_timeout.into(),
            ..self
        }
    }

    /// Connects directly. Default: by the proxy of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as with the SDK's own client.
    pub fn without_proxy(self) -> Self {
        Self {
            proxy: false,
            ..self
        }
    }

    /// Builds the pool, reading the environment and the profile files; it opens no connection.
    ///
    /// Connections and the loading of credentials belong to the tokio runtime that this is called in. Clients may be used from
    /// any other for as long as that one runs; afterwards every call fails at once and says so.
    ///
    /// The instance metadata service is never asked for a Region, which would cost a second where there is none; for
    /// credentials it is, last of the chain and when they are first needed.
    ///
    /// # Errors
    ///
    /// [`PoolError::NoRuntime`] outside of a tokio runtime, [`PoolError::Connections`] if the connections cannot be set up.
    pub async fn build(self) -> Result<Pool, PoolError> {
        let runtime = Handle::try_current().map_err(|_| PoolError::NoRuntime)?;
        let counters = Arc::new(Counters::default());
        let http = self
            .http_client(&counters, runtime.clone())
            .map_err(|source| PoolError::Connections { source })?;
        let mut timeouts = TimeoutConfig::builder().connect_timeout(self.connect_timeout);
        timeouts.set_read_timeout(self.read_timeout);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .identity_cache(IdentityCache::lazy().build())
            .region(home(self.home))
            .timeout_config(timeouts.build());
        if let Ok(name) = FrameworkMetadata::new("leeward", Some(env!("CARGO_PKG_VERSION"))) {
            loader = loader.framework_metadata(name);
        }
        if let Some(credentials) = self.credentials {
            loader = loader.credentials_provider(credentials);
        }
        let loaded = loader.load().await;
        let mut base = loaded.to_builder();
        if let Some(provider) = loaded.credentials_provider() {
            let steady = SteadyCredentials::new(provider, runtime);
            base.set_credentials_provider(Some(SharedCredentialsProvider::new(steady)));
        }
        let inner = Inner {
            base: base.build(),
            endpoints: self.endpoints,
            clients: Clients::default(),
            counters,
        };
        Ok(Pool {
            inner: Arc::new(inner),
        })
    }

    fn http_client(
        &self,
        counters: &Arc<Counters>,
        runtime: Handle,
    ) -> Result<SharedHttpClient, BoxError> {
        let counters = counters.clone();
        let home = PartitionId::from_index(0);
        let mut pool = ConnectionPool::builder()
            .partitions([Partition::new(home, DriverSpawner::tokio(runtime))])
            .max_connections_per_host(self.max_connections_per_host)
            .idle_timeout(self.idle_timeout)
            .event_listener(move |event: &ConnectionEvent<'_>| counters.observe(event));
        if self.proxy {
            pool = pool.proxy_config(ProxyConfig::from_env());
        }
        let pool = pool
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .build_https()?;
        Ok(SharedHttpClient::new(Client::from_partition(&pool, home)?))
    }
}

/// The chain must end in a Region: the SDK's credential and token chains ask the metadata service when it is empty.
fn home(given: Option<Region>) -> RegionProviderChain {
    let given = given.map(|region| AwsRegion::new(region.as_str().to_owned()));
    RegionProviderChain::first_try(given)
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(AwsRegion::from_static("us-east-1"))
}
