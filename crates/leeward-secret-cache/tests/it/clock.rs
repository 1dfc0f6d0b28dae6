//! A clock for tests whose time is paused.

use leeward_resilience::{Clock, Timestamp, TokioClock};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// Tokio's clock, and a date that goes with it, and on while the machine sleeps.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    steady: TokioClock,
    origin: Timestamp,
    slept: Arc<AtomicU64>,
}

impl Dated {
    pub(crate) fn new() -> Self {
        let steady = TokioClock::new();
        let origin = steady.now();
        Self {
            steady,
            origin,
            slept: Arc::default(),
        }
    }

    /// The date at the start of a test.
    pub(crate) fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    /// The machine sleeps for so many seconds.
    pub(crate) fn sleeps(&self, seconds: u64) {
        self.slept.fetch_add(seconds, Relaxed);
    }
}

impl Default for Dated {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for Dated {
    fn now(&self) -> Timestamp {
        self.steady.now()
    }

    fn date(&self) -> SystemTime {
        let slept = Duration::from_secs(self.slept.load(Relaxed));
        Self::start() + self.now().since(self.origin) + slept
    }
}
