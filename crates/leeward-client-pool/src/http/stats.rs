use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What was sent, and what came back.
///
/// Retries of the SDK and calls for credentials are attempts like any other. What was refused before it was sent is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpStats {
    /// Attempts that were sent.
    pub attempts: u64,
    /// Those under way, until the end of the answer's body.
    pub in_flight: u64,
    /// Answered with a status below 300.
    pub successes: u64,
    /// Answered with a 3xx.
    pub redirections: u64,
    /// Answered with a 4xx.
    pub client_errors: u64,
    /// Answered with a 5xx.
    pub server_errors: u64,
    /// Ended without an answer: the connection failed, or time was over.
    pub failed: u64,
    /// Given up by the caller before there was an answer, be it by a timeout of the SDK.
    pub dropped: u64,
    /// From sending to the head of the answer, all answered attempts together, waits for a connection left out.
    pub time_to_first_byte: Duration,
}

impl HttpStats {
    /// Attempts that were answered.
    #[must_use]
    pub const fn answers(&self) -> u64 {
        self.successes + self.redirections + self.client_errors + self.server_errors
    }

    /// How long an answer took to begin, on average; `None` if there was none.
    #[must_use]
    pub fn mean_time_to_first_byte(&self) -> Option<Duration> {
        let answers = u32::try_from(self.answers()).unwrap_or(u32::MAX);
        (answers > 0).then(|| self.time_to_first_byte / answers)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    begun: AtomicU64,
    ended: AtomicU64,
    by_class: [AtomicU64; 4],
    failed: AtomicU64,
    dropped: AtomicU64,
    nanos: AtomicU64,
}

impl Counters {
    /// An attempt that is sent now.
    pub(super) fn begin(self: &Arc<Self>) -> Sent {
        self.begun.fetch_add(1, Relaxed);
        Sent {
            counters: Arc::clone(self),
            at: Instant::now(),
            is_answered: false,
        }
    }

    pub(super) fn read(&self) -> HttpStats {
        // What has ended was begun before.
        let ended = self.ended.load(Relaxed);
        let begun = self.begun.load(Relaxed);
        let [successes, redirections, client_errors, server_errors] =
            self.by_class.each_ref().map(|class| class.load(Relaxed));
        HttpStats {
            attempts: begun,
            in_flight: begun.saturating_sub(ended),
            successes,
            redirections,
            client_errors,
            server_errors,
            failed: self.failed.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            time_to_first_byte: Duration::from_nanos(self.nanos.load(Relaxed)),
        }
    }
}

/// An attempt under way; over when it is dropped.
#[derive(Debug)]
pub(super) struct Sent {
    counters: Arc<Counters>,
    at: Instant,
    is_answered: bool,
}

impl Sent {
    /// The head of the answer is there.
    pub(super) fn answered(&mut self, status: u16) {
        self.is_answered = true;
        let class = match status {
            0..300 => 0,
            300..400 => 1,
            400..500 => 2,
            _ => 3,
        };
        self.counters.by_class[class].fetch_add(1, Relaxed);
        let nanos = u64::try_from(self.at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counters.nanos.fetch_add(nanos, Relaxed);
    }

    /// There will be no answer.
    pub(super) fn failed(mut self) {
        self.is_answered = true;
        self.counters.failed.fetch_add(1, Relaxed);
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.is_answered {
            self.counters.dropped.fetch_add(1, Relaxed);
        }
        self.counters.ended.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_attempt_ends_in_one_column() {
        let counters = Arc::new(Counters::default());
        for status in [200, 204, 304, 400, 403, 404, 500] {
            let mut sent = counters.begin();
            tokio::time::advance(Duration::from_millis(10)).await;
            sent.answered(status);
        }
        counters.begin().failed();
        drop(counters.begin());
        let under_way = counters.begin();
        let stats = counters.read();
        assert_eq!((stats.attempts, stats.in_flight), (10, 1));
        assert_eq!(stats.answers(), 7);
        assert_eq!(
            (
                stats.successes,
                stats.redirections,
                stats.client_errors,
                stats.server_errors
            ),
            (2, 1, 3, 1)
        );
        assert_eq!((stats.failed, stats.dropped), (1, 1));
        assert_eq!(
            stats.mean_time_to_first_byte(),
            Some(Duration::from_millis(10))
        );
        drop(under_way);
        assert_eq!(counters.read().in_flight, 0);
    }

    #[test]
    fn there_is_no_mean_of_nothing() {
        assert_eq!(HttpStats::default().mean_time_to_first_byte(), None);
    }
}
