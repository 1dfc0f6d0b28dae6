use std::{sync::Arc, time::Duration};

use super::atomic::{AtomicU64, Ordering::Relaxed};
use crate::Timestamp;

/// Holds circuits of one service together that [start slowly](super::CircuitConfig::with_slow_start) at much the same time: one for
/// each of its operations or tenants, say.
///
/// A circuit by itself lets a call pass each hundredth of the time in any case, so that whoever calls seldom notices nothing. Of a
/// thousand circuits, each of which sees few calls, that would be all of them, at once. Those that
/// [share](super::CircuitBreaker::share_slow_start) this let one call pass together; which of the others pass is left to the lot,
/// as always.
#[derive(Clone, Debug, Default)]
pub struct SharedSlowStart(Arc<AtomicU64>);

impl SharedSlowStart {
    /// For circuits that are yet to start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the place of the one call that passes at `now` in any case, if none has passed for that long.
    pub(super) fn takes_place(&self, now: Timestamp, interval: Duration) -> bool {
        let passed_at = self.0.load(Relaxed);
        let is_due = passed_at == 0 || now.since(at(passed_at)) >= interval;
        // Of several threads one takes it.
        let take = || {
            self.0
                .compare_exchange(passed_at, now.nanos().max(1), Relaxed, Relaxed)
        };
        is_due && take().is_ok()
    }

    /// Another call has passed.
    pub(super) fn passed(&self, now: Timestamp) {
        self.0.fetch_max(now.nanos().max(1), Relaxed);
    }
}

const fn at(nanos: u64) -> Timestamp {
    Timestamp::new(Duration::from_nanos(nanos))
}
