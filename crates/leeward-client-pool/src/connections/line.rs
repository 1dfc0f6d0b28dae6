use leeward_error_taxonomy::Rejected;
use leeward_resilience::{
    ConcurrencyLimitConfig, ConcurrencyLimiter, ConcurrencyPermit, TokioClock,
};
use std::time::Duration;
use tokio::time::timeout;

/// The line before the connections to one host: first come, first served.
///
/// As many calls pass as there may be connections, so that the pool behind always has one, or room for one, and the read
/// timeout measures the service alone. A place lasts until the answer's body has ended or is dropped.
#[derive(Debug)]
pub(super) struct Line {
    limiter: ConcurrencyLimiter<TokioClock>,
}

/// The right to use a connection.
pub(crate) type Permit = ConcurrencyPermit<TokioClock>;

/// What bounds a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) passing: usize,
    pub(super) waiting: usize,
    pub(super) wait: Duration,
}

impl Line {
    pub(super) fn new(bounds: Bounds) -> Self {
        let config = ConcurrencyLimitConfig::fixed(count(bounds.passing))
            .with_max_waiting(count(bounds.waiting))
            .with_max_wait(bounds.wait);
        // A fixed limiter asks its clock nothing, and tokio's needs no calibration.
        Self {
            limiter: ConcurrencyLimiter::with_clock(config, TokioClock::new()),
        }
    }

    /// Waits for a connection's worth of room, for `patience` at most if the caller has less than the line.
    ///
    /// # Errors
    ///
    /// [`Rejected::LimiterFull`] if too many wait, or it takes too long; the refusal of the caller's deadline if that ends
    /// first. Nothing was sent.
    pub(super) async fn pass(&self, patience: Option<Duration>) -> Result<Permit, Rejected> {
        let turn = self.limiter.acquire();
        match patience {
            Some(patience) => timeout(patience, turn)
                .await
                .unwrap_or(Err(Rejected::LimiterFull)),
            None => turn.await,
        }
    }

    /// Passes if there is room and nobody waits for it.
    pub(super) fn pass_at_once(&self) -> Option<Permit> {
        self.limiter.try_acquire().ok()
    }

    pub(super) fn waiting(&self) -> u64 {
        self.limiter.waiting().into()
    }

    /// Whether a call is under way or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.limiter.in_flight() > 0 || self.limiter.waiting() > 0
    }
}

fn count(bound: usize) -> u32 {
    u32::try_from(bound).unwrap_or(u32::MAX)
}
