use std::{
    fmt,
    sync::{Arc, Weak},
};

use leeward_resilience::{Clock, TscClock};

use crate::{RegionRouter, roster::Roster};

/// A [`RegionRouter`] that is there for as long as somebody else holds it; given by [`RegionRouter::downgrade`].
///
/// For an [observer](crate::RegionRouterBuilder::with_observer) that asks the router, or drains a Region: the router holds its
/// observers, and one that held the router in turn would keep both, and the health checks, for ever.
///
/// ```
/// use leeward_error_taxonomy::{Region, Rejected};
/// use leeward_region_router::{RegionRouter, WeakRegionRouter};
/// use std::sync::{Arc, OnceLock};
/// use tower::service_fn;
///
/// # fn build() -> Result<(), Box<dyn std::error::Error>> {
/// let told: Arc<OnceLock<WeakRegionRouter<String>>> = Arc::default();
/// let router = Arc::clone(&told);
/// let observed = RegionRouter::builder([Region::from_static("us-east-1")]).with_observer(move |event| {
///     if let Some(router) = router.get().and_then(WeakRegionRouter::upgrade) {
///         println!("{event:?}: {}", router.health_json());
///     }
/// });
/// let router = observed.build(service_fn(async |region: Region| Ok::<_, Rejected>(region.to_string())))?;
/// let _ = told.set(router.downgrade());
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
pub struct WeakRegionRouter<S, C: Clock = TscClock> {
    roster: Weak<Roster<S, C>>,
}

impl<S, C: Clock> WeakRegionRouter<S, C> {
    /// The router; `None` once its last clone is gone, and the last call through it.
    #[must_use]
    pub fn upgrade(&self) -> Option<RegionRouter<S, C>> {
        self.roster.upgrade().map(RegionRouter::of)
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    /// The router for whoever is not to keep it.
    #[must_use]
    pub fn downgrade(&self) -> WeakRegionRouter<S, C> {
        WeakRegionRouter {
            roster: Arc::downgrade(self.roster()),
        }
    }
}

impl<S, C: Clock> Clone for WeakRegionRouter<S, C> {
    fn clone(&self) -> Self {
        Self {
            roster: Weak::clone(&self.roster),
        }
    }
}

impl<S, C: Clock> fmt::Debug for WeakRegionRouter<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakRegionRouter").finish_non_exhaustive()
    }
}
