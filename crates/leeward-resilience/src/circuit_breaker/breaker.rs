use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use tokio::sync::watch;

use super::{
    Admission, AdmissionTerms, CircuitChange, CircuitConfig, CircuitMode, CircuitSnapshot,
    CircuitState, SharedSlowStart,
    circuit::Circuit,
    front::{Change, Front},
    seat::{self, Seat},
};
use crate::{Clock, Timestamp, TscClock, lane};

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
///
/// It is a handle for whoever keeps the service running, too:
///
/// ```
/// use leeward_resilience::{CircuitBreaker, CircuitConfig, CircuitMode, CircuitState};
///
/// let breaker = CircuitBreaker::new(CircuitConfig::new());
/// let changes = breaker.subscribe();
/// breaker.force_open();
/// assert!(breaker.admit().is_err());
/// assert_eq!(changes.borrow().to, CircuitState::ForcedOpen);
/// breaker.set_mode(CircuitMode::ObserveOnly); // counts, opens and reports, and refuses nothing
/// breaker.reset();
/// assert_eq!(breaker.snapshot().mode, CircuitMode::Active);
/// ```
pub struct CircuitBreaker<C: Clock = TscClock> {
    seats: Arc<[Arc<Seat<C>>]>,
}

pub(super) struct Core<C> {
    pub(super) front: Front,
    pub(super) clock: C,
    audience: Mutex<Audience>,
}

/// Who wants to hear of changes.
struct Audience {
    last: CircuitChange,
    observers: Vec<Observer>,
    // Made for the first one who waits for them, which most circuits never have.
    changes: Option<watch::Sender<CircuitChange>>,
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
    ///
    /// Whoever makes thousands of them hands each the same `Arc` of a configuration.
    pub fn with_clock(config: impl Into<Arc<CircuitConfig>>, clock: C) -> Self {
        let config = config.into();
        let nothing_yet = CircuitChange {
            from: CircuitState::Closed,
            to: CircuitState::Closed,
            generation: 0,
        };
        let lanes = if config.shares_lane { 1 } else { lane::count() };
        let core = Arc::new(Core {
            front: Front::new(config, lanes, clock.now()),
            clock,
            audience: Mutex::new(Audience {
                last: nothing_yet,
                observers: Vec::new(),
                changes: None,
            }),
        });
        Self {
            seats: seat::around(&core, lanes),
        }
    }

    /// Lets a call through. What it gives is to be told the outcome; dropping it says that the call was given up.
    ///
    /// # Errors
    ///
    /// [`Rejected::CircuitOpen`] while the circuit is open, or half-open with its probe on the way, or when it starts slowly
    /// after an opening and others go first.
    pub fn admit(&self) -> Result<Admission<C>, Rejected> {
        self.admit_at(self.core().clock.now())
    }

