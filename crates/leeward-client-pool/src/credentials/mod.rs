//! Credentials by identity, each loaded once for all clients that use it.

mod steady;

use crate::{ClientError, Identity, Role, identity::Kind, tasks::Tasks};
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};
use steady::SteadyCredentials;

/// The providers of all identities.
pub(crate) struct Providers {
    base: SdkConfig,
    own: Identity,
    tasks: Tasks,
    known: Mutex<HashMap<Identity, SharedCredentialsProvider>>,
}

/// What a client needs of an identity.
#[derive(Clone)]
pub(crate) struct Provided {
    pub(crate) provider: SharedCredentialsProvider,
    /// The Region that the profile names.
    pub(crate) region: Option<Region>,
    /// When credentials expire that nobody renews.
    pub(crate) expiry: Option<SystemTime>,
}

/// How credentials were loaded since the pool was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialStats {
    /// Identities whose credentials are kept.
    pub kept: usize,
}

impl Providers {
    pub(crate) fn new(base: SdkConfig, own: Identity, tasks: Tasks) -> Self {
        Self {
            base,
            own,
            tasks,
            known: Mutex::default(),
        }
    }

    pub(crate) async fn provide(&self, identity: &Identity) -> Result<Provided, ClientError> {
        let provider = match self.known(identity) {
            Some(provider) => provider,
            None => {
                let provider = self.make(identity).await?;
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(identity.clone()).or_insert(provider).clone()
            }
        };
        if matches!(identity.0, Kind::Role(_) | Kind::Profile(_)) {
            let loaded = provider.provide_credentials().await;
            loaded.map_err(|source| ClientError::Credentials {
                identity: identity.to_string(),
                reason: source.to_string(),
                source: Arc::new(source),
            })?;
        }
        Ok(Provided {
            provider,
            region: None,
            expiry: None,
        })
    }

    async fn make(&self, identity: &Identity) -> Result<SharedCredentialsProvider, ClientError> {
        let steady = |provider| {
            SharedCredentialsProvider::new(SteadyCredentials::new(
                provider,
                self.tasks.runtime().clone(),
            ))
        };
        let identity = match identity.0 {
            Kind::Default => &self.own,
            _ => identity,
        };
        Ok(match &identity.0 {
            Kind::Default => steady(
                self.base
                    .credentials_provider()
                    .ok_or(ClientError::ShutDown)?,
            ),
            Kind::Profile(name) => {
                let provider = aws_config::profile::ProfileFileCredentialsProvider::builder()
                    .profile_name(name.to_string())
                    .build();
                steady(SharedCredentialsProvider::new(provider))
            }
            Kind::Role(role) => steady(self.assume(role).await?),
            Kind::Keys(keys) => SharedCredentialsProvider::new(keys.credentials().clone()),
            Kind::Provider(own) => steady(own.0.clone()),
        })
    }

    async fn assume(&self, role: &Role) -> Result<SharedCredentialsProvider, ClientError> {
        let source = Box::pin(self.provide(role.source())).await?.provider;
        let provider = AssumeRoleProvider::builder(role.arn())
            .configure(&self.base)
            .build_from_provider(source)
            .await;
        Ok(SharedCredentialsProvider::new(provider))
    }

    fn known(&self, identity: &Identity) -> Option<SharedCredentialsProvider> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(identity).cloned()
    }

    pub(crate) fn invalidate_role(&self, arn: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|identity, _| identity.as_role().is_none_or(|role| role.arn() != arn));
    }

    pub(crate) fn clear(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clear();
    }

    pub(crate) fn stats(&self) -> CredentialStats {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        CredentialStats { kept: known.len() }
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
