use leeward_error_taxonomy::{Facts, Rejected, Stage};

/// What a health check has shown of its Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum CheckResult {
    /// The service did what the check asks for.
    Good,
    /// It answered by an error that is none of the Region's doing: no permission, no such key, too many calls. The Region is alive, as
    /// after a good check, and may not serve calls: one without the replica, or without the permission, shows in this way.
    Refused,
    /// It answered, and took several times as long as checks of this Region do.
    Slow,
    /// It did not answer in time, or failed.
    Failed,
    /// The check says nothing about the Region: it was not sent, for want of a client or of credentials.
    Inconclusive,
}

impl CheckResult {
    /// The name for logs, labels and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Slow => "slow",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Whether the Region answers: a check that was refused shows that as well as a good one.
    pub(super) const fn is_alive(self) -> bool {
        matches!(self, Self::Good | Self::Refused)
    }

    /// What an error of a check says about the Region, however long it took.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        match facts.rejected {
            _ if facts.blames_the_service() => Self::Failed,
            // A deadline within the check is one of the check's own: nobody else set it.
            Some(Rejected::DeadlineExceeded { .. }) if facts.stage != Stage::NotSent => {
                Self::Failed
            }
            Some(_) => Self::Inconclusive,
            None if facts.stage == Stage::Answered => Self::Refused,
            None => Self::Inconclusive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Category, Classify, Verdict};
    use std::time::Duration;

    #[test]
    fn an_answer_is_a_sign_of_life_and_silence_is_none() {
        use CheckResult::{Failed, Inconclusive, Refused};
        use Stage::{Answered, MaybeSent, NotSent};
        use Verdict::{Final, Throttled, Transient};
        for (stage, category, verdict, expected) in [
            (Answered, Category::RateLimit, Throttled, Refused),
            (Answered, Category::Authorization, Final, Refused),
            (Answered, Category::Authentication, Final, Refused),
            (Answered, Category::NotFound, Final, Refused),
            (Answered, Category::ServiceUnavailable, Transient, Failed),
            (Answered, Category::Internal, Transient, Failed),
            (MaybeSent, Category::Network, Transient, Failed),
            (MaybeSent, Category::Timeout, Transient, Failed),
            (NotSent, Category::Network, Transient, Failed),
            (NotSent, Category::Authentication, Final, Inconclusive),
            (NotSent, Category::Configuration, Final, Inconclusive),
            (MaybeSent, Category::Internal, Final, Inconclusive),
        ] {
            let facts = Facts::new(stage, category, verdict);
            assert_eq!(CheckResult::of(&facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn refusals_of_our_own_layers_say_nothing_unless_time_ran_out() {
        use CheckResult::{Failed, Inconclusive};
        let timeout = Duration::from_secs(1);
        let deadline = |stage| Rejected::DeadlineExceeded { timeout, stage };
        for (refusal, expected) in [
            (Rejected::AttemptTimedOut { timeout }, Failed),
            (deadline(Stage::MaybeSent), Failed),
            (deadline(Stage::NotSent), Inconclusive),
            (Rejected::LimiterFull, Inconclusive),
            (Rejected::unavailable("no client"), Inconclusive),
            (Rejected::CircuitOpen { retry_in: timeout }, Inconclusive),
        ] {
            assert_eq!(CheckResult::of(&refusal.facts()), expected, "{refusal}");
        }
    }
}
