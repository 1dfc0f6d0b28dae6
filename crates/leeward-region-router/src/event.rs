use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use leeward_error_taxonomy::{Attempt, Failure, OperationName, Region};
use leeward_resilience::{CircuitChange, CircuitState};
use tracing::{debug, error, info, warn};

use crate::CheckResult;

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
    /// An attempt failed, and none follows it in another Region, for want of a token.
    #[non_exhaustive]
    NotFailedOver {
        /// What was asked.
        operation: OperationName,
        /// Where the attempt failed.
        from: Region,
        /// What it met.
        failure: Failure,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// A request does not go to a Region, by its own [`for_region`](leeward_resilience::Request::for_region): the next one is
    /// asked, free of charge.
    #[non_exhaustive]
    Refused {
        /// What was asked.
        operation: OperationName,
        /// Where it does not go.
        region: Region,
        /// Why.
        failure: Failure,
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
    /// A call ended in an error that is final in the Region that gave it, and other Regions did not serve it before: something that is
    /// not found, or denied, there may be so there alone.
    #[non_exhaustive]
    AnsweredElsewhere {
        /// What was asked.
        operation: OperationName,
        /// Where it was answered.
        region: Region,
        /// What was answered.
        failure: Failure,
        /// What each Region before it met, in order.
        tried: Vec<Attempt>,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// A Region has not answered in the time that it usually takes, and another attempt begins beside the one there.
    #[non_exhaustive]
    Hedged {
        /// What was asked.
        operation: OperationName,
        /// Where the first attempt is under way.
        from: Region,
        /// Where the other begins.
        to: Region,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// A Region has not answered in the time that it usually takes, and no other attempt begins, for want of a token.
    #[non_exhaustive]
    NotHedged {
        /// What was asked.
        operation: OperationName,
        /// Where the attempt is under way.
        from: Region,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// An attempt beside another was the first to succeed.
    #[non_exhaustive]
    HedgeWon {
        /// What was asked.
        operation: OperationName,
        /// Where it was answered.
        region: Region,
        /// How long after the beginning of the call.
        elapsed: Duration,
    },
    /// Somebody keeps calls away from a Region.
    #[non_exhaustive]
    Drained {
        /// Which.
        region: Region,
    },
    /// Somebody lets calls come to a Region again.
    #[non_exhaustive]
    Restored {
        /// Which.
        region: Region,
    },
    /// A health check has shown something else than the one before it in the same Region, or was the first.
    #[non_exhaustive]
    HealthChanged {
        /// Where.
        region: Region,
        /// What the one before it had shown.
        from: Option<CheckResult>,
        /// What it has shown.
        to: CheckResult,
        /// What it met, unless it succeeded.
        failure: Option<Failure>,
    },
    /// A health check did not succeed for a reason that is not the Region's, such as for want of a permission. It is told
    /// once for each Region and category.
    #[non_exhaustive]
    CheckRefused {
        /// Where.
        region: Region,
        /// By what.
        failure: Failure,
    },
}

pub(crate) type Observer = Box<dyn Fn(&RouterEvent) + Send + Sync>;

/// Everybody who wants to hear of events.
// One word, since each circuit of thousands of routers holds it.
#[derive(Clone)]
pub(crate) struct Observers(Arc<Vec<Observer>>);

impl Observers {
    /// Tells everybody, on the thread of the call and outside any lock. Without anybody, the event is not made.
    pub(crate) fn tell(&self, event: impl FnOnce() -> RouterEvent) {
        if self.0.is_empty() {
            return;
        }
        let event = event();
        for observer in self.0.iter() {
            // What it breaks off is not its own: a call that was about to be answered, or all checks of a Region.
            let told = catch_unwind(AssertUnwindSafe(|| observer(&event)));
            if told.is_err() {
                error!(target: "leeward::router", ?event, "an observer panicked; put it right");
            }
        }
    }

    /// Logs and tells that the circuit of `region` changed: aloud that it was left and is taken back, not each probe between.
    pub(crate) fn circuit_changed(&self, region: &Region, change: CircuitChange) {
        let CircuitChange { from, to, .. } = change;
        match (from, to) {
            (CircuitState::Closed, CircuitState::Open) => {
                warn!(target: "leeward::router", %region, ?from, "circuit opened, calls go elsewhere");
            }
            (_, CircuitState::Closed) => {
                info!(target: "leeward::router", %region, ?from, "circuit closed, calls come back");
            }
            _ => debug!(target: "leeward::router", %region, ?from, ?to, "circuit probed"),
        }
        self.tell(|| RouterEvent::CircuitChanged {
            region: region.clone(),
            change,
        });
    }

    /// Logs that a call says something of a Region that the router does not know.
    pub(crate) fn met_stranger(&self, region: &Region) {
        warn!(
            target: "leeward::router",
            %region,
            "a call excludes or prefers a Region that the router does not know, which changes nothing; look for a slip of the pen"
        );
    }

    /// Logs and tells that somebody has drained or restored a Region.
    pub(crate) fn drained(&self, region: &Region, drained: bool) {
        let region = region.clone();
        if drained {
            warn!(target: "leeward::router", %region, "drained by hand, calls go elsewhere");
            self.tell(|| RouterEvent::Drained { region });
        } else {
            info!(target: "leeward::router", %region, "restored by hand");
            self.tell(|| RouterEvent::Restored { region });
        }
    }

    /// Logs and tells that health checks of `region` show something else.
    pub(crate) fn health_changed(
        &self,
        region: &Region,
        from: Option<CheckResult>,
        to: CheckResult,
        failure: Option<Failure>,
    ) {
        let category = failure.as_ref().map(|failure| failure.category().as_str());
        let from_name = from.map(CheckResult::as_str);
        info!(
            target: "leeward::router",
            %region, from = from_name, to = to.as_str(), category,
            "health checks show something else"
        );
        self.tell(|| RouterEvent::HealthChanged {
            region: region.clone(),
            from,
            to,
            failure,
        });
    }

    /// Logs and tells that a health check did not succeed, and that it is for whoever wrote it to put that right.
    pub(crate) fn check_refused(&self, region: &Region, failure: &Failure, advice: &str) {
        warn!(
            target: "leeward::router",
            %region, %failure, advice,
            "health check did not succeed, for a reason that is not the Region's; put the check right"
        );
        self.tell(|| RouterEvent::CheckRefused {
            region: region.clone(),
            failure: failure.clone(),
        });
    }
}

impl From<Vec<Observer>> for Observers {
    fn from(observers: Vec<Observer>) -> Self {
        Self(Arc::new(observers))
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
