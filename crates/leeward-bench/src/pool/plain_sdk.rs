//! What one writes without a pool.

use super::world::{REGION, World, credentials};
use crate::{BoxError, Subject};
use aws_config::BehaviorVersion;
use aws_sdk_kms::Client;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::{SdkConfig, region::Region};
use std::sync::Arc;

pub(super) fn one_client(world: &Arc<World>) -> Result<Subject, BoxError> {
    let client = Client::new(&config(world, &Transport::of(world)?));
    Ok(world.subject(async move || {
        client.list_keys().send().await?;
        Ok(())
    }))
}

pub(super) fn client_for_each_call(world: &Arc<World>) -> Result<Subject, BoxError> {
    let (transport, here) = (Transport::of(world)?, Arc::clone(world));
    Ok(world.subject(async move || {
        let client = Client::new(&config(&here, &transport));
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

fn config(world: &World, transport: &Transport) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials())
        .region(Region::from_static(REGION))
        .endpoint_url(world.endpoint())
        .http_client(transport.client())
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
