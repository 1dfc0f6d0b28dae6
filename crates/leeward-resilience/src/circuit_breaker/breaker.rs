use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use leeward_error_taxonomy::Rejected;

use super::{
    Admission, CircuitChange, CircuitConfig, CircuitState,
    circuit::{Circuit, Outcome, Stamp},
};
use crate::{Clock, Timestamp, TscClock};

/// Holds calls back from a service that fails, and tries it again one call at a time.
///
/// Cloning shares the circuit. A layer or a router asks it before each call and tells it what came of the call:
///
/// ```
/// use leeward_error_taxonomy::{Category, Facts, Stage, Verdict};
/// use leeward_resilience::{CircuitBreaker, CircuitConfig, CircuitState};
///
/// let breaker = CircuitBreaker::new(CircuitConfig::new().with_consecutive_failures(2));
/// let silence = Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient);
/// breaker.admit()?.fail(&silence);
/// breaker.admit()?.fail(&silence);
/// assert_eq!(breaker.state(), CircuitState::Open);
/// let refused = breaker.admit().unwrap_err();
/// assert!(refused.to_string().starts_with("circuit open, next probe in"));
/// # Ok::<(), leeward_error_taxonomy::Rejected>(())
/// ```
pub struct CircuitBreaker<C: Clock = TscClock> {
    core: Arc<Core<C>>,
}

pub(super) struct Core<C> {
    circuit: Mutex<Circuit>,
    observers: Mutex<Vec<Observer>>,
    pub(super) clock: C,
}

type Observer = Arc<dyn Fn(CircuitChange) + Send + Sync>;

impl CircuitBreaker {
    /// Closes a circuit around nothing yet, on the production clock.
    #[must_use]
    pub fn new(config: CircuitConfig) -> Self {
        Self::with_clock(config, TscClock::new())
    }
}

impl<C: Clock> CircuitBreaker<C> {
    /// Closes a circuit around nothing yet, on a clock of the caller's choice.
    pub fn with_clock(config: CircuitConfig, clock: C) -> Self {
        Self {
            core: Arc::new(Core {
                circuit: Mutex::new(Circuit::new(config)),
                observers: Mutex::default(),
                clock,
            }),
        }
    }

    /// Lets a call through. What it gives is to be told the outcome; dropping it says that the call was given up.
    ///
    /// # Errors
    ///
    /// [`Rejected::CircuitOpen`] while the circuit is open, or half-open with its probe on the way.
    pub fn admit(&self) -> Result<Admission<C>, Rejected> {
        let now = self.core.clock.now();
        let (admitted, change) = self.core.circuit().admit(now);
        self.core.announce(change);
        admitted
            .map(|stamp| Admission::new(Arc::clone(&self.core), stamp, now))
            .map_err(|retry_in| Rejected::CircuitOpen { retry_in })
    }

    /// The state now. An open circuit whose rest is over stays open until a call asks to pass.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.core.circuit().state()
    }

    /// Calls `observer` after every change of state, on the thread that caused it and outside any lock.
    ///
    /// It must return soon and must not panic. It stays for as long as the circuit does.
    pub fn on_change(&self, observer: impl Fn(CircuitChange) + Send + Sync + 'static) {
        self.core.observers().push(Arc::new(observer));
    }
}

impl<C: Clock> Clone for CircuitBreaker<C> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
        }
    }
}

impl<C: Clock> fmt::Debug for CircuitBreaker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl<C> Core<C> {
    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().expect("not poisoned")
    }

    fn observers(&self) -> MutexGuard<'_, Vec<Observer>> {
        self.observers.lock().expect("not poisoned")
    }

    fn announce(&self, change: Option<CircuitChange>) {
        let Some(change) = change else { return };
        // Copied, so that an observer may look at the breaker or add another observer.
        let observers = self.observers().clone();
        for observer in observers {
            observer(change);
        }
    }

    /// Learns the outcome of an admitted call.
    pub(super) fn record(&self, stamp: Stamp, outcome: Outcome, now: Timestamp) {
        let change = self.circuit().record(stamp, outcome, now);
        self.announce(change);
    }
}
