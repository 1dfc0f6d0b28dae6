use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use leeward_resilience::Timestamp;

/// Calls in a row that their callers' deadlines ended before their Region was heard, each too soon to say anything by itself.
#[derive(Debug, Default)]
pub(crate) struct Unheard {
    calls: AtomicU32,
    // In nanoseconds.
    since: AtomicU64,
}

/// So many of them, from the first to the last of which so much time has passed, are silence.
const CALLS: u32 = 5;
const TIME: Duration = Duration::from_millis(500);

impl Unheard {
    /// Another one has ended; says whether that makes it silence.
    #[cold]
    pub(crate) fn note(&self, now: Timestamp) -> bool {
        let before = self.calls.load(Relaxed);
        if before == 0 {
            self.since.store(nanos(now), Relaxed);
        }
        // Threads that meet here lose a call of the count, and no more.
        let calls = before.saturating_add(1);
        self.calls.store(calls, Relaxed);
        let since = Timestamp::new(Duration::from_nanos(self.since.load(Relaxed)));
        calls >= CALLS && now.since(since) >= TIME
    }

    /// The Region has answered.
    #[inline]
    pub(crate) fn heard(&self) {
        if self.calls.load(Relaxed) != 0 {
            self.calls.store(0, Relaxed);
        }
    }
}

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default());
    u64::try_from(since_origin.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays calls at those milliseconds, of which `heard` are answered, and notes at which ones there is silence.
    #[track_caller]
    fn check(calls: &[u64], heard: &[u64], expected: &[u64]) {
        let unheard = Unheard::default();
        let mut silent = Vec::new();
        for millis in calls {
            if heard.contains(millis) {
                unheard.heard();
            } else if unheard.note(Timestamp::new(Duration::from_millis(*millis))) {
                silent.push(*millis);
            }
        }
        assert_eq!(silent, expected, "{calls:?}");
    }

    #[test]
    fn five_in_a_row_over_half_a_second_are_silence() {
        check(&[0, 125, 250, 375, 500, 501], &[], &[500, 501]);
        check(&[0, 1, 2, 3, 4, 5, 499, 500], &[], &[500]);
        check(&[0, 1_000, 2_000, 3_000], &[], &[]);
        check(&[0, 200, 400, 600, 800, 900], &[600], &[]);
    }
}
