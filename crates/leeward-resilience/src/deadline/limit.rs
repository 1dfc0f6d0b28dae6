use std::time::Duration;

use leeward_error_taxonomy::{Rejected, Stage};
use tokio::time::Instant;

/// How long something may take, and what is refused when it takes longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) timeout: Duration,
    pub(super) scope: Scope,
}

/// As wide as it is, like [`Hold`], so that a [`Due`] has no odd bytes: it is copied several times a call, and a processor waits
/// for odd bytes that it has just written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Scope {
    /// The whole operation: there is no time for anything else.
    Operation,
    /// One attempt: another may follow.
    Attempt,
}

/// What becomes of what runs under a limit when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Hold {
    /// It has been told the time, and goes on.
    Told,
    /// It is dropped.
    Enforced,
}

/// A limit that has begun to run: when it ends, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) end: Instant,
    pub(super) limit: Limit,
    pub(super) hold: Hold,
}

impl Limit {
    /// Starts the limit at `now`, within what is left `above`; `None` if the end lies beyond what the clock can tell.
    ///
    /// Where the limit above ends first, or together with this one, it is the one that has been exceeded.
    pub(super) fn begin(self, now: Instant, above: Option<Due>) -> Option<Due> {
        let own = now.checked_add(self.timeout).map(|end| Due {
            end,
            limit: self,
            hold: Hold::Enforced,
        });
        let above = above.map(|above| Due {
            hold: Hold::Enforced,
            ..above
        });
        match (own, above) {
            (Some(own), Some(above)) if own.end < above.end => Some(own),
            (own, above) => above.or(own),
        }
    }

    /// The refusal for a call whose time is over; `started` says whether anything was done for it.
    pub(super) const fn refuse(self, started: bool) -> Rejected {
        let timeout = self.timeout;
        match (self.scope, started) {
            (Scope::Attempt, true) => Rejected::AttemptTimedOut { timeout },
            (Scope::Attempt, false) => Rejected::NotSentInTime { timeout },
            (Scope::Operation, true) => Rejected::DeadlineExceeded {
                timeout,
                stage: Stage::MaybeSent,
            },
            (Scope::Operation, false) => Rejected::DeadlineExceeded {
                timeout,
                stage: Stage::NotSent,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::Verdict;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_never_started_was_certainly_not_sent() {
        for (scope, started, stage, verdict) in [
            (Scope::Operation, false, Stage::NotSent, Verdict::Final),
            (Scope::Operation, true, Stage::MaybeSent, Verdict::Final),
            (Scope::Attempt, false, Stage::NotSent, Verdict::Transient),
            (Scope::Attempt, true, Stage::MaybeSent, Verdict::Transient),
        ] {
            let timeout = Duration::from_secs(3);
            let refused = Limit { timeout, scope }.refuse(started);
            assert_eq!((refused.stage(), refused.verdict()), (stage, verdict));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_limit_is_cut_to_what_is_left_above() {
        let now = Instant::now();
        let operation = Limit {
            timeout: 3 * SECOND,
            scope: Scope::Operation,
        };
        for (timeout, left, end, scope) in [
            (SECOND, None, Some(1), Scope::Attempt),
            (SECOND, Some(2), Some(1), Scope::Attempt),
            (SECOND, Some(1), Some(1), Scope::Operation),
            (2 * SECOND, Some(1), Some(1), Scope::Operation),
            (Duration::MAX, Some(1), Some(1), Scope::Operation),
            (Duration::MAX, None, None, Scope::Attempt),
        ] {
            let attempt = Limit {
                timeout,
                scope: Scope::Attempt,
            };
            let above = left.map(|seconds| Due {
                end: now + SECOND * seconds,
                limit: operation,
                hold: Hold::Told,
            });
            let due = attempt.begin(now, above);
            assert_eq!(due.map(|due| due.end), end.map(|end| now + SECOND * end));
            assert!(due.is_none_or(|due| due.limit.scope == scope), "{due:?}");
        }
    }
}
