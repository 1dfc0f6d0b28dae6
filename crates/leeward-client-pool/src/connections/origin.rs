use super::{
    darkness::Darkness,
    groups::Groups,
    host::Host,
    line::{Bounds, Line, Permit},
    stats::{Counters, HostStats},
};
use aws_smithy_http_client::pool::{ConnectionPool, OriginKey};
use aws_smithy_runtime_api::client::result::ConnectorError;
use leeward_error_taxonomy::Rejected;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What is known of one host.
#[derive(Debug)]
pub(crate) struct Origin {
    name: String,
    // None for the one that stands for all that there is no room for.
    key: Option<OriginKey>,
    line: Line,
    pub(super) counters: Counters,
    darkness: Mutex<Darkness>,
    // The generation of the darkness, and whether there is any: most calls need to know no more.
    generation: AtomicU32,
    is_dark: AtomicBool,
    used_at: AtomicU64,
    groups: Groups,
}

impl Origin {
    pub(super) fn new(host: Option<&Host>, bounds: Bounds, groups: &Groups) -> Self {
        Self {
            name: host.map_or_else(|| "others".to_owned(), ToString::to_string),
            key: host.and_then(Host::key),
            line: Line::new(bounds),
            counters: Counters::default(),
            darkness: Mutex::new(Darkness::new(groups.turn_interval())),
            generation: AtomicU32::new(0),
            is_dark: AtomicBool::new(false),
            used_at: AtomicU64::new(0),
            groups: groups.clone(),
        }
    }

    /// Waits for a place among those who may use a connection.
    ///
    /// # Errors
    ///
    /// Those of the line; nothing was sent.
    pub(crate) async fn pass(&self, patience: Option<Duration>) -> Result<Permit, Rejected> {
        let passed = self.line.pass(patience).await;
        if passed.is_err() {
            self.counters.refused();
        }
        passed
    }

    /// Takes such a place if there is one and nobody waits for it.
    pub(crate) fn pass_at_once(&self) -> Option<Permit> {
        self.line.pass_at_once()
    }

    /// Learns that a call went over a connection that had carried one before.
    pub(crate) fn reused(&self) {
        self.counters.reused();
    }

    /// Watches a call that is about to be sent. A call that is dropped after `patience` ended in silence.
    pub(super) fn watch(self: &Arc<Self>, patience: Duration) -> Watch {
        Watch {
            generation: self.generation.load(Relaxed),
            origin: Arc::clone(self),
            patience,
            begun: Instant::now(),
            is_over: false,
        }
    }

    pub(super) fn used(&self, at: u64) {
        self.used_at.store(at, Relaxed);
    }

    pub(super) fn used_at(&self) -> u64 {
        self.used_at.load(Relaxed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.line.is_busy()
    }

    pub(super) fn stats(&self, pool: &ConnectionPool) -> HostStats {
        let mut stats = self.counters.read_host(self.name.clone());
        stats.pending = self.line.waiting();
        stats.turned = self.generation.load(Relaxed).into();
        let Some(key) = &self.key else { return stats };
        for id in self.groups.partitions() {
            let Some(seen) = pool.partition_stats(id, key) else {
                continue;
            };
            let count = |connections: usize| connections as u64;
            stats.idle += count(seen.h1().idle());
            stats.active += count(seen.h1().active()) + count(seen.h2().accepting());
            stats.pending += count(seen.pending_acquisitions());
        }
        stats
    }

    fn answered(&self, generation: u32) {
        if self.is_dark.load(Relaxed) {
            let mut darkness = self.darkness();
            darkness.answered(generation);
            self.is_dark.store(darkness.has_begun(), Relaxed);
        }
    }

    fn silent(&self, generation: u32) {
        let mut darkness = self.darkness();
        darkness.silent(generation, Instant::now());
        self.is_dark.store(darkness.has_begun(), Relaxed);
        let generation = darkness.generation();
        // Ready before it is asked for.
        self.groups.open(generation);
        self.generation.store(generation, Relaxed);
    }

    fn darkness(&self) -> MutexGuard<'_, Darkness> {
        self.darkness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call on its way.
#[derive(Debug)]
pub(crate) struct Watch {
    origin: Arc<Origin>,
    generation: u32,
    patience: Duration,
    begun: Instant,
    is_over: bool,
}

impl Watch {
    /// The group of connections to use.
    pub(super) fn group(&self) -> u32 {
        Groups::of(self.generation)
    }

    /// Learns how the call ended.
    pub(crate) fn end<T>(&mut self, answer: Result<&T, &ConnectorError>) {
        self.is_over = true;
        match answer {
            Ok(_) => self.origin.answered(self.generation),
            Err(error) if error.is_timeout() => self.origin.silent(self.generation),
            // A refusal or a reset is loud, and its connection is gone.
            Err(_) => {}
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_over && self.begun.elapsed() >= self.patience {
            self.origin.silent(self.generation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Arc<Origin> {
        let bounds = Bounds {
            passing: 1,
            waiting: 1,
            wait: Duration::from_secs(1),
        };
        Arc::new(Origin::new(
            None,
            bounds,
            &Groups::new(Some(Duration::from_secs(20))),
        ))
    }

    fn group(origin: &Arc<Origin>) -> u32 {
        origin.watch(Duration::MAX).group()
    }

    fn timed_out() -> ConnectorError {
        ConnectorError::timeout("of the test".into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_late_was_silent() {
        let origin = origin();
        let patience = Duration::from_secs(1);
        for (age, generation) in [(999, 0), (1_000, 1)] {
            for _ in 0..3 {
                let watch = origin.watch(patience);
                tokio::time::advance(Duration::from_millis(age)).await;
                drop(watch);
            }
            assert_eq!(group(&origin), generation, "{age} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_time_out_is_silence() {
        let origin = origin();
        let loud = ConnectorError::io("reset".into());
        for _ in 0..9 {
            origin.watch(Duration::ZERO).end::<()>(Err(&loud));
        }
        assert_eq!(group(&origin), 0);
        for _ in 0..3 {
            origin.watch(Duration::ZERO).end::<()>(Err(&timed_out()));
        }
        assert_eq!(group(&origin), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_before_the_turn_is_heard_no_more() {
        let origin = origin();
        let old: Vec<_> = (0..9).map(|_| origin.watch(Duration::ZERO)).collect();
        for mut watch in old {
            watch.end::<()>(Err(&timed_out()));
            tokio::time::advance(Duration::from_secs(9)).await;
        }
        assert_eq!(group(&origin), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_count() {
        let origin = origin();
        for _ in 0..9 {
            for _ in 0..2 {
                origin.watch(Duration::ZERO).end::<()>(Err(&timed_out()));
            }
            origin.watch(Duration::ZERO).end(Ok(&()));
        }
        assert_eq!(group(&origin), 0);
    }
}
