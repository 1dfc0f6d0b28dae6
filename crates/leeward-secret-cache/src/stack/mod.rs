//! The stack that calls Secrets Manager, where no other is wanted.

mod error;
mod replica;

pub use error::SecretsStackError;
pub use replica::{Replica, ReplicaFuture, ReplicaRefusal};

use aws_sdk_secretsmanager::Client;
use leeward_client_pool::{Pool, Target};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{Hedging, Ranking, RouterEvent, RouterStack, StackedRouter};
use leeward_resilience::{Budget, CircuitConfig, RetryPolicy, Switch};
use std::{sync::Arc, time::Duration};
use tower::{ServiceExt, service_fn};
use tower_service::Service;

/// The service that a [`SecretsStack`] builds: over `S`, which calls Secrets Manager in one Region.
///
/// ```
/// use leeward_error_taxonomy::Region;
/// use leeward_region_router::RouterError;
/// use leeward_secret_cache::SecretsService;
///
/// fn leave_virginia(secrets: &SecretsService) -> Result<String, RouterError> {
///     secrets.router().drain(&Region::from_static("us-east-1"))?;
///     Ok(secrets.router().health_json())
/// }
/// ```
pub type SecretsService<S = Target<Client>> = StackedRouter<Replica<S>>;

/// Stacks what a call to Secrets Manager needs to survive a Region: deadline, hedging and fail-over to replicas, one budget for both.
///
/// It is a [`RouterStack`] over Secrets Manager, with its numbers, but that a call is sent once to each Region: the cache tries again
/// by itself.
///
/// **Which Region is asked.** By name, the Regions in the order of the list; by ARN, the Region of the ARN first. Other Regions are asked
/// after silence, a lost connection or a 5xx, never because the secret is not found or may not be read. The ARN, with or without the six
/// characters at its end, is written as each Region has it; that of a Region which the list does not name means the replica in those that it
/// names.
///
/// **Whose word counts.** The primary's: the Region of the ARN if the list names it, or
/// [the one that is said to be](Self::with_primary). What a replica refuses (not found since it lags or there is none, denied, its key
/// disabled) says nothing of the secret: the call goes on to the next Region, and ends in [`Rejected::Exhausted`] if there is none. To a cache that is an outage, in which nothing is let go of.
///
/// ```
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::Region;
/// use leeward_secret_cache::{SecretCache, SecretsStack};
///
/// # async fn secrets() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::builder().build().await?;
/// let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
/// let secrets = SecretCache::builder(SecretsStack::new(regions).through(&pool)?).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is built before `through`"]
pub struct SecretsStack {
    stack: RouterStack,
    regions: Vec<Region>,
    primary: Option<Region>,
}

impl SecretsStack {
    /// Starts from the Regions that hold the secrets or replicas of them, the preferred one first; with a single one there is nowhere to
    /// fail over.
    pub fn new(regions: impl IntoIterator<Item = Region>) -> Self {
        let regions: Vec<Region> = regions.into_iter().collect();
        let once = RetryPolicy::new().with_max_attempts(1);
        Self {
            stack: RouterStack::new(regions.clone()).with_retry(once),
            regions,
            primary: None,
        }
    }

    /// Says which of the Regions holds the primary secrets, the others their replicas; the first of the list by default.
    ///
    /// It is for those who put the nearest replica first. That a secret is not there, or may not be read, is believed of the primary
    /// alone.
    pub fn with_primary(self, primary: Region) -> Self {
        Self {
            primary: Some(primary),
            ..self
        }
    }

    /// Builds the stack over the clients of a pool.
    ///
    /// # Errors
    ///
    /// [`SecretsStackError`] if the list of Regions is empty or names one twice, if an attempt is given no time, or if the deadline
    /// ends before every Region has had its attempt; if the primary is none of the Regions.
    pub fn through(self, pool: &Pool) -> Result<SecretsService, SecretsStackError> {
        self.over(pool.maker())
    }

    /// Builds the stack over any service per Region, for layers of your own beneath it.
    ///
    /// # Errors
    ///
    /// As [`through`](Self::through).
    pub fn over<M>(self, maker: M) -> Result<SecretsService<M::Response>, SecretsStackError>
    where
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        let regions: Arc<[Region]> = self.primary_first()?.into();
        let stacked = self.stack.over(service_fn(move |region: Region| {
            let (maker, regions) = (maker.clone(), regions.clone());
            async move {
                let inner = maker.oneshot(region.clone()).await?;
                Ok::<_, M::Error>(Replica::new(inner, region, regions))
            }
        }))?;
        Ok(stacked)
    }

    /// Bounds the whole call, fail-over included; each Region's attempt must fit into it. Give it no more than the cache's
    /// [`fetch_timeout`](crate::SecretCacheBuilder::with_fetch_timeout).
    pub fn with_deadline(self, deadline: Duration) -> Self {
        self.map(|stack| stack.with_deadline(deadline))
    }

    /// Bounds what one Region may take before the next is tried.
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        self.map(|stack| stack.with_attempt_timeout(attempt_timeout))
    }

    /// Sets how a call that all but succeeded is tried again, beneath the cache, which does so too; once by default.
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        self.map(|stack| stack.with_retry(retry))
    }

    /// Draws hedges and fail-over from a budget that other services share.
    pub fn with_budget(self, budget: Budget) -> Self {
        self.map(|stack| stack.with_budget(budget))
    }

    /// Changes some of what the circuits have by default; see [`RouterStack::with_circuit_changes`].
    pub fn with_circuit_changes(
        self,
        change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static,
    ) -> Self {
        self.map(|stack| stack.with_circuit_changes(change))
    }

    /// Sets when a call that its Region has not answered is sent to the next one beside it.
    pub fn with_hedging(self, hedging: Hedging) -> Self {
        self.map(|stack| stack.with_hedging(hedging))
    }

    /// Sends no call to two Regions at once: a silent Region costs its calls the attempt timeout.
    pub fn without_hedging(self) -> Self {
        self.map(RouterStack::without_hedging)
    }

    /// Sets in which order Regions are asked by name; see [`RouterStack::with_ranking`].
    pub fn with_ranking(self, ranking: impl Ranking + Clone) -> Self {
        self.map(|stack| stack.with_ranking(ranking))
    }

    /// Obeys this switch and not the environment's `LEEWARD_REGION_ROUTER`; see [`RouterStack::with_switch`].
    pub fn with_switch(self, switch: Switch) -> Self {
        self.map(|stack| stack.with_switch(switch))
    }

    /// Tells `observer` of fail-overs and of circuits that change; see [`RouterStack::with_observer`].
    pub fn with_observer(self, observer: impl Fn(&RouterEvent) + Send + Sync + 'static) -> Self {
        self.map(|stack| stack.with_observer(observer))
    }

    fn map(self, change: impl FnOnce(RouterStack) -> RouterStack) -> Self {
        let stack = change(self.stack);
        Self { stack, ..self }
    }

    fn primary_first(&self) -> Result<Vec<Region>, SecretsStackError> {
        let mut regions = self.regions.clone();
        if let Some(primary) = &self.primary {
            let at = regions.iter().position(|region| region == primary);
            let at = at.ok_or_else(|| SecretsStackError::UnknownPrimary {
                primary: primary.clone(),
            })?;
            regions[..=at].rotate_right(1);
        }
        Ok(regions)
    }
}
