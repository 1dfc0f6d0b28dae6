use aws_smithy_http_client::pool::ConnectionEvent;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many clients and connections a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Clients made and kept.
    pub clients: usize,
    /// Connections open now.
    pub connections: u64,
    /// Connections opened since the pool was built.
    pub connections_opened: u64,
    /// Attempts to connect that failed.
    pub connections_failed: u64,
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

    pub(super) fn read(&self, clients: usize) -> PoolStats {
        let closed = self.closed.load(Relaxed);
        let opened = self.opened.load(Relaxed);
        PoolStats {
            clients,
            connections: opened.saturating_sub(closed),
            connections_opened: opened,
            connections_failed: self.failed.load(Relaxed),
        }
    }
}
