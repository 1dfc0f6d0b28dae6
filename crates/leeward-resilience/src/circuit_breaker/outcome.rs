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
    /// Nothing was learnt of the service.
    Neutral,
    /// The caller gave the call up; its age says what that means.
    Dropped,
}

impl Outcome {
    /// What an error says about the service.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        match facts.rejected {
            Some(Rejected::AttemptTimedOut { .. }) => Self::TimedOut,
            Some(Rejected::DeadlineExceeded { .. }) if facts.stage != Stage::NotSent => {
                Self::Dropped
            }
            Some(_) => Self::Neutral,
            None if facts.blames_the_service() => Self::Failure,
            None if facts.verdict == Verdict::Throttled => Self::Neutral,
            None if facts.stage == Stage::Answered => Self::Success,
            None => Self::Neutral,
        }
    }
}
