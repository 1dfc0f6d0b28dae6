use super::PoolBuilder;
use crate::pool::{Inner, Pool, PoolError};
use crate::{
    ClientError, Environment, Identity,
    cache::Clients,
    caller::Quotas,
    connections::{self, Connections},
    credentials,
    environment::Numbers,
    guard::Guard,
    http::{Stack, StackClient},
    identity::Kind,
    tasks::Tasks,
};
use aws_config::{
    BehaviorVersion, environment::region::EnvironmentVariableRegionProvider,
    identity::IdentityCache, meta::region::ProvideRegion, profile::ProfileFileRegionProvider,
};
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::region::Region as AwsRegion;
use leeward_error_taxonomy::Region;
use std::{hash::RandomState, sync::Arc, time::Duration};
use tokio::runtime::Handle;

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
        let timeouts = self.timeouts(&numbers);
        let guard = self.guard;
        let guard = guard.map(|guard| Guard::new(guard, timeouts.operation_attempt_timeout()));
        let http = Arc::new(Stack::new(self.layers, connections.clone(), tasks.clone()));
        let home = match &self.region {
            Some(region) => Some(region.clone()),
            None => configured_region(&self.identity).await?,
        };
        if let (Some(role), Some(home)) = (self.identity.as_role(), &home) {
            role.is_good_in(home)?;
        }
        // A chain without a Region asks the metadata service for one.
        let chain = home.as_ref().map_or("us-east-1", Region::as_str).to_owned();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(SharedHttpClient::new(StackClient::new(http.clone())))
            // Credentials are cached by their providers here, which never drop what is still good.
            .identity_cache(IdentityCache::no_cache())
            .region(AwsRegion::new(chain))
            .retry_config(RetryConfig::standard().with_max_attempts(numbers.attempts.max(1)))
            .timeout_config(timeouts)
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .upload_enabled(true)
                    .download_enabled(true)
                    .grace_period(connections.max_wait().saturating_add(STALLED))
                    .build(),
            )
            .time_source(self.time.clone())
            .sleep_impl(self.sleep.clone());
        if let Some(fips) = self.fips.or(cfg!(feature = "fips").then_some(true)) {
            loader = loader.use_fips(fips);
        }
        if let Some(dual_stack) = self.dual_stack {
            loader = loader.use_dual_stack(dual_stack);
        }
        let base = loader.load().await;
        let providers = credentials::Setting {
            base: base.clone(),
            own: own_identity(self.identity).await,
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
            quotas: Quotas::new(),
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

    fn timeouts(&self, numbers: &Numbers) -> TimeoutConfig {
        let mut timeouts = TimeoutConfig::builder().connect_timeout(numbers.connect_timeout);
        let attempt = self.attempt_timeout(numbers);
        timeouts.set_read_timeout(self.read_timeout.unwrap_or_else(|| {
            // An attempt that was given more time has it for its answer too.
            Some(attempt.map_or(numbers.read_timeout, |attempt| {
                attempt.max(numbers.read_timeout)
            }))
        }));
        timeouts.set_operation_attempt_timeout(attempt);
        let operation = self.operation_timeout;
        timeouts.set_operation_timeout(operation.unwrap_or(Some(numbers.operation_timeout)));
        timeouts.build()
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
            ("the idle timeout", !numbers.idle_timeout.is_zero()),
            ("the TCP keepalive", some_time(Some(numbers.keepalive))),
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

/// Whom the pool is built for. A role of the environment's profile is assumed by us, since the SDK's chain knows one STS alone.
async fn own_identity(given: Identity) -> Identity {
    if given == Identity::DEFAULT {
        credentials::of_the_environment().await.unwrap_or(given)
    } else {
        given
    }
}

/// A body that stands still for so long is given up, as by the SDK itself. A request that waits for a connection stands still
/// too, so that the longest wait comes on top, or the SDK would take it for a broken line and try again.
const STALLED: Duration = Duration::from_secs(5);

/// Where attempts have all the time, a call waits so long for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The Region of the profile that is the identity; else that of the environment, else of the profile that it names. The metadata
/// service is not asked.
async fn configured_region(identity: &Identity) -> Result<Option<Region>, ClientError> {
    let of_identity = match &identity.0 {
        Kind::Profile(name) => {
            let profile = ProfileFileRegionProvider::builder().profile_name(name.to_string());
            profile.build().region().await
        }
        _ => None,
    };
    let found = match of_identity {
        Some(region) => Some(region),
        None => match EnvironmentVariableRegionProvider::new().region().await {
            Some(region) => Some(region),
            None => ProfileFileRegionProvider::new().region().await,
        },
    };
    found
        .map(|region| {
            Region::new(region.as_ref().to_owned()).map_err(|invalid| ClientError::Region {
                reason: invalid.to_string(),
            })
        })
        .transpose()
}
