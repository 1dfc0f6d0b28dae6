use std::{fmt, sync::Arc, time::Duration};

use leeward_error_taxonomy::{Attempt, Failure, OperationName, Region};
use leeward_resilience::{CircuitChange, CircuitState};
use tracing::{info, warn};

/// What a router tells its observers; nothing of it happens to a call that the first Region answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouterEvent {
    /// An attempt failed, and the next one begins in another Region.
    ///
    /// A call that passes over a Region because of its open circuit has not failed over: it never went there.
    #[non_exhaustive]
    FailedOver {
        /// What was asked.
        operation: OperationName,
        /// Where the attempt failed.
        from: Region,
        /// Where the next one begins.
        to: Region,
        /// What it met.
        failure: Failure,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// The circuit of a Region changed its state.
    #[non_exhaustive]
    CircuitChanged {
        /// Which.
        region: Region,
        /// How.
        change: CircuitChange,
    },
    /// A call found no Region to answer it.
    #[non_exhaustive]
    Exhausted {
        /// What was asked.
        operation: OperationName,
        /// What each Region met, in order.
        tried: Vec<Attempt>,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
}

pub(crate) type Observer = Box<dyn Fn(&RouterEvent) + Send + Sync>;

/// Everybody who wants to hear of events.
#[derive(Clone)]
pub(crate) struct Observers(Arc<[Observer]>);

impl Observers {
    /// Tells everybody, on the thread of the call and outside any lock. Without anybody, the event is not made.
    pub(crate) fn tell(&self, event: impl FnOnce() -> RouterEvent) {
        if self.0.is_empty() {
            return;
        }
        let event = event();
        for observer in self.0.iter() {
            observer(&event);
        }
    }

    /// Logs and tells that the circuit of `region` changed.
    pub(crate) fn circuit_changed(&self, region: &Region, change: CircuitChange) {
        let CircuitChange { from, to, .. } = change;
        if to == CircuitState::Open {
            warn!(target: "leeward::router", %region, ?from, "circuit opened, calls go elsewhere");
        } else {
            info!(target: "leeward::router", %region, ?from, ?to, "circuit changed");
        }
        self.tell(|| RouterEvent::CircuitChanged {
            region: region.clone(),
            change,
        });
    }
}

impl From<Vec<Observer>> for Observers {
    fn from(observers: Vec<Observer>) -> Self {
        Self(observers.into())
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
