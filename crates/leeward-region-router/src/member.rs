use std::sync::{Mutex, MutexGuard, PoisonError};

use leeward_error_taxonomy::Region;
use leeward_resilience::{CircuitBreaker, Clock};

/// One Region of the list: its circuit, and its service once there is one.
#[derive(Debug)]
pub(crate) struct Member<S, C: Clock> {
    pub(crate) region: Region,
    pub(crate) circuit: CircuitBreaker<C>,
    service: Mutex<Option<S>>,
}

impl<S, C: Clock> Member<S, C> {
    pub(crate) fn new(region: Region, circuit: CircuitBreaker<C>) -> Self {
        Self {
            region,
            circuit,
            service: Mutex::default(),
        }
    }

    // Poisoned by a `clone` that panicked, which left the service as it was.
    fn service(&self) -> MutexGuard<'_, Option<S>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone, C: Clock> Member<S, C> {
    /// A clone of the service, if it has been made.
    pub(crate) fn clone_of_service(&self) -> Option<S> {
        self.service().clone()
    }

    /// Keeps the service that was made, unless another call was faster, and gives a clone of the kept one.
    pub(crate) fn keep(&self, made: S) -> S {
        self.service().get_or_insert(made).clone()
    }
}
