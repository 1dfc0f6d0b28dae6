use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use leeward_error_taxonomy::{Facts, Rejected, Stage, Verdict};

use super::{
    CircuitChange, CircuitConfig, CircuitState,
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

struct Core<C> {
    circuit: Mutex<Circuit>,
    observers: Mutex<Vec<Observer>>,
    clock: C,
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
        match admitted {
            Ok(stamp) => Ok(Admission {
                core: Arc::clone(&self.core),
                stamp,
                admitted_at: now,
                settled: false,
            }),
            Err(retry_in) => Err(Rejected::CircuitOpen { retry_in }),
        }
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

    fn record(&self, stamp: Stamp, outcome: Outcome, now: Timestamp) {
        let change = self.circuit().record(stamp, outcome, now);
        self.announce(change);
    }
}

/// A call that a [`CircuitBreaker`] let through and whose outcome it waits for.
///
/// Dropping it reports that the call was given up: a failure if it was in flight for
/// [slow](CircuitConfig::with_slow) or longer, otherwise no evidence. A probe's place is free again either way.
#[must_use = "an admission that is dropped reports a call that was given up"]
pub struct Admission<C: Clock = TscClock> {
    core: Arc<Core<C>>,
    stamp: Stamp,
    admitted_at: Timestamp,
    settled: bool,
}

impl<C: Clock> Admission<C> {
    /// Reports that the service did what it was asked for.
    pub fn succeed(self) {
        self.settle(|_| Outcome::Success);
    }

    /// Reports how the call failed; what that says about the service, the facts decide.
    ///
    /// An answer that blames the request is a success: the service is alive. A plea for fewer calls and a refusal of our
    /// own layers are no evidence. A deadline that ran out below counts like a call that was dropped.
    pub fn fail(self, facts: &Facts<'_>) {
        self.settle(|age| judge(facts, age));
    }

    fn settle(mut self, outcome: impl FnOnce(std::time::Duration) -> Outcome) {
        self.settled = true;
        let now = self.core.clock.now();
        let outcome = outcome(now.since(self.admitted_at));
        self.core.record(self.stamp, outcome, now);
    }
}

impl<C: Clock> Drop for Admission<C> {
    fn drop(&mut self) {
        if !self.settled {
            let now = self.core.clock.now();
            let age = now.since(self.admitted_at);
            self.core.record(self.stamp, Outcome::Dropped { age }, now);
        }
    }
}

impl<C: Clock> fmt::Debug for Admission<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("admitted_at", &self.admitted_at)
            .finish_non_exhaustive()
    }
}

fn judge(facts: &Facts<'_>, age: std::time::Duration) -> Outcome {
    if facts.blames_the_service() {
        return Outcome::Failure;
    }
    match facts.rejected {
        Some(Rejected::DeadlineExceeded { .. }) if facts.stage != Stage::NotSent => {
            Outcome::Dropped { age }
        }
        Some(_) => Outcome::Neutral,
        None if facts.verdict == Verdict::Throttled => Outcome::Neutral,
        None if facts.stage == Stage::Answered => Outcome::Success,
        None => Outcome::Neutral,
    }
}
