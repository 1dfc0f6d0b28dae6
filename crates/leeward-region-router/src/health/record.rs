use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Failure;
use leeward_resilience::Timestamp;
use tokio::sync::watch;

use super::CheckResult;

/// What the checks of a router have shown, for those who ask.
// One word, since each of thousands of routers has room for it.
#[derive(Debug)]
pub(crate) struct Records(Box<Book>);

#[derive(Debug)]
struct Book {
    // In the order of the Regions.
    records: Box<[Record]>,
    // Ends the checks when it is dropped, or when it is sent.
    stop: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Record {
    last: Mutex<Option<Last>>,
    // In nanoseconds on the router's clock; zero for "not".
    held_until: AtomicU64,
}

/// The last check of a Region.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) result: CheckResult,
    pub(crate) ended_at: Timestamp,
    pub(crate) latency: Duration,
    /// What it met, and what to do about it.
    pub(crate) complaint: Option<(Failure, String)>,
    /// What the last one met that failed, and when; filled in when it is noted.
    pub(crate) last_failure: Option<(Failure, String, Timestamp)>,
    pub(crate) next_at: Timestamp,
    /// How many there have been, this one included.
    pub(crate) checks: u64,
    /// How many of them failed.
    pub(crate) failed: u64,
}

impl Records {
    pub(super) fn new(regions: usize) -> Self {
        Self(Box::new(Book {
            records: (0..regions).map(|_| Record::default()).collect(),
            stop: watch::Sender::new(()),
        }))
    }

    /// What ends when the checks are to end.
    pub(super) fn stop(&self) -> watch::Receiver<()> {
        self.0.stop.subscribe()
    }

    /// Ends the checks, and what they held back, and waits for them to be gone.
    pub(super) async fn shutdown(&self) {
        self.0.stop.send_replace(());
        self.0.stop.closed().await;
        for at in 0..self.0.records.len() {
            self.lift(at);
        }
    }

    /// The last check of the Region, if there was one.
    pub(crate) fn last(&self, at: usize) -> Option<Last> {
        self.lock(at).clone()
    }

    /// Notes a check; gives what the one before it had shown.
    pub(super) fn note(&self, at: usize, mut check: Last) -> Option<CheckResult> {
        let mut last = self.lock(at);
        let before = last.as_ref();
        check.checks = before.map_or(0, |before| before.checks) + 1;
        check.failed = before.map_or(0, |before| before.failed);
        match &check.complaint {
            Some((failure, advice)) if check.result == CheckResult::Failed => {
                check.failed += 1;
                check.last_failure = Some((failure.clone(), advice.clone(), check.ended_at));
            }
            _ => check.last_failure = before.and_then(|before| before.last_failure.clone()),
        }
        let before = before.map(|before| before.result);
        *last = Some(check);
        before
    }

    /// Keeps calls from probing the Region until then.
    pub(super) fn hold(&self, at: usize, until: Timestamp) {
        self.0.records[at]
            .held_until
            .store(nanos(until), Ordering::Relaxed);
    }

    /// Lets calls probe the Region as they did without checks.
    pub(super) fn lift(&self, at: usize) {
        self.0.records[at].held_until.store(0, Ordering::Relaxed);
    }

    /// For how long calls are not to probe the Region.
    pub(crate) fn held(&self, at: usize, now: impl FnOnce() -> Timestamp) -> Option<Duration> {
        let until = self.0.records[at].held_until.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let left = Duration::from_nanos(until.saturating_sub(nanos(now())));
        (!left.is_zero()).then_some(left)
    }

    // Nothing that is done under it panics.
    fn lock(&self, at: usize) -> MutexGuard<'_, Option<Last>> {
        let last = &self.0.records[at].last;
        last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default()).as_nanos();
    u64::try_from(since_origin).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn a_hold_ends_by_itself_in_case_nobody_lifts_it() {
        let records = Records::new(2);
        assert_eq!(records.held(1, || panic!("no need to ask")), None);
        records.hold(1, at(10));
        assert_eq!(records.held(0, || at(1)), None);
        assert_eq!(records.held(1, || at(7)), Some(Duration::from_secs(3)));
        assert_eq!(records.held(1, || at(10)), None);
        records.hold(1, at(20));
        records.lift(1);
        assert_eq!(records.held(1, || at(11)), None);
    }
}
