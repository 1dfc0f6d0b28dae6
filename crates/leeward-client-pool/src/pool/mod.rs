//! One pool of connections, credentials and clients for a process.

mod builder;
mod endpoints;
mod error;
mod given;
mod global;
mod maker;
mod making;
mod stats;

pub use builder::PoolBuilder;
pub(crate) use endpoints::{Endpoints, aim, is_to_choose};
pub use error::PoolError;
pub(crate) use given::{as_given, is_given};
pub use maker::{Maker, MakerFuture};
pub use stats::PoolStats;

use crate::{
    AwsClient, CallerRequest, ClientConfig, ClientError, ClientRequest, Identity, Retries,
    TargetRequest,
    cache::{Clients, Found},
    caller::Quotas,
    client::{Asked, Recipe, Wish},
    connections::Connections,
    credentials::Providers,
    guard::Guard,
    http::Stack,
    identity::Kind,
    tasks::Tasks,
};
use aws_smithy_async::{rt::sleep::SharedAsyncSleep, time::SharedTimeSource};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use std::{
    fmt,
    hash::RandomState,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Hands out AWS clients that share connections and credentials.
///
/// A clone is the same pool. A client is made once for each type, Region, identity, answer to "who retries?" and whatever else
/// was asked for, and then cloned. Connections, the loading of credentials and the making of clients live on the tokio runtime
/// that the pool was [built](PoolBuilder::build) in; its clients may be used from others while that one runs.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    base: SdkConfig,
    home: Option<Region>,
    endpoints: Endpoints,
    connections: Connections,
    http: Arc<Stack>,
    guard: Option<Guard>,
    providers: Providers,
    clients: Clients,
    quotas: Quotas,
    tasks: Tasks,
    time: SharedTimeSource,
    sleep: SharedAsyncSleep,
    digests: RandomState,
    time_to_live: Duration,
    negative_entry: Duration,
    making_timeout: Duration,
}

