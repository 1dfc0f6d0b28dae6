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
    /// Host by host, in the order of their names; those that were used longest ago are forgotten past 1,024.
    pub hosts: Vec<HostStats>,
}

/// How the connections to one host stand.
///
/// The numbers are read one after another while calls go on, so that sums need not match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostStats {
    /// The host, as in `https://kms.us-east-1.amazonaws.com`.
    pub name: String,
    /// Connections that are open now.
    pub open: u64,
    /// How many of them wait for a call.
    pub idle: u64,
    /// How many of them carry one.
    pub active: u64,
    /// Calls that wait for a connection.
    pub pending: u64,
    /// Connections opened since the host was first called.
    pub opened: u64,
    /// Attempts to connect that failed.
    pub failed: u64,
    /// Calls that found the line full, or their time over while they stood in it.
    pub refused: u64,
    /// Calls that went over a connection that had carried one before.
    pub reused: u64,
    /// How often the connections to the host were left for fresh ones because it had gone dark.
    pub turned: u64,
}

/// What connections do, counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    reused: AtomicU64,
}

impl Counters {
    pub(super) fn opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    pub(super) fn closed(&self) {
        self.closed.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn reused(&self) {
        self.reused.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> ConnectionStats {
        // What is closed was opened before.
        let closed = self.closed.load(Relaxed);
        let opened = self.opened.load(Relaxed);
        ConnectionStats {
            open: opened.saturating_sub(closed),
            opened,
            failed: self.failed.load(Relaxed),
            hosts: Vec::new(),
        }
    }

    pub(super) fn read_host(&self, name: String) -> HostStats {
        let ConnectionStats {
            open,
            opened,
            failed,
            ..
        } = self.read();
        HostStats {
            name,
            open,
            opened,
            failed,
            refused: self.refused.load(Relaxed),
            reused: self.reused.load(Relaxed),
            ..HostStats::default()
        }
    }
}
