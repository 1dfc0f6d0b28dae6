use super::{Inner, Pool, PoolError, endpoints::Endpoints};
use crate::{
    ClientError, Environment, GuardConfig, HttpService, Identity, Role,
    cache::Clients,
    connections::{self, Connections},
    credentials,
    environment::Numbers,
    guard::Guard,
    http::{HttpLayers, Stack, StackClient},
    identity::Partition,
    tasks::Tasks,
};
use aws_config::{
    BehaviorVersion, environment::region::EnvironmentVariableRegionProvider,
    identity::IdentityCache, meta::region::ProvideRegion, profile::ProfileFileRegionProvider,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{
    rt::sleep::{SharedAsyncSleep, TokioSleep},
    time::SharedTimeSource,
};
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient, result::ConnectorError,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{region::Region as AwsRegion, sdk_ua_metadata::FrameworkMetadata};
use http::{HeaderName, Request, Response};
use leeward_error_taxonomy::Region;
use std::{hash::RandomState, sync::Arc, time::Duration};
use tokio::runtime::Handle;
use tower_layer::Layer;
use tower_service::Service;

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
            // The library alone is not enough: the endpoints are to be validated too.
            fips: cfg!(feature = "fips").then_some(true),
            dual_stack: None,
            sts_regions: None,
            sts_timeout: Duration::from_secs(1),
            max_identities: 1024,
            max_clients: 1024,
            time_to_live: Duration::from_secs(60 * 60),
            negative_entry: Duration::from_secs(1),
            making_timeout: Duration::from_secs(30),
            time: SharedTimeSource::default(),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }
}

/// As whom, and where.
impl PoolBuilder {
    /// Starts from the numbers of this environment. Default: [`Environment::from_env`].
    pub fn with_environment(self, environment: Environment) -> Self {
        Self {
            environment: Some(environment),
            ..self
        }
    }

    /// Signs with these credentials. Default: the SDK's chain (environment, profile, SSO, web identity, container, IMDS).
    pub fn with_credentials(self, credentials: SharedCredentialsProvider) -> Self {
        self.with_identity(Identity::provider(credentials))
    }

    /// Signs with these keys.
    pub fn with_keys(self, keys: Credentials) -> Self {
        self.with_identity(Identity::keys(keys))
    }

    /// Calls as this identity wherever none is named: a role, a profile, given keys.
    pub fn with_identity(self, identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            ..self
        }
    }

    /// Asks STS in these Regions for the sessions of roles, in this order, after the pool's own Region.
    ///
    /// A Region that gives no answer in time, is overloaded or has STS switched off is passed over for the next one; who
    /// answered instead goes first for ten minutes. Regions of another partition than the role's are never asked. Default:
    /// `us-east-1`, `us-west-2`, `eu-west-1`, and their like in other partitions, where STS is always active.
    pub fn with_sts_regions(self, regions: impl IntoIterator<Item = Region>) -> Self {
        Self {
            sts_regions: Some(regions.into_iter().collect()),
            ..self
        }
    }

    /// Gives the STS of one Region this long for its answer, connecting included. Default: a second.
    pub fn with_sts_timeout(self, sts_timeout: Duration) -> Self {
        Self {
            sts_timeout,
            ..self
        }
    }

    /// Keeps the credentials of at most so many identities; past it the one that a client was made for longest ago is
    /// forgotten, while its clients go on. Default: 1024.
    pub fn with_max_identities(self, max_identities: usize) -> Self {
        Self {
            max_identities,
            ..self
        }
    }

    /// Calls this Region wherever none is named, STS and SSO included. Default: that of the environment, else of the profile.
    ///
    /// Where there is none at all, clients must name theirs, and credentials are asked for in `us-east-1`.
    pub fn with_region(self, region: Region) -> Self {
        Self {
            region: Some(region),
            ..self
        }
    }

    /// Sends what is meant for `region` to `url`: an emulator, a VPC endpoint, a proxy. Default: AWS's own endpoints.
    pub fn with_endpoint(mut self, region: Region, url: impl Into<String>) -> Self {
        self.endpoints.set(region, url.into());
        self
    }

    /// Sends what is meant for a service in `region` to `url`, before what is said of the whole Region.
    ///
    /// The service is named as its feature here is, `kms`; `sts` is where roles are assumed too.
    pub fn with_service_endpoint(
        mut self,
        service: impl Into<String>,
        region: Region,
        url: impl Into<String>,
    ) -> Self {
        self.endpoints
            .set_for_service(service.into(), region, url.into());
        self
    }

    /// Uses the endpoints that are validated by FIPS 140. Default: with the feature `fips`, else as the environment says.
    pub fn with_fips(self, fips: bool) -> Self {
        Self {
            fips: Some(fips),
            ..self
        }
    }

    /// Uses the endpoints that have IPv6 too. Default: as the environment says.
    pub fn with_dual_stack(self, dual_stack: bool) -> Self {
        Self {
            dual_stack: Some(dual_stack),
            ..self
        }
    }
}