impl Pool {
    /// Begins a pool: default credential chain, AWS's own endpoints, the numbers of the [environment](crate::Environment).
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }

    /// Asks for a client, for calls made without layers: the SDK retries.
    ///
    /// ```no_run
    /// # #[cfg(feature = "kms")] {
    /// # async fn run(pool: &leeward_client_pool::Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// use leeward_client_pool::Role;
    /// use leeward_error_taxonomy::Region;
    ///
    /// let kms = pool.client::<aws_sdk_kms::Client>().await?;
    /// let partner = pool
    ///     .client::<aws_sdk_kms::Client>()
    ///     .with_region(Region::from_static("eu-central-1"))
    ///     .with_role(Role::new("arn:aws:iam::111122223333:role/ledger")?)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// # }
    /// ```
    pub fn client<C: AwsClient>(&self) -> ClientRequest<'_, C> {
        ClientRequest::new(self, Recipe::typed())
    }

    /// Asks for a client that a closure makes, of a service whose feature is off or that has none.
    ///
    /// `service` is its name in labels and endpoint settings. The closure is part of what makes one client another: the same
    /// closure in the source gives the same client. So it must not capture anything, nor be a function pointer, which does not
    /// compile; what is to differ goes through [`with_config`](ClientRequest::with_config). It is called whenever the client is
    /// made anew, and once more where an endpoint is given besides FIPS or dual-stack.
    pub fn client_by<C, F>(&self, service: &'static str, make: F) -> ClientRequest<'_, C>
    where
        C: Clone + Send + Sync + 'static,
        F: Fn(&ClientConfig) -> C + Send + Sync + 'static,
    {
        ClientRequest::new(self, Recipe::own(service, make))
    }

    /// Asks for a service for a stack of layers: they retry, so the SDK does not.
    ///
    /// What else there is to ask for, [`client`](Self::client) takes: `pool.client::<C>().with_role(role).target()`.
    pub fn target<C: AwsClient>(&self, region: Region) -> TargetRequest<'_, C> {
        self.client().with_region(region).target()
    }

    /// Asks for whole calls: a target under all layers, with one error for everything. What the facades of Leeward are made with.
    pub fn caller<C: AwsClient>(&self) -> CallerRequest<'_, C> {
        CallerRequest::new(self, self.client())
    }

    /// A service that makes a [`Target`](crate::Target) for any Region, as the Region router asks for.
    #[must_use]
    pub fn maker<C: AwsClient>(&self) -> Maker<C> {
        self.client().maker()
    }

    /// How many clients, credentials and connections there are, and what became of them.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let inner = &*self.inner;
        PoolStats {
            clients: inner
                .clients
                .counts()
                .read(inner.clients.len(inner.time.now())),
            credentials: inner.providers.stats(),
            connections: inner.connections.stats(),
            http: inner.http.stats(),
            guard: inner.guard.as_ref().map(Guard::stats),
        }
    }

    /// What guards the clients that retry by themselves; `None` if the pool was built without.
    #[must_use]
    pub fn guard(&self) -> Option<&Guard> {
        self.inner.guard.as_ref()
    }

    /// How many clients are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.clients.len(self.inner.time.now())
    }

    /// Whether no client is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all clients, all credentials and what was remembered of failures: the next ask makes a client anew, by what the
    /// environment of its credentials says then.
    ///
    /// Nothing fails by it. Clients that were handed out go on, with the credentials that they hold and renew; what is being
    /// made or loaded is given to those who wait for it, and not kept. Connections stay.
    pub fn clear(&self) {
        self.inner.clients.clear();
        self.inner.providers.clear();
    }

    /// Forgets the sessions of a role, of the roles that were assumed by way of it, and the clients of both; says how many
    /// clients it has forgotten.
    ///
    /// For a role whose policies have changed. It counts by which way a client comes to the role: as its own, as that of
    /// another role's chain, by a profile, or as the pool's own identity. Clients that were handed out go on, and ask STS anew
    /// with their next call; calls in flight keep the session that they were signed by. A session that is just being loaded is
    /// given to those who wait for it, and not kept. An ARN that nobody goes by way of is no error.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn invalidate_role(&self, arn: &str) -> usize {
        let Inner {
            providers, clients, ..
        } = &*self.inner;
        providers.invalidate_role(arn);
        clients.clear_role(arn, |identity| {
            providers.roles(identity).any(|role| role.arn() == arn)
        })
    }

    /// Ends what the pool does by the side and closes its connections; waits until nothing of it runs.
    ///
    /// Calls in flight end with an error. Every later ask for a client is refused, and clients that were handed out fail.
    pub async fn shutdown(&self) {
        self.inner.tasks.end().await;
        // Afterwards, for what was being made may have landed before its end.
        self.clear();
    }

    pub(crate) fn ask<C: Clone + Send + Sync + 'static>(
        &self,
        recipe: &Recipe<C>,
        wish: &Wish,
        retries: Retries,
    ) -> Asked {
        if !self.inner.tasks.is_alive() {
            return Asked::Known(Some(Err(ClientError::ShutDown)));
        }
        let now = self.now();
        let key = wish.key(self, recipe, retries);
        match self.inner.clients.find(key, now) {
            Found::Client(client) => Asked::Known(Some(Ok(client))),
            Found::Due(client) => {
                self.begin(key.to_key(), recipe, now);
                Asked::Known(Some(Ok(client)))
            }
            Found::Failed(error) => Asked::Known(Some(Err(error))),
            Found::Nothing => {
                let flight = self.begin(key.to_key(), recipe, now);
                let landed = flight.landed();
                Asked::Awaited(Box::pin(async {
                    landed.await.unwrap_or(Err(ClientError::ShutDown))
                }))
            }
        }
    }

    /// The Region that is called as `identity` where none is named. A profile has its own, which is known when it is read.
    pub(crate) fn region_of<'a>(
        &'a self,
        identity: &Identity,
        service_home: Option<&'a Region>,
    ) -> Option<&'a Region> {
        match identity.0 {
            Kind::Profile(_) => None,
            _ => self.inner.home.as_ref().or(service_home),
        }
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.inner.quotas
    }

    pub(crate) fn digest_key(&self) -> &RandomState {
        &self.inner.digests
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.inner.time.now()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("home", &self.inner.home)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
