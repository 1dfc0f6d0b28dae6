//! What one writes without a pool.

use crate::{
    BoxError, Subject,
    world::{REGION, World, credentials},
};
use aws_config::BehaviorVersion;
use aws_sdk_kms::Client;
use aws_smithy_http_client::{
    Builder,
    pool::{self, ConnectionPool},
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::{SdkConfig, region::Region};
use std::{sync::Arc, time::Duration};

pub(super) fn one_client(world: &Arc<World>) -> Result<Subject, BoxError> {
    let config = world.sdk_config(Transport::of(world)?.client());
    Ok(calls(world, &config))
}

pub(super) fn one_client_with_timeouts(world: &Arc<World>) -> Result<Subject, BoxError> {
    let config = world
        .sdk_config(Transport::of(world)?.client())
        .into_builder();
    Ok(calls(world, &config.timeout_config(timeouts()).build()))
}

pub(super) fn one_client_over_a_pool(world: &Arc<World>) -> Result<Subject, BoxError> {
    let connections = Transport::of(world)?.pool(world)?;
    let config = world.sdk_config(connections).into_builder();
    Ok(calls(world, &config.timeout_config(timeouts()).build()))
}

fn calls(world: &Arc<World>, config: &SdkConfig) -> Subject {
    let client = Client::new(config);
    world.subject(async move || {
        client.list_keys().send().await?;
        Ok(())
    })
}

pub(super) fn client_for_each_call(world: &Arc<World>) -> Result<Subject, BoxError> {
    let (transport, here) = (Transport::of(world)?, Arc::clone(world));
    Ok(world.subject(async move || {
        let client = Client::new(&here.sdk_config(transport.client()));
        client.list_keys().send().await?;
        Ok(())
    }))
}

pub(super) fn load_for_each_call(world: &Arc<World>) -> Result<Subject, BoxError> {
    let (transport, here) = (Transport::of(world)?, Arc::clone(world));
    Ok(world.subject(async move || {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::from_static(REGION))
            .endpoint_url(here.endpoint())
            .http_client(transport.client())
            .load()
            .await;
        let client = Client::new(&config);
        client.list_keys().send().await?;
        Ok(())
    }))
}

/// Those of [`Environment::Production`](leeward_client_pool::Environment::Production).
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(20))
        .operation_attempt_timeout(Duration::from_secs(20))
        .operation_timeout(Duration::from_secs(60))
        .build()
}

/// Makes what the SDK makes for each client that is given none: connections of its own.
enum Transport {
    Plain,
    Tls(TlsContext),
}

impl Transport {
    fn of(world: &World) -> Result<Self, BoxError> {
        let Some(pem) = world.root_certificate() else {
            return Ok(Self::Plain);
        };
        let trusted = TrustStore::default().with_pem_certificate(pem);
        let context = TlsContext::builder().with_trust_store(trusted).build()?;
        Ok(Self::Tls(context))
    }

    fn pool(&self, world: &World) -> Result<SharedHttpClient, BoxError> {
        // The pool binds to the runtime that it is built in.
        let _runtime = world.enter();
        let pool = ConnectionPool::builder()
            .max_connections_per_host(50)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        let pool = match self {
            Self::Plain => pool,
            Self::Tls(context) => pool.tls_context(context.clone()),
        };
        Ok(SharedHttpClient::new(pool::Client::new(
            &pool.build_https()?,
        )?))
    }

    fn client(&self) -> SharedHttpClient {
        match self {
            Self::Plain => Builder::new().build_http(),
            Self::Tls(context) => Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(context.clone())
                .build_https(),
        }
    }
}