/// Connections.
impl PoolBuilder {
    /// Caps the connections to one host, those being opened included; zero is refused by [`build`](Self::build).
    pub fn with_max_connections_per_host(self, max_connections_per_host: usize) -> Self {
        Self {
            max_connections_per_host: Some(max_connections_per_host),
            ..self
        }
    }

    /// Caps the calls that wait for a connection to one host; one more is refused at once, unsent.
    pub fn with_max_waiting_per_host(self, max_waiting_per_host: usize) -> Self {
        Self {
            max_waiting_per_host: Some(max_waiting_per_host),
            ..self
        }
    }

    /// Lets a call wait so long for a connection; then it is refused, unsent. Default: half of the attempt timeout, so that the
    /// other half is left for the call; a minute where there is none.
    ///
    /// A client with an attempt or operation timeout of its own waits for half of that at most. The wait is no part of the read
    /// timeout and is never tried again by the SDK.
    pub fn with_max_connection_wait(self, max_connection_wait: Duration) -> Self {
        Self {
            max_connection_wait: Some(max_connection_wait),
            ..self
        }
    }

    /// Closes a connection that was not used for this long.
    pub fn with_idle_timeout(self, idle_timeout: Duration) -> Self {
        Self {
            idle_timeout: Some(idle_timeout),
            ..self
        }
    }

    /// Probes a connection that is silent for this long by TCP keepalive; `None` for never.
    pub fn with_tcp_keepalive(self, keepalive: impl Into<Option<Duration>>) -> Self {
        Self {
            keepalive: Some(keepalive.into()),
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

    /// Trusts the certificates of this PEM besides those of the system: of a private endpoint, of an inspecting proxy.
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }
}

/// What calls pass.
impl PoolBuilder {
    /// Puts a tower layer around the sending of every request, outside of those that were added later and of the pool's own.
    ///
    /// It sees each attempt of each client, retries of the SDK and the calls for credentials included, after they are signed:
    /// a header that it adds is not. The layer is applied once, so that what it counts or limits is the pool's. For layers
    /// that change the type of the body or of the error, tower has `map_response` and `map_err`.
    ///
    /// ```
    /// use aws_smithy_types::body::SdkBody;
    /// use http::{HeaderValue, Request};
    /// use leeward_client_pool::Pool;
    /// use tower::util::MapRequestLayer;
    ///
    /// let tagged = MapRequestLayer::new(|mut request: Request<SdkBody>| {
    ///     request.headers_mut().insert("x-team", HeaderValue::from_static("ledger"));
    ///     request
    /// });
    /// let builder = Pool::builder().with_http_layer(tagged);
    /// # let _ = builder;
    /// ```
    pub fn with_http_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: Service<Request<SdkBody>, Response = Response<SdkBody>, Error = ConnectorError>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<SdkBody>>>::Future: Send + 'static,
    {
        self.layers.push(layer);
        self
    }

    /// Sends the SDK's id of the call, the same for all its attempts, under this name too, unless the header is there. Default:
    /// only as `amz-sdk-invocation-id`.
    pub fn with_request_id_header(mut self, name: HeaderName) -> Self {
        self.layers.set_id_header(name);
        self
    }

    /// Guards the clients that retry by themselves by these numbers. Default: [`GuardConfig::new`].
    pub fn with_guard(self, guard: GuardConfig) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// Guards no client.
    pub fn without_guard(self) -> Self {
        Self {
            guard: None,
            ..self
        }
    }
}

/// Time.
impl PoolBuilder {
    /// Gives up on opening a connection after this long.
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout: Some(connect_timeout),
            ..self
        }
    }

    /// Gives up on an answer that has not begun this long after its request was given a connection; `None` for never.
    pub fn with_read_timeout(self, read_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            read_timeout: Some(read_timeout.into()),
            ..self
        }
    }

    /// Gives up on an attempt after this long, the wait for a connection and for credentials included; `None` for never.
    pub fn with_attempt_timeout(self, attempt_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            attempt_timeout: Some(attempt_timeout.into()),
            ..self
        }
    }

    /// Gives up on a call after this long, all attempts and pauses of the SDK included; `None` for never.
    pub fn with_operation_timeout(self, operation_timeout: impl Into<Option<Duration>>) -> Self {
        Self {
            operation_timeout: Some(operation_timeout.into()),
            ..self
        }
    }

    /// Sends a call of a bare client at most so often, the first time included; zero counts as one.
    pub fn with_attempts(self, attempts: u32) -> Self {
        Self {
            attempts: Some(attempts),
            ..self
        }
    }

    /// Reads this clock for credentials, signatures and the age of clients. Default: the system's.
    pub fn with_time_source(self, time: SharedTimeSource) -> Self {
        Self { time, ..self }
    }

    /// Waits by this clock. Default: tokio's.
    pub fn with_sleep(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
    }
}

