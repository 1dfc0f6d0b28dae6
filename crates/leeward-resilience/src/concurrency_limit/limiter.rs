use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, TryLockError},
};

use leeward_error_taxonomy::Rejected;
use tokio::time::{Sleep, sleep, sleep_until};

use super::{
    Acquire, ConcurrencyLimitConfig, ConcurrencyPermit,
    gate::{Entry, Gate},
    gradient::Gradient,
};
use crate::{Clock, Timestamp, TscClock, deadline};

/// Bounds the number of calls in flight; cloning shares the bound.
///
/// Give one limiter to everything that calls the same thing. It may be asked by hand, too:
///
/// ```
/// use leeward_resilience::{ConcurrencyLimitConfig, ConcurrencyLimiter};
///
/// let limiter = ConcurrencyLimiter::new(ConcurrencyLimitConfig::fixed(1));
/// let permit = limiter.try_acquire()?;
/// assert_eq!((limiter.limit(), limiter.in_flight()), (1, 1));
/// assert_eq!(limiter.try_acquire().unwrap_err().to_string(), "limiter full");
/// drop(permit);
/// assert!(limiter.try_acquire().is_ok());
/// # Ok::<(), leeward_error_taxonomy::Rejected>(())
/// ```
pub struct ConcurrencyLimiter<C: Clock = TscClock> {
    core: Arc<Core<C>>,
}

pub(super) struct Core<C> {
    pub(super) gate: Gate,
    config: ConcurrencyLimitConfig,
    adaptation: Option<Adaptation<C>>,
}

struct Adaptation<C> {
    clock: C,
    gradient: Mutex<Gradient>,
}

impl ConcurrencyLimiter {
    /// Makes a limiter on the production clock.
    #[must_use]
    pub fn new(config: ConcurrencyLimitConfig) -> Self {
        Self::with_clock(config, TscClock::new())
    }
}

impl<C: Clock> ConcurrencyLimiter<C> {
    /// Makes a limiter on a clock of the caller's choice, which only an adaptive one reads.
    pub fn with_clock(config: ConcurrencyLimitConfig, clock: C) -> Self {
        let (min, max) = config.bounds.unwrap_or((config.initial, config.initial));
        let initial = config.initial.clamp(min, max);
        let adaptation = config.bounds.map(|_| Adaptation {
            clock,
            gradient: Mutex::new(Gradient::new(initial, min, max)),
        });
        Self {
            core: Arc::new(Core {
                gate: Gate::new(initial, config.max_waiting.unwrap_or(max)),
                config,
                adaptation,
            }),
        }
    }

    /// How many calls may be in flight now.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.core.gate.limit()
    }

    /// How many calls are in flight; for a while more than the limit after that has shrunk.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.core.gate.in_flight()
    }

    /// How many calls wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.core.gate.waiting()
    }

    /// Takes a permit if there is one and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`Rejected::LimiterFull`] otherwise.
    pub fn try_acquire(&self) -> Result<ConcurrencyPermit<C>, Rejected> {
        if self.core.gate.try_enter() {
            Ok(self.permit())
        } else {
            Err(Rejected::LimiterFull)
        }
    }

    /// Takes a permit, or waits for one behind those who wait already.
    ///
    /// The place in the line is taken at once, and left when the future is dropped. As with every fair queue a permit may
    /// come to a future that nobody polls, and is of no use to anybody until it is polled or dropped.
    pub fn acquire(&self) -> Acquire<C> {
        match self.core.gate.enter() {
            Entry::Entered => Acquire::acquired(self.permit()),
            Entry::Queued(ticket) => Acquire::queued(self.clone(), ticket),
            Entry::Full => Acquire::full(),
        }
    }

    /// The permit for a place that was taken at the gate.
    pub(super) fn permit(&self) -> ConcurrencyPermit<C> {
        let adaptation = self.core.adaptation.as_ref();
        let sent_at = adaptation.map(|adaptation| adaptation.clock.now());
        ConcurrencyPermit::new(Arc::clone(&self.core), sent_at)
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.core.gate
    }

    /// A timer for the longest wait, or for the end of the caller's time, whichever comes first.
    pub(super) fn max_wait(&self) -> Sleep {
        let longest = sleep(self.core.config.max_wait);
        match deadline::current() {
            Some(end) if end < longest.deadline() => sleep_until(end),
            _ => longest,
        }
    }
}

impl<C> Core<C>
where
    C: Clock,
{
    /// Learns that a call which began at `sent_at` was answered. An adaptive limiter that is busy learning lets it be.
    pub(super) fn answered(&self, sent_at: Timestamp) {
        let Some(adaptation) = &self.adaptation else {
            return;
        };
        let now = adaptation.clock.now();
        let mut gradient = match adaptation.gradient.try_lock() {
            Ok(gradient) => gradient,
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(_)) => unreachable!("not poisoned"),
        };
        gradient.answered(now.since(sent_at), self.gate.in_flight(), now);
        self.apply(gradient);
    }

    /// Learns something else of a call which began at `sent_at`.
    pub(super) fn learn(
        &self,
        sent_at: Timestamp,
        lesson: fn(&mut Gradient, Timestamp, Timestamp),
    ) {
        if let Some(adaptation) = &self.adaptation {
            let now = adaptation.clock.now();
            let mut gradient = adaptation.gradient.lock().expect("not poisoned");
            lesson(&mut gradient, sent_at, now);
            self.apply(gradient);
        }
    }

    fn apply(&self, gradient: MutexGuard<'_, Gradient>) {
        let limit = gradient.limit();
        if limit != self.gate.limit() {
            // Set under the lock, lest an older limit be set last.
            let has_risen = self.gate.set_limit(limit);
            drop(gradient);
            if has_risen {
                self.gate.hand_over();
            }
        }
    }
}

impl<C: Clock> Clone for ConcurrencyLimiter<C> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
        }
    }
}

impl<C: Clock> fmt::Debug for ConcurrencyLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLimiter")
            .field("limit", &self.limit())
            .field("in_flight", &self.in_flight())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
