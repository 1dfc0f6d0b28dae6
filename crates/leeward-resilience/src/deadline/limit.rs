use std::time::Duration;

use leeward_error_taxonomy::{Rejected, Stage};

/// How long something may take, and what is refused when it takes longer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) timeout: Duration,
    pub(super) scope: Scope,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// The whole operation: there is no time for anything else.
    Operation,
    /// One attempt: another may follow.
    Attempt,
}

impl Limit {
    /// The refusal for a call whose time is over; `started` says whether anything was done for it.
    pub(super) const fn refuse(self, started: bool) -> Rejected {
        let timeout = self.timeout;
        match (self.scope, started) {
            (Scope::Attempt, _) => Rejected::AttemptTimedOut { timeout },
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

    #[test]
    fn only_an_operation_that_never_started_was_certainly_not_sent() {
        for (scope, started, stage, verdict) in [
            (Scope::Operation, false, Stage::NotSent, Verdict::Final),
            (Scope::Operation, true, Stage::MaybeSent, Verdict::Final),
            (Scope::Attempt, false, Stage::MaybeSent, Verdict::Transient),
            (Scope::Attempt, true, Stage::MaybeSent, Verdict::Transient),
        ] {
            let timeout = Duration::from_secs(3);
            let refused = Limit { timeout, scope }.refuse(started);
            assert_eq!((refused.stage(), refused.verdict()), (stage, verdict));
        }
    }
}
