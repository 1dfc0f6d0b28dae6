use std::{
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Region, Rejected};
use leeward_resilience::{Clock, Request, TscClock};
use tower_service::Service;

use super::{KeyOf, kept::Kept};
use crate::{
    RegionRouter, ResponseFuture, RouterError, RouterStatus, course::Course, ground::Ground,
    roster::Roster,
};

/// A [`RegionRouter`] for each key of the requests, such as operation or tenant, over the same services.
///
/// Which key, says a [`KeyOf`], such as [`ByOperation`](super::ByOperation). Whoever knows the key himself calls the router
/// [of](Self::of) it.
///
/// Where writes of one table fail in a Region, reads and other tables go on there: each key has circuits, normal latencies and a
/// ranking of its own. The services of the Regions, the budget, the observers and what was drained by hand are shared by all. There
/// are never more routers than a bound: when another key comes, one goes that was not used for long, rather one whose circuits
/// are closed; its key begins anew. Each circuit leaves a Region and takes it back by itself, though all keys together come back to it by
/// and by: of those with few calls, one call each tenth of a second passes in all and not for each. Built by [`build_keyed`](crate::RegionRouterBuilder::build_keyed); cloning shares everything.
///
/// A router takes some 2.1 kB once a Region was asked, and 1.9 kB more for each further one: ten thousand of them 22 MiB, and 60 MiB
/// if each has asked all of three.
///
/// ```
/// use leeward_error_taxonomy::{OperationName, Region, Rejected};
/// use leeward_region_router::{ByOperation, RegionRouter};
/// use leeward_resilience::Plain;
/// use std::{future::{Ready, ready}, num::NonZeroUsize, task::{Context, Poll}};
/// use tower::{Service, ServiceExt};
///
/// /// Stands for an SDK's client, which takes any request.
/// #[derive(Clone)]
/// struct Table(Region);
///
/// impl<R> Service<R> for Table {
///     type Response = Region;
///     type Error = Rejected;
///     type Future = Ready<Result<Region, Rejected>>;
///
///     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn call(&mut self, _: R) -> Self::Future {
///         ready(Ok(self.0.clone()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let regions = [Region::from_static("us-east-1"), Region::from_static("eu-west-1")];
/// let maker = tower::service_fn(async |region: Region| Ok::<_, Rejected>(Table(region)));
/// let most = NonZeroUsize::new(1_000).ok_or("none")?;
/// let routers = RegionRouter::builder(regions).build_keyed(maker, ByOperation, most)?;
///
/// // Two operations, each of a type of its own.
/// let (put, get) = (OperationName::new("dynamodb", "PutItem"), OperationName::new("dynamodb", "GetItem"));
/// routers.clone().oneshot(Plain::new(["apples"]).named(put)).await?;
/// routers.clone().oneshot(Plain::new("cart 42").named(get).idempotent()).await?;
/// assert_eq!(routers.len(), 2);
/// assert_eq!(routers.of(&get).status().regions[0].successes, 1);
/// # Ok(())
/// # }
/// ```
pub struct RegionRouters<K, S, F, C: Clock = TscClock> {
    ground: Arc<Ground<S, C>>,
    kept: Arc<RwLock<Kept<K, S, C>>>,
    key_of: F,
}

impl<K, S, F, C> RegionRouters<K, S, F, C>
where
    K: Clone + Eq + Hash,
    C: Clock,
{
    pub(crate) fn new(ground: Ground<S, C>, key_of: F, max_keys: NonZeroUsize) -> Self {
        Self {
            ground: Arc::new(ground),
            kept: Arc::new(RwLock::new(Kept::new(max_keys.get()))),
            key_of,
        }
    }

    /// The router of `key`, made if need be; its [status](RegionRouter::status) and its watch are those of the key.
    ///
    /// A Region that is drained or restored through it is so for all keys; but of those that have been there only this one's calls come
    /// back to it by and by, as those of all keys do after [`restore`](Self::restore).
    #[must_use]
    pub fn of(&self, key: &K) -> RegionRouter<S, C> {
        RegionRouter::of(self.roster(key))
    }

    /// How many keys have a router.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept().len()
    }

    /// Whether no key has a router yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the router of each key stands, in no order.
    #[must_use]
    pub fn statuses(&self) -> Vec<(K, RouterStatus)> {
        let routers = self.routers();
        let statuses = routers.into_iter();
        statuses
            .map(|(key, router)| (key, router.status()))
            .collect()
    }

    /// Keeps the calls of all keys away from a Region, as [`RegionRouter::drain`] does.
    ///
    /// # Errors
    ///
    /// [`RouterError::UnknownRegion`] if the Region is none of the routers'.
    pub fn drain(&self, region: &Region) -> Result<(), RouterError> {
        let at = self.ground.find(region)?;
        self.set_drained(at, true);
        Ok(())
    }

    /// Lets the calls of all keys come to a Region again, as [`RegionRouter::restore`] does.
    ///
    /// # Errors
    ///
    /// [`RouterError::UnknownRegion`] if the Region is none of the routers'.
    pub fn restore(&self, region: &Region) -> Result<(), RouterError> {
        let at = self.ground.find(region)?;
        if self.ground.is_drained(at) {
            // Before calls come. Keys that have not been there before see for themselves that it was restored.
            self.ground.sites[at].restored(self.ground.clock.now());
            for (_, router) in self.routers() {
                router.roster().start_slowly(at);
            }
            self.set_drained(at, false);
        }
        Ok(())
    }

    fn set_drained(&self, at: usize, drained: bool) {
        if self.ground.set_drained(at, drained) {
            let region = &self.ground.sites[at].region;
            self.ground.observers.drained(region, drained);
            for (_, router) in self.routers() {
                router.roster().pulse.beat();
            }
        }
    }

    fn routers(&self) -> Vec<(K, RegionRouter<S, C>)> {
        let kept = self.kept();
        let routers = kept.iter();
        routers
            .map(|(key, roster)| (key.clone(), RegionRouter::of(Arc::clone(roster))))
            .collect()
    }

    fn roster(&self, key: &K) -> Arc<Roster<S, C>> {
        let found = self.kept().find(key);
        found.unwrap_or_else(|| self.make(key))
    }

    #[cold]
    fn make(&self, key: &K) -> Arc<Roster<S, C>> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(found) = kept.find(key) {
            return found;
        }
        let roster = Arc::new(Roster::new(Arc::clone(&self.ground)));
        kept.keep(key.clone(), Arc::clone(&roster));
        roster
    }

    // Poisoned by a key's own code, which leaves what is kept as it was.
    fn kept(&self) -> RwLockReadGuard<'_, Kept<K, S, C>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, S, F, R, C> Service<R> for RegionRouters<K, S, F, C>
where
    K: Clone + Eq + Hash,
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    F: KeyOf<R, Key = K>,
    R: Request,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, C>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        self.ground.budget.deposit();
        let roster = self.roster(&self.key_of.key_of(&request));
        ResponseFuture::new(Course::new(roster, request))
    }
}

impl<K, S, F: Clone, C: Clock> Clone for RegionRouters<K, S, F, C> {
    fn clone(&self) -> Self {
        Self {
            ground: Arc::clone(&self.ground),
            kept: Arc::clone(&self.kept),
            key_of: self.key_of.clone(),
        }
    }
}

impl<K, S, F, C> fmt::Debug for RegionRouters<K, S, F, C>
where
    K: Clone + Eq + Hash,
    C: Clock,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regions = self.ground.sites.iter().map(|site| &site.region);
        f.debug_struct("RegionRouters")
            .field("keys", &self.len())
            .field("regions", &regions.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
