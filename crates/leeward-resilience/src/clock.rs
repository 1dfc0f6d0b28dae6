use std::{
    fmt,
    ops::Add,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// A point on the line of one [`Clock`], in nanoseconds since an origin of the clock's choice.
///
/// Points of two different clocks must not be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The point `since_origin` after the clock's origin.
    #[must_use]
    pub const fn new(since_origin: Duration) -> Self {
        Self(nanos(since_origin))
    }

    /// How long after `earlier` this point lies; zero if it does not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The distance from the clock's origin, for the decisions that keep a time in one atomic word.
    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, rest: Duration) -> Self {
        Self(self.0.saturating_add(nanos(rest)))
    }
}

/// Tells the time to a layer.
///
/// A type parameter rather than a call to the system: production reads the processor's counter, a test reads tokio's
/// clock, which it can pause.
pub trait Clock: Clone + fmt::Debug + Send + Sync + 'static {
    /// The time now; never earlier than an earlier answer.
    fn now(&self) -> Timestamp;

    /// The time of day, by which a date is measured that a service asks its callers to wait until.
    ///
    /// Read only when one does, and the system's unless a clock has one of its own. It may be set back or forth at any time,
    /// so nothing else goes by it; whoever does bounds what comes of it.
    fn date(&self) -> SystemTime {
        #[allow(
            clippy::disallowed_methods,
            reason = "the one place, which a test replaces"
        )]
        SystemTime::now()
    }
}

/// The [date](Clock::date) of some clock.
#[derive(Clone)]
pub(crate) struct Calendar(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Calendar {
    pub(crate) fn of<C: Clock>(clock: C) -> Self {
        Self(Arc::new(move || clock.date()))
    }

    pub(crate) fn date(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calendar")
    }
}

/// Reads the processor's time-stamp counter, as the `quanta` crate calibrates it.
///
/// Making one calibrates it (at most 200 ms, once in a process), so make it where a wait does no harm; reading it costs
/// about a third of `std::time::Instant`. It stands still while the machine is suspended.
#[derive(Clone, Debug)]
pub struct TscClock(quanta::Clock);

impl TscClock {
    /// Calibrates the clock, unless the process has done so before.
    #[must_use]
    pub fn new() -> Self {
        Self(quanta::Clock::new())
    }
}

impl Default for TscClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TscClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.delta_as_nanos(0, self.0.raw()))
    }
}

/// Reads tokio's clock, which `tokio::time::pause` stops and `tokio::time::advance` moves.
#[derive(Clone, Debug)]
pub struct TokioClock {
    origin: tokio::time::Instant,
}

impl TokioClock {
    /// Starts the clock at the present moment.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
        }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.origin.elapsed())
    }
}

const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        nanos as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_test_clock_moves_with_tokio() {
        let clock = TokioClock::new();
        let before = clock.now();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now().since(before), Duration::from_secs(5));
    }

    #[test]
    fn the_counter_never_runs_backwards() {
        let clock = TscClock::new();
        let before = clock.now();
        assert!(clock.now() >= before);
    }

    #[test]
    fn a_point_too_far_away_is_the_last_one() {
        assert_eq!(Timestamp::default() + Duration::MAX, Timestamp(u64::MAX));
        assert_eq!(Timestamp::default().since(Timestamp(7)), Duration::ZERO);
    }
}
