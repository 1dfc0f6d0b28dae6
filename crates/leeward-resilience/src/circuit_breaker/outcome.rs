use leeward_error_taxonomy::{Facts, Rejected, Stage, Verdict};

/// What came of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The service answered, though perhaps to blame the request.
    Success,
    /// The service failed, and said so or broke the connection.
    Failure,
    /// One of our own timers gave the attempt up.
    TimedOut,
    /// The service asked for fewer calls.
    Throttled,
    /// Nothing was learnt of the service.
    Neutral,
    /// The caller gave the call up; its age says what that means.
    Dropped,
    /// Another attempt began later, elsewhere, and answered first.
    Overtaken,
}

impl Outcome {
    /// Decides what throttling is: a failure or nothing.
    pub(super) const fn with_throttling_as_failure(self, is_failure: bool) -> Self {
        match self {
            Self::Throttled if is_failure => Self::Failure,
            Self::Throttled => Self::Neutral,
            other => other,
        }
    }

    /// What an error says about the service.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        match facts.rejected {
            Some(Rejected::AttemptTimedOut { .. }) => Self::TimedOut,
            Some(Rejected::DeadlineExceeded { .. }) if facts.stage != Stage::NotSent => {
                Self::Dropped
            }
            Some(_) => Self::Neutral,
            None if facts.blames_the_service() => Self::Failure,
            None if facts.verdict == Verdict::Throttled => Self::Throttled,
            None if facts.stage == Stage::Answered => Self::Success,
            None => Self::Neutral,
        }
    }
}
