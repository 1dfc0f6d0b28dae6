use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::Clock;
use tower_service::Service;

use super::{HealthCheck, task};
use crate::{RegionRouter, RegionRouterBuilder, RouterError};

/// What a [`RegionRouterBuilder`] has in the place of a [`HealthCheck`] until it is given one.
#[derive(Clone, Copy, Debug)]
pub struct NoHealthCheck;

impl<C: Clock> RegionRouterBuilder<C> {
    /// Asks each Region by a call of the user's choice how it is; by default nobody does, and nothing is spawned.
    ///
    /// Calls notice a bad Region themselves, and at first sooner. A check helps where there are few of them, and on the way
    /// back: while it fails, no call is spent on finding out whether a Region that was left is there again, and three good
    /// ones in a row close its circuit. A router without traffic knows then where the next call had better go.
    ///
    /// ```
    /// use leeward_error_taxonomy::{Region, Rejected};
    /// use leeward_region_router::{HealthCheck, RegionRouter};
    /// use leeward_resilience::Plain;
    /// use tower::{service_fn, util::BoxCloneSyncService};
    ///
    /// type Ledger = BoxCloneSyncService<Plain<&'static str>, String, Rejected>;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let regions = [Region::from_static("us-east-1"), Region::from_static("eu-west-1")];
    /// let ping = HealthCheck::sending(Plain::new("ping").idempotent());
    /// let router = RegionRouter::builder(regions).with_health_check(ping).build(service_fn(async |region: Region| {
    ///     let answer = move |_: Plain<&'static str>| std::future::ready(Ok::<_, Rejected>(region.to_string()));
    ///     Ok::<_, Rejected>(Ledger::new(service_fn(answer)))
    /// }))?;
    /// # drop(router);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_health_check<S>(
        self,
        check: HealthCheck<S>,
    ) -> RegionRouterBuilder<C, HealthCheck<S>> {
        self.map(|clock| clock, |NoHealthCheck| check)
    }
}

impl<S, C> RegionRouterBuilder<C, HealthCheck<S>>
where
    S: Clone + Send + 'static,
    C: Clock,
{
    /// Builds the router, as one [without a check](RegionRouterBuilder::build) is built, and begins to check.
    ///
    /// # Errors
    ///
    /// Those of [`RegionRouterBuilder::build`]; [`RouterError::NoRuntime`] outside of a tokio runtime, unless the check was
    /// [given](HealthCheck::with_runtime) one; [`RouterError::ZeroHealthCheck`] if a time of the check is zero, and
    /// [`RouterError::FrequentHealthCheck`] if it is made more often than every 10 ms.
    pub fn build<M>(self, maker: M) -> Result<RegionRouter<S, C>, RouterError>
    where
        M: Service<Region, Response = S> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        let check = self.check.clone();
        let runtime = check.runtime()?;
        let router = self.map(|clock| clock, |_| NoHealthCheck).build(maker)?;
        task::begin(router.roster(), &check, &runtime);
        Ok(router)
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    /// Ends the health checks and waits for the one that is on its way to be dropped; calls go on as ever.
    ///
    /// Without checks there is nothing to end. Dropping the last clone of the router ends them too, without the wait.
    pub async fn shutdown(&self) {
        if let Some(records) = self.roster().checks.get() {
            records.shutdown().await;
        }
    }
}
