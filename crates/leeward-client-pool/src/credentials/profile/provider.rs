//! Who gives the credentials of a profile, over the pool's connections and by its clocks.

use super::{Found, find};
use crate::{
    identity::Source,
    pool::{is_given, is_to_choose},
};
use aws_config::{
    BehaviorVersion, ecs::EcsCredentialsProvider,
    environment::EnvironmentVariableCredentialsProvider,
    imds::credentials::ImdsCredentialsProvider, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig,
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_types::{SdkConfig, region::Region as AwsRegion};
use leeward_error_taxonomy::Region;
use std::{fmt, sync::Arc};

/// The credentials of a profile, read anew for each load, so that a corrected file counts.
pub(in crate::credentials) struct ProfileCredentials {
    name: Arc<str>,
    base: SdkConfig,
}

impl ProfileCredentials {
    pub(in crate::credentials) fn new(name: &Arc<str>, base: &SdkConfig) -> Self {
        Self {
            name: name.clone(),
            base: base.clone(),
        }
    }

    async fn load(&self) -> Result<aws_credential_types::Credentials, CredentialsError> {
        let found = find(&self.name).await;
        let found = found.map_err(CredentialsError::invalid_configuration)?;
        let mut config = provider_config(&self.base, found.region.as_ref());
        if is_to_choose(&self.base) && self.is_given_an_endpoint(&found).await {
            config = config
                .with_use_fips(Some(false))
                .with_use_dual_stack(Some(false));
        }
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(self.name.to_string())
            .build();
        provider.provide_credentials().await
    }

    /// Whether the environment or the profile gives an endpoint to who is asked for the credentials.
    async fn is_given_an_endpoint(&self, found: &Found) -> bool {
        let mut settings = aws_config::defaults(BehaviorVersion::latest())
            .profile_name(&*self.name)
            .region(self.base.region().cloned())
            .no_credentials();
        if let Some(http) = self.base.http_client() {
            settings = settings.http_client(http);
        }
        let settings = settings.load().await;
        let asked: &[&str] = if found.foreign.is_empty() {
            &["SSO", "SSO OIDC"]
        } else {
            &["STS"]
        };
        asked.iter().any(|service| is_given(&settings, service))
    }
}

/// Who gives the credentials of a `credential_source`, over the pool's connections.
pub(in crate::credentials) fn provider_of(
    source: Source,
    base: &SdkConfig,
) -> SharedCredentialsProvider {
    let config = provider_config(base, None);
    match source {
        Source::Environment => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
        Source::InstanceMetadata => {
            let metadata = ImdsCredentialsProvider::builder().configure(&config);
            SharedCredentialsProvider::new(metadata.build())
        }
        Source::Container => {
            let agent = EcsCredentialsProvider::builder().configure(&config);
            SharedCredentialsProvider::new(agent.build())
        }
    }
}

/// The pool's connections and clocks, for a profile that assumes a role or signs on.
fn provider_config(base: &SdkConfig, region: Option<&Region>) -> ProviderConfig {
    let region = region
        .map(|region| AwsRegion::new(region.as_str().to_owned()))
        .or_else(|| base.region().cloned());
    let mut config = ProviderConfig::empty()
        .with_region(region)
        .with_behavior_version(base.behavior_version())
        .with_use_fips(base.use_fips())
        .with_use_dual_stack(base.use_dual_stack());
    if let Some(http) = base.http_client() {
        config = config.with_http_client(http);
    }
    if let Some(time) = base.time_source() {
        config = config.with_time_source(time);
    }
    if let Some(sleep) = base.sleep_impl() {
        config = config.with_sleep_impl(sleep);
    }
    if let Some(retries) = base.retry_config() {
        config = config.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = base.timeout_config() {
        config = config.with_timeout_config(timeouts.clone());
    }
    config
}

impl ProvideCredentials for ProfileCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

impl fmt::Debug for ProfileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProfileCredentials")
            .field(&self.name)
            .finish()
    }
}