    /// As [`admit`](Self::admit), at a moment that the caller has just read off the circuit's clock.
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit).
    #[inline]
    pub fn admit_at(&self, now: Timestamp) -> Result<Admission<C>, Rejected> {
        self.admit_as(now, AdmissionTerms::new())
    }

    /// As [`admit_at`](Self::admit_at), on terms of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit). It is to be tried again at once, `retry_in` zero, where the call might pass on other terms.
    #[inline]
    pub fn admit_as(
        &self,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> Result<Admission<C>, Rejected> {
        let seat = &self.seats[lane::of_thread(self.seats.len())];
        let core = seat.core();
        let (admitted, change) = core.front.admit(seat.lane(), now, terms);
        core.announce(change);
        match admitted {
            Ok(ticket) => Ok(Admission::new(Arc::clone(seat), ticket, now)),
            Err(retry_in) => Err(Rejected::CircuitOpen { retry_in }),
        }
    }

    pub(super) fn mode(&self) -> CircuitMode {
        self.core().front.mode()
    }

    /// The state now. An open circuit whose rest is over stays open until a call asks to pass.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.core().front.state()
    }

    /// The service's normal latency, once it is learnt; one load.
    #[must_use]
    pub fn baseline(&self) -> Option<Duration> {
        self.core().front.normal()
    }

    /// How the circuit stands.
    #[must_use]
    pub fn snapshot(&self) -> CircuitSnapshot {
        let now = self.core().clock.now();
        // An admission holds its seat.
        let in_flight = self.seats.iter().map(|seat| Arc::strong_count(seat) - 1);
        let in_flight = in_flight.sum::<usize>() as u64;
        let look = |circuit: &mut Circuit, seen: &_| circuit.snapshot(now, seen, in_flight);
        self.core().front.inspect(now, look)
    }

    /// Refuses every call until [`reset`](Self::reset) or another mode.
    pub fn force_open(&self) {
        self.set_mode(CircuitMode::ForcedOpen);
    }

    /// Goes over to `mode`. Unless it is in it already, the circuit is closed and has counted nothing then; what it has
    /// learnt of the service's latency it keeps.
    pub fn set_mode(&self, mode: CircuitMode) {
        let now = self.core().clock.now();
        let command = |circuit: &mut Circuit| circuit.set_mode(mode, now);
        self.core().announce(self.core().front.command(command));
    }

    /// If the circuit is closed, lets a [share](CircuitConfig::with_slow_start) of the calls through that rises, as after an
    /// opening: of a service that was left out for some other reason. Otherwise its probes decide, as always.
    pub fn start_slowly(&self) {
        let now = self.core().clock.now();
        self.core()
            .front
            .command(|circuit| circuit.start_slowly(now));
    }

    /// [Starts slowly](CircuitConfig::with_slow_start) together with all circuits that share `all`.
    pub fn share_slow_start(&self, all: &SharedSlowStart) {
        let all = all.clone();
        self.core()
            .front
            .command(|circuit| circuit.share_slow_start(all));
    }

    /// Begins anew: closed, active, with nothing counted and nothing learnt.
    pub fn reset(&self) {
        let now = self.core().clock.now();
        let change = self.core().front.command(|circuit| circuit.reset(now));
        self.core().announce(Some(change));
    }

    /// Calls `observer` after every change of state, on the thread that caused it and outside any lock.
    ///
    /// It must return soon and must not panic. It stays for as long as the circuit does.
    pub fn on_change(&self, observer: impl Fn(CircuitChange) + Send + Sync + 'static) {
        let mut audience = self.core().audience();
        // There is one at most, as a rule, and thousands of circuits.
        audience.observers.reserve_exact(1);
        audience.observers.push(Arc::new(observer));
    }

    /// Shows the last change of state, and wakes whoever waits for the next; between two looks, changes may be missed.
    ///
    /// Before the first change it shows one from closed to closed.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<CircuitChange> {
        let mut audience = self.core().audience();
        let last = audience.last;
        let changes = audience
            .changes
            .get_or_insert_with(|| watch::Sender::new(last));
        changes.subscribe()
    }

    /// Whether a call is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.seats.iter().all(|seat| Arc::strong_count(seat) == 1)
    }

    fn core(&self) -> &Core<C> {
        self.seats[0].core()
    }
}

impl<C: Clock> Clone for CircuitBreaker<C> {
    fn clone(&self) -> Self {
        Self {
            seats: Arc::clone(&self.seats),
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
    fn audience(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().expect("not poisoned")
    }

    /// Tells everybody of a change of state.
    #[inline]
    pub(super) fn announce(&self, change: Change) {
        if let Some(change) = change {
            self.tell(change);
        }
    }

    #[cold]
    fn tell(&self, change: CircuitChange) {
        if change.from == change.to {
            return;
        }
        // Copied, so that an observer may look at the breaker or add another observer.
        let observers = {
            let mut audience = self.audience();
            // Two threads may bring theirs in either order.
            if change.generation > audience.last.generation {
                audience.last = change;
                if let Some(changes) = &audience.changes {
                    changes.send_replace(change);
                }
            }
            audience.observers.clone()
        };
        for observer in observers {
            observer(change);
        }
    }
}
