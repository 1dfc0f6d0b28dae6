use aws_smithy_http_client::pool::ConnectionEvent;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many connections a pool has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// Open now.
    pub open: u64,
    /// Opened since the pool was built.
    pub opened: u64,
    /// Attempts to connect that failed.
    pub failed: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    pub(super) fn observe(&self, event: &ConnectionEvent<'_>) {
        let counter = match event {
            ConnectionEvent::Opened(_) => &self.opened,
            ConnectionEvent::PhysicalClose(_) => &self.closed,
            ConnectionEvent::EstablishmentFailed(_) => &self.failed,
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> ConnectionStats {
        let closed = self.closed.load(Relaxed);
        let opened = self.opened.load(Relaxed);
        ConnectionStats {
            open: opened.saturating_sub(closed),
            opened,
            failed: self.failed.load(Relaxed),
        }
    }
}
