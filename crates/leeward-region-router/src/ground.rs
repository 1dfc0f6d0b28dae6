use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_resilience::{Budget, CircuitConfig, Clock, Switch};

use crate::{Hedging, Ranking, RouterError, event::Observers, maker::Maker};

/// What the routers of a family share: where calls can go, and on what terms.
pub(crate) struct Ground<S, C: Clock> {
    /// The Regions, the preferred one first; never empty.
    pub(crate) sites: Box<[Site<S>]>,
    pub(crate) maker: Maker<S>,
    pub(crate) circuit: Arc<CircuitConfig>,
    /// Whether the threads of a router count in one place, for there may be thousands of routers.
    pub(crate) shares_lanes: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) budget: Budget,
    pub(crate) clock: C,
    pub(crate) observers: Observers,
    pub(crate) switch: Switch,
    pub(crate) hedging: Option<Hedging>,
    /// Whether calls that may have been applied go on, idempotent or not.
    pub(crate) when_unsure: bool,
    pub(crate) ranking: Option<RankingOf>,
    /// A bit for each site that is drained, so that a call looks at one word.
    pub(crate) drained: AtomicU16,
}

/// Makes the ranking of one router.
pub(crate) type RankingOf = Box<dyn Fn() -> Box<dyn Ranking> + Send + Sync>;

impl<S, C: Clock> Ground<S, C> {
    /// The place of a Region in the list.
    pub(crate) fn find(&self, region: &Region) -> Result<usize, RouterError> {
        let place = self.sites.iter().position(|site| site.region == *region);
        place.ok_or_else(|| RouterError::UnknownRegion {
            region: region.clone(),
        })
    }

    /// The sites that are drained, a bit for each.
    pub(crate) fn drained(&self) -> u16 {
        self.drained.load(Ordering::Relaxed)
    }

    /// Keeps calls away from a site, or lets them come again; says whether that is a change.
    pub(crate) fn set_drained(&self, at: usize, drained: bool) -> bool {
        let changed = self.sites[at].drained.swap(drained, Ordering::Relaxed) != drained;
        if drained {
            self.drained.fetch_or(1 << at, Ordering::Relaxed);
        } else {
            self.drained.fetch_and(!(1 << at), Ordering::Relaxed);
        }
        changed
    }
}

/// One Region of the list, and its service once there is one.
#[derive(Debug)]
pub(crate) struct Site<S> {
    pub(crate) region: Region,
    drained: AtomicBool,
    service: Mutex<Option<S>>,
}

impl<S> Site<S> {
    pub(crate) fn new(region: Region) -> Self {
        Self {
            region,
            drained: AtomicBool::new(false),
            service: Mutex::default(),
        }
    }

    /// Whether somebody keeps calls away from it.
    pub(crate) fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Relaxed)
    }

    // Poisoned by a `clone` that panicked, which left the service as it was.
    fn service(&self) -> MutexGuard<'_, Option<S>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone> Site<S> {
    /// A clone of the service, if it has been made.
    pub(crate) fn clone_of_service(&self) -> Option<S> {
        self.service().clone()
    }

    /// Keeps the service that was made, unless another call was faster, and gives a clone of the kept one.
    pub(crate) fn keep(&self, made: S) -> S {
        self.service().get_or_insert(made).clone()
    }
}
