use std::time::Duration;

use fastrand::Rng;
use leeward_error_taxonomy::{Category, Facts, Rejected, Stage, Verdict};

use super::Backoff;
use crate::Idempotency;

/// Decides whether a failed request is sent again, and after which pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    backoff: Backoff,
    seed: Option<u64>,
}

/// What becomes of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Again { after: Duration },
    Stop(Cause),
}

/// Why a request is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It fails the same way again, or another layer has had the last word.
    Final,
    /// It may have been applied, and applying it twice is not the same.
    MaybeApplied,
    OutOfAttempts,
    /// The service asks for a longer pause than the policy has.
    AskedTooLong,
    /// There is no second copy of it.
    NoReplay,
    OutOfBudget,
}

impl RetryPolicy {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_attempts: 3,
            backoff: Backoff::new(),
            seed: None,
        }
    }

    /// How often a request is sent at most, the first time included; 3 by default, and 0 counts as 1.
    #[must_use]
    pub const fn with_max_attempts(self, max_attempts: u32) -> Self {
        Self {
            max_attempts,
            ..self
        }
    }

    /// How the pauses grow.
    #[must_use]
    pub const fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Repeats the same pauses in every run, for tests and simulations; random by default.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    pub(super) const fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Whether another attempt can follow the attempt number `attempt`, counted from one.
    pub(super) const fn allows_more_than(&self, attempt: u32) -> bool {
        attempt < self.max_attempts
    }

    /// Decides what becomes of a request whose attempt number `attempt` failed.
    pub(super) fn decide(
        &self,
        facts: &Facts<'_>,
        idempotency: Idempotency,
        attempt: u32,
        random: &mut Rng,
    ) -> Decision {
        let refused_for_good = |refused: &Rejected| refused.verdict() == Verdict::Final;
        if facts.verdict == Verdict::Final || facts.rejected.is_some_and(refused_for_good) {
            return Decision::Stop(Cause::Final);
        }
        if idempotency == Idempotency::NonIdempotent && may_be_applied(facts) {
            return Decision::Stop(Cause::MaybeApplied);
        }
        if !self.allows_more_than(attempt) {
            return Decision::Stop(Cause::OutOfAttempts);
        }
        match self
            .backoff
            .pause(facts.verdict, attempt, facts.retry_after, random)
        {
            Some(after) => Decision::Again { after },
            None => Decision::Stop(Cause::AskedTooLong),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the failure leaves it open that the request was carried out. An answer that turned the request away for want
/// of capacity does not.
fn may_be_applied(facts: &Facts<'_>) -> bool {
    match facts.stage {
        Stage::NotSent => false,
        Stage::Answered => {
            facts.verdict != Verdict::Throttled && facts.category != Category::ServiceUnavailable
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Category::{Internal, Network, NotFound, RateLimit, ServiceUnavailable};
    use Stage::{Answered, MaybeSent, NotSent};
    use Verdict::{Final, Throttled, Transient};

    /// `again`, or why not, for the given attempt of an idempotent and of a non-idempotent request.
    #[track_caller]
    fn check(facts: &Facts<'_>, attempt: u32, idempotent: &str, non_idempotent: &str) {
        for (idempotency, expected) in [
            (Idempotency::Idempotent, idempotent),
            (Idempotency::NonIdempotent, non_idempotent),
        ] {
            let mut random = Rng::with_seed(42);
            let decision = match RetryPolicy::new().decide(facts, idempotency, attempt, &mut random)
            {
                Decision::Again { .. } => "again".to_owned(),
                Decision::Stop(cause) => format!("{cause:?}"),
            };
            assert_eq!(decision, expected, "{idempotency:?}");
        }
    }

    #[test]
    fn sends_again_what_can_help_and_cannot_hurt() {
        let check_first = |stage, category, verdict, idempotent, non_idempotent| {
            check(
                &Facts::new(stage, category, verdict),
                1,
                idempotent,
                non_idempotent,
            );
        };
        check_first(NotSent, Network, Transient, "again", "again");
        check_first(MaybeSent, Network, Transient, "again", "MaybeApplied");
        check_first(Answered, Internal, Transient, "again", "MaybeApplied");
        check_first(Answered, ServiceUnavailable, Transient, "again", "again");
        check_first(Answered, RateLimit, Throttled, "again", "again");
        check_first(Answered, NotFound, Final, "Final", "Final");
    }

    #[test]
    fn stops_after_the_last_attempt() {
        let facts = Facts::new(NotSent, Network, Transient);
        check(&facts, 2, "again", "again");
        check(&facts, 3, "OutOfAttempts", "OutOfAttempts");
        check(&facts, u32::MAX, "OutOfAttempts", "OutOfAttempts");
    }

    #[test]
    fn leaves_refusals_to_the_layers_above_except_a_late_attempt() {
        let timeout = Duration::from_secs(1);
        for (refused, idempotent, non_idempotent) in [
            (
                Rejected::AttemptTimedOut { timeout },
                "again",
                "MaybeApplied",
            ),
            (
                Rejected::CircuitOpen { retry_in: timeout },
                "Final",
                "Final",
            ),
            (Rejected::LimiterFull, "Final", "Final"),
            (Rejected::unavailable("no client"), "Final", "Final"),
            (
                Rejected::DeadlineExceeded {
                    timeout,
                    stage: NotSent,
                },
                "Final",
                "Final",
            ),
            (Rejected::BudgetSpent { tried: vec![] }, "Final", "Final"),
            (Rejected::Exhausted { tried: vec![] }, "Final", "Final"),
        ] {
            let mut facts = Facts::new(refused.stage(), refused.category(), refused.verdict());
            facts.rejected = Some(&refused);
            check(&facts, 1, idempotent, non_idempotent);
            // An error type that calls the refusal transient does not get round it.
            facts.verdict = Transient;
            check(&facts, 1, idempotent, non_idempotent);
        }
    }

    #[test]
    fn does_not_wait_longer_than_its_cap() {
        let mut facts = Facts::new(Answered, RateLimit, Throttled);
        facts.retry_after = Some(Duration::from_secs(3_600));
        check(&facts, 1, "AskedTooLong", "AskedTooLong");
    }
}
