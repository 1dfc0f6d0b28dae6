//! How a client comes to be.

use super::{Inner, Pool, endpoints, given};
use crate::{
    ClientConfig, ClientError, Retries,
    cache::{Erased, Flight, Life},
    client::Recipe,
    companion::Companion,
    context::Context,
    credentials::{Provided, RenewRefused, RepeatRefused, WaitForOthers},
    key::Key,
};
use aws_config::identity::IdentityCache;
use aws_smithy_async::{future::timeout::Timeout, rt::sleep::AsyncSleep};
use aws_smithy_runtime_api::client::{
    identity::{ResolveIdentity, SharedIdentityCache},
    interceptors::SharedInterceptor,
    retries::classifiers::SharedRetryClassifier,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use leeward_error_taxonomy::Region;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::SystemTime,
};

impl Pool {
    /// Makes the client in a task of the pool, unless that is being done.
    pub(super) fn begin<C: Clone + Send + Sync + 'static>(
        &self,
        key: Key,
        recipe: &Recipe<C>,
        now: SystemTime,
    ) -> Flight {
        let (flight, landing) = self.inner.clients.join(&key, now);
        let Some(landing) = landing else {
            return flight;
        };
        let (pool, recipe, own) = (self.clone(), recipe.clone(), flight.clone());
        self.inner.tasks.spawn(async move {
            let inner = &*pool.inner;
            let made = inner.make(&key, &recipe).await;
            if let Err(error) = &made {
                tracing::debug!(target: "leeward::pool", client = %key.by_ref(), %error, "no client");
            }
            inner
                .clients
                .land(&key, &own, &made, inner.time.now(), inner.negative_entry);
            landing.land(made.map(|(client, _)| client));
        });
        flight
    }
}

impl Inner {
    async fn make<C: Clone + Send + Sync + 'static>(
        &self,
        key: &Key,
        recipe: &Recipe<C>,
    ) -> Result<(Erased, Life), ClientError> {
        let after = self.making_timeout;
        let made = Timeout::new(
            Box::pin(self.make_in_time(key, recipe)),
            self.sleep.sleep(after),
        );
        made.await.unwrap_or(Err(ClientError::TimedOut { after }))
    }

    async fn make_in_time<C: Clone + Send + Sync + 'static>(
        &self,
        key: &Key,
        recipe: &Recipe<C>,
    ) -> Result<(Erased, Life), ClientError> {
        let provided = self.providers.provide(&key.identity).await?;
        let region = key.region.clone().or_else(|| provided.region.clone());
        let region = region.or_else(|| self.home.clone());
        let region = region.or_else(|| recipe.home().cloned());
        let region = region.ok_or(ClientError::NoRegion)?;
        provided.is_good_in(&region)?;
        self.providers.load(&key.identity, &provided).await?;
        let (expiry, roles) = (provided.expiry, provided.roles.clone());
        let config = self.config(key, region.clone(), provided)?;
        let made = catch_unwind(AssertUnwindSafe(|| {
            given::make(config.sdk(), |sdk| recipe.make(&config.with(sdk)))
        }));
        let client = made.map_err(|_| ClientError::Recipe {
            service: key.recipe.service,
        })?;
        let now = self.time.now();
        let life = Life::begin(now, self.time_to_live, expiry, fastrand::f64());
        Ok((Erased::new(client, region, roles), life))
    }

    fn config(
        &self,
        key: &Key,
        region: Region,
        provided: Provided,
    ) -> Result<ClientConfig, ClientError> {
        let settings = &key.settings;
        for (setting, time) in [
            ("the operation timeout", settings.operation_timeout),
            ("the attempt timeout", settings.attempt_timeout),
        ] {
            if time.is_some_and(|time| time.is_zero()) {
                return Err(ClientError::Zero { setting });
            }
        }
        let mut config = self.base.to_builder();
        let own = settings.endpoint.as_deref();
        if let Some(url) = own.or_else(|| self.endpoints.of(key.recipe.service, &region)) {
            endpoints::check(url)?;
            endpoints::aim(&mut config, url);
        }
        if let Some(fips) = settings.fips {
            config.set_use_fips(Some(fips));
        }
        if let Some(dual_stack) = settings.dual_stack {
            config.set_use_dual_stack(Some(dual_stack));
        }
        config.set_timeout_config(Some(self.timeouts(key)));
        if let Some(own) = &settings.own {
            let changed = catch_unwind(AssertUnwindSafe(|| own.apply(&mut config)));
            changed.map_err(|_| ClientError::Recipe {
                service: key.recipe.service,
            })?;
        }
        // Last, for nobody is to change what makes this client another: where, as whom, and who retries.
        config.set_region(aws_types::region::Region::new(region.as_str().to_owned()));
        let Provided {
            provider, renewal, ..
        } = provided;
        let partition = provider.cache_partition();
        config.set_credentials_provider(Some(provider));
        if key.retries == Retries::Layers {
            config.set_retry_config(Some(RetryConfig::disabled()));
        }
        // A cache of somebody else's could call as anybody, and would go on giving what a service has refused.
        let cache = match &renewal {
            Some(renewal) => {
                SharedIdentityCache::new(WaitForOthers::new(renewal.clone(), partition))
            }
            None => IdentityCache::no_cache(),
        };
        config.set_identity_cache(Some(cache));
        let sdk = config.build();
        let guard = self.guard.as_ref().filter(|_| key.retries == Retries::Sdk);
        let endpoint = || settings.endpoint.clone();
        let companion = Companion {
            context: Context::new(region.clone(), key.retries),
            refused: renewal.map(RenewRefused),
            max_wait: self.connections.max_wait(),
            guard: guard.map(|guard| guard.sentinel(key.recipe.service, &region, endpoint())),
        };
        let repeat = SharedRetryClassifier::new(RepeatRefused);
        Ok(ClientConfig::new(
            sdk,
            region,
            key.retries,
            // Nobody else knows its type, to switch it off.
            vec![SharedInterceptor::permanent(companion)],
            vec![repeat],
        ))
    }

    fn timeouts(&self, key: &Key) -> TimeoutConfig {
        let base = self.base.timeout_config();
        let mut timeouts = base.map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        if let Some(timeout) = key.settings.operation_timeout {
            timeouts.set_operation_timeout(Some(timeout));
        }
        if let Some(timeout) = key.settings.attempt_timeout {
            timeouts.set_operation_attempt_timeout(Some(timeout));
            // Whoever gives an attempt more time means the answer as well.
            let read = base.and_then(TimeoutConfig::read_timeout);
            timeouts.set_read_timeout(read.map(|read| read.max(timeout)));
        }
        timeouts.build()
    }
}
