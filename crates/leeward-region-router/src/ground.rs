use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_resilience::{Budget, CircuitConfig, Clock, Switch};

use crate::{event::Observers, maker::Maker};

/// What the routers of a family share: where calls can go, and on what terms.
pub(crate) struct Ground<S, C: Clock> {
    /// The Regions, the preferred one first; never empty.
    pub(crate) sites: Box<[Site<S>]>,
    pub(crate) maker: Maker<S>,
    pub(crate) circuit: CircuitConfig,
    pub(crate) attempt_timeout: Duration,
    pub(crate) budget: Budget,
    pub(crate) clock: C,
    pub(crate) observers: Observers,
    pub(crate) switch: Switch,
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

    /// Keeps calls away, or lets them come again; says whether that is a change.
    pub(crate) fn set_drained(&self, drained: bool) -> bool {
        self.drained.swap(drained, Ordering::Relaxed) != drained
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