/// Clients.
impl PoolBuilder {
    /// Keeps at most so many clients; past it the one that was used longest ago is forgotten. Default: 1024.
    pub fn with_max_clients(self, max_clients: usize) -> Self {
        Self {
            max_clients,
            ..self
        }
    }

    /// Makes a client anew when it is this old, by the side and five minutes before. Default: an hour.
    ///
    /// One with fixed credentials is kept no longer than to five minutes before they expire.
    pub fn with_time_to_live(self, time_to_live: Duration) -> Self {
        Self {
            time_to_live,
            ..self
        }
    }

    /// Gives the same answer for this long where a client could not be made, before it is tried again. Default: a second.
    pub fn with_negative_entry(self, negative_entry: Duration) -> Self {
        Self {
            negative_entry,
            ..self
        }
    }

    /// Gives up on making a client after this long; it is its credentials that take time. Default: 30 seconds.
    pub fn with_making_timeout(self, making_timeout: Duration) -> Self {
        Self {
            making_timeout,
            ..self
        }
    }
}

impl PoolBuilder {
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
    /// [`PoolError`], which says what to set otherwise.
    pub async fn build(self) -> Result<Pool, PoolError> {
        let runtime = Handle::try_current().map_err(|_| PoolError::NoRuntime)?;
        let numbers = self.numbers()?;
        self.check(&numbers)?;
        let tasks = Tasks::on(runtime);
        let connections = Connections::open(self.connections(&numbers), &tasks)
            .map_err(|source| PoolError::Connections { source })?;
        let guard = self.guard;
        let guard = guard.map(|guard| Guard::new(guard, self.attempt_timeout(&numbers)));
        let http = Arc::new(Stack::new(self.layers, connections.clone()));
        let home = match &self.region {
            Some(region) => Some(region.clone()),
            None => configured_region().await?,
        };
        if let (Some(role), Some(home)) = (self.identity.as_role(), &home) {
            same_partition(role, home)?;
        }
        let mut timeouts = TimeoutConfig::builder().connect_timeout(numbers.connect_timeout);
        timeouts.set_read_timeout(self.read_timeout.unwrap_or(Some(numbers.read_timeout)));
        let attempt = self
            .attempt_timeout
            .unwrap_or(Some(numbers.attempt_timeout));
        timeouts.set_operation_attempt_timeout(attempt);
        let operation = self.operation_timeout;
        timeouts.set_operation_timeout(operation.unwrap_or(Some(numbers.operation_timeout)));
        // A chain without a Region asks the metadata service for one.
        let chain = home.as_ref().map_or("us-east-1", Region::as_str).to_owned();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(SharedHttpClient::new(StackClient::new(http.clone())))
            // Credentials are cached by their providers here, which never drop what is still good.
            .identity_cache(IdentityCache::no_cache())
            .region(AwsRegion::new(chain))
            .retry_config(RetryConfig::standard().with_max_attempts(numbers.attempts.max(1)))
            .timeout_config(timeouts.build())
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .upload_enabled(true)
                    .download_enabled(true)
                    .grace_period(connections.max_wait().saturating_add(STALLED))
                    .build(),
            )
            .time_source(self.time.clone())
            .sleep_impl(self.sleep.clone());
        if let Ok(name) = FrameworkMetadata::new("leeward", Some(env!("CARGO_PKG_VERSION"))) {
            loader = loader.framework_metadata(name);
        }
        if let Some(fips) = self.fips {
            loader = loader.use_fips(fips);
        }
        if let Some(dual_stack) = self.dual_stack {
            loader = loader.use_dual_stack(dual_stack);
        }
        let base = loader.load().await;
        let providers = credentials::Setting {
            base: base.clone(),
            own: self.identity,
            max_identities: self.max_identities,
            endpoints: self.endpoints.clone(),
            home: home.clone(),
            sts_regions: self.sts_regions,
            sts_timeout: self.sts_timeout,
            tasks: tasks.clone(),
            time: self.time.clone(),
            sleep: self.sleep.clone(),
        };
        let inner = Inner {
            providers: providers.open(),
            base,
            home,
            endpoints: self.endpoints,
            connections,
            http,
            guard,
            clients: Clients::new(self.max_clients),
            tasks,
            time: self.time,
            sleep: self.sleep,
            digests: RandomState::new(),
            time_to_live: self.time_to_live,
            negative_entry: self.negative_entry,
            making_timeout: self.making_timeout,
        };
        Ok(Pool {
            inner: Arc::new(inner),
        })
    }

    /// The environment's numbers, where nothing else was said.
    fn numbers(&self) -> Result<Numbers, PoolError> {
        let environment = match self.environment {
            Some(environment) => environment,
            None => Environment::from_env()?,
        };
        let numbers = environment.numbers();
        Ok(Numbers {
            connect_timeout: self.connect_timeout.unwrap_or(numbers.connect_timeout),
            connections_per_host: self
                .max_connections_per_host
                .unwrap_or(numbers.connections_per_host),
            waiting_per_host: self
                .max_waiting_per_host
                .unwrap_or(numbers.waiting_per_host),
            idle_timeout: self.idle_timeout.unwrap_or(numbers.idle_timeout),
            keepalive: self.keepalive.unwrap_or(numbers.keepalive),
            attempts: self.attempts.unwrap_or(numbers.attempts),
            ..numbers
        })
    }

    fn attempt_timeout(&self, numbers: &Numbers) -> Option<Duration> {
        self.attempt_timeout
            .unwrap_or(Some(numbers.attempt_timeout))
    }

    fn check(&self, numbers: &Numbers) -> Result<(), PoolError> {
        let some_time =
            |time: Option<Option<Duration>>| !matches!(time, Some(Some(Duration::ZERO)));
        let checks = [
            ("the bound of clients", self.max_clients > 0),
            ("the bound of identities", self.max_identities > 0),
            ("the time for an answer of STS", !self.sts_timeout.is_zero()),
            (
                "the bound of connections per host",
                numbers.connections_per_host > 0,
            ),
            ("the time to live of clients", !self.time_to_live.is_zero()),
            ("the time to make a client", !self.making_timeout.is_zero()),
            ("the connect timeout", !numbers.connect_timeout.is_zero()),
            ("the read timeout", some_time(self.read_timeout)),
            ("the attempt timeout", some_time(self.attempt_timeout)),
            ("the operation timeout", some_time(self.operation_timeout)),
        ];
        match checks.into_iter().find(|(_, is_well)| !is_well) {
            Some((setting, _)) => Err(PoolError::Zero { setting }),
            None => Ok(self.endpoints.check()?),
        }
    }

    fn connections(&self, numbers: &Numbers) -> connections::Config {
        connections::Config {
            per_host: numbers.connections_per_host,
            waiting_per_host: numbers.waiting_per_host,
            max_wait: self.max_connection_wait.unwrap_or_else(|| {
                let attempt = self.attempt_timeout(numbers);
                attempt.map_or(LONGEST_WAIT, |attempt| attempt / 2)
            }),
            idle_timeout: numbers.idle_timeout,
            keepalive: numbers.keepalive,
            proxy: self.proxy,
            roots: self.roots.clone(),
            time: self.time.clone(),
        }
    }
}

/// A body that stands still for so long is given up, as by the SDK itself. A request that waits for a connection stands still
/// too, so that the longest wait comes on top, or the SDK would take it for a broken line and try again.
const STALLED: Duration = Duration::from_secs(5);

/// Where attempts have all the time, a call waits so long for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

fn same_partition(role: &Role, home: &Region) -> Result<(), ClientError> {
    let (of_role, of_home) = (role.partition(), Partition::of(home));
    if of_role == of_home {
        Ok(())
    } else {
        Err(ClientError::mixed((role.arn(), &of_role), (home, &of_home)))
    }
}

/// The Region of the environment, else of the profile. The metadata service is not asked.
async fn configured_region() -> Result<Option<Region>, ClientError> {
    let found = match EnvironmentVariableRegionProvider::new().region().await {
        Some(region) => Some(region),
        None => ProfileFileRegionProvider::new().region().await,
    };
    found
        .map(|region| {
            Region::new(region.as_ref().to_owned()).map_err(|invalid| ClientError::Region {
                reason: invalid.to_string(),
            })
        })
        .transpose()
}
