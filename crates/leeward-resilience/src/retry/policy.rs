use std::time::Duration;

use fastrand::Rng;
use leeward_error_taxonomy::{Facts, Rejected, Stage, Verdict};

use super::Backoff;
use crate::{Idempotency, Ratio};

/// Decides whether a failed request is sent again, and after which pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    backoff: Backoff,
    min_attempt_time: Duration,
    throttled_cost: Ratio,
    seed: Option<u64>,
}

/// What becomes of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send it again after this pause, if the budget has this much of a token.
    Again {
        after: Duration,
        cost: Ratio,
    },
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
    /// The deadline ends before another attempt could.
    OutOfTime,
    /// There is no second copy of it.
    NoReplay,
    OutOfBudget,
    /// The service will not be ready for another attempt.
    NotReady,
}

impl Cause {
    /// In the order of their numbers.
    pub(super) const ALL: [Self; 7] = [
        Self::Final,
        Self::MaybeApplied,
        Self::OutOfAttempts,
        Self::OutOfTime,
        Self::NoReplay,
        Self::OutOfBudget,
        Self::NotReady,
    ];
}

impl RetryPolicy {
    /// Starts from the defaults: three attempts, as the AWS SDKs make, and a whole token for each retry.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_attempts: 3,
            backoff: Backoff::new(),
            min_attempt_time: Duration::ZERO,
            throttled_cost: Ratio::percent(100),
            seed: None,
        }
    }

    /// As the AWS SDKs' retry behaviour "2.1" has it: three attempts, the pauses of [`Backoff::aws`], and for a retry
    /// after throttling 5 where any other costs 14.
    #[must_use]
    pub const fn aws() -> Self {
        Self {
            backoff: Backoff::aws(),
            ..Self::new().with_throttled_cost(Ratio::of(5, 14))
        }
    }

    /// As [`aws`](Self::aws), for DynamoDB: four attempts, the pauses of [`Backoff::dynamodb`].
    #[must_use]
    pub const fn dynamodb() -> Self {
        Self::aws()
            .with_max_attempts(4)
            .with_backoff(Backoff::dynamodb())
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

    /// How much time must be left for an attempt to be begun at all; none by default.
    ///
    /// Set it to what an attempt usually takes (its median): one that is begun with less would only add load. It needs a
    /// [deadline](crate::deadline) above.
    #[must_use]
    pub const fn with_min_attempt_time(self, min_attempt_time: Duration) -> Self {
        Self {
            min_attempt_time,
            ..self
        }
    }

    /// How much of a token of the budget a retry after throttling costs; a whole one by default.
    ///
    /// A service that throttles has said that it is alive and has done nothing, so the SDKs let it cost less.
    #[must_use]
    pub const fn with_throttled_cost(self, throttled_cost: Ratio) -> Self {
        Self {
            throttled_cost,
            ..self
        }
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

    /// Whether an attempt that begins after `pause` has time enough, when so much is `left`.
    pub(super) fn has_time(&self, pause: Duration, left: Option<Duration>) -> bool {
        let needed = pause.saturating_add(self.min_attempt_time);
        left.is_none_or(|left| needed < left)
    }

    /// Decides what becomes of a request whose attempt number `attempt` failed while so much of its time is `left`.
    pub(super) fn decide(
        &self,
        facts: &Facts<'_>,
        idempotency: Idempotency,
        attempt: u32,
        left: Option<Duration>,
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
        let after = self
            .backoff
            .pause_by(facts.verdict, attempt, facts.retry_after, random);
        if !self.has_time(after, left) {
            return Decision::Stop(Cause::OutOfTime);
        }
        let cost = match facts.verdict {
            Verdict::Throttled => self.throttled_cost,
            _ => Ratio::percent(100),
        };
        Decision::Again { after, cost }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the failure leaves it open that the request was carried out. A plea for fewer calls does not; a 503 does, since a
/// gateway says so too when it loses what stands behind it half way.
fn may_be_applied(facts: &Facts<'_>) -> bool {
    match facts.stage {
        Stage::NotSent => false,
        Stage::Answered => facts.verdict != Verdict::Throttled,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Category::{Internal, Network, NotFound, RateLimit, ServiceUnavailable};
    use Stage::{Answered, MaybeSent, NotSent};
    use Verdict::{Final, Throttled, Transient};
    use leeward_error_taxonomy::Category;

    /// `again`, or why not, for the given attempt of an idempotent and of a non-idempotent request.
    #[track_caller]
    fn check(facts: &Facts<'_>, attempt: u32, idempotent: &str, non_idempotent: &str) {
        for (idempotency, expected) in [
            (Idempotency::Idempotent, idempotent),
            (Idempotency::NonIdempotent, non_idempotent),
        ] {
            let mut random = Rng::with_seed(42);
            let decision =
                match RetryPolicy::new().decide(facts, idempotency, attempt, None, &mut random) {
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
        check_first(
            Answered,
            ServiceUnavailable,
            Transient,
            "again",
            "MaybeApplied",
        );
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
    fn begins_no_attempt_that_has_no_time() {
        const SECOND: Duration = Duration::from_secs(1);
        let at_once = RetryPolicy::new().with_backoff(Backoff::new().with_base(Duration::ZERO));
        let facts = Facts::new(NotSent, Network, Transient);
        for (min_attempt_time, asked, left, again) in [
            (0, 0, None, true),
            (0, 0, Some(1), true),
            (0, 0, Some(0), false),
            (2, 0, Some(3), true),
            (2, 0, Some(2), false),
            (0, 2, Some(3), true),
            (0, 2, Some(2), false),
            (2, 2, Some(4), false),
            // What is asked for counts as five seconds at most.
            (0, 60, Some(6), true),
            (60, 60, None, true),
        ] {
            let policy = at_once.with_min_attempt_time(SECOND * min_attempt_time);
            let mut facts = facts;
            facts.retry_after = Some(SECOND * asked);
            let left = left.map(|left| SECOND * left);
            let idempotency = Idempotency::NonIdempotent;
            let mut random = Rng::with_seed(42);
            let decision = policy.decide(&facts, idempotency, 1, left, &mut random);
            let stopped = decision == Decision::Stop(Cause::OutOfTime);
            assert_eq!(!stopped, again, "{min_attempt_time} {asked} {left:?}");
        }
    }

    #[test]
    fn a_retry_costs_a_token_and_after_throttling_what_the_policy_says() {
        for (policy, verdict, cost) in [
            (RetryPolicy::new(), Transient, Ratio::percent(100)),
            (RetryPolicy::new(), Throttled, Ratio::percent(100)),
            (RetryPolicy::aws(), Transient, Ratio::percent(100)),
            (RetryPolicy::aws(), Throttled, Ratio::of(5, 14)),
            (RetryPolicy::dynamodb(), Throttled, Ratio::of(5, 14)),
        ] {
            let facts = Facts::new(Answered, RateLimit, verdict);
            let mut random = Rng::with_seed(42);
            let decision = policy.decide(&facts, Idempotency::Idempotent, 1, None, &mut random);
            assert!(
                matches!(decision, Decision::Again { cost: asked, .. } if asked == cost),
                "{decision:?}"
            );
        }
    }

    #[test]
    fn the_presets_are_those_of_the_sdk() {
        let (aws, dynamodb) = (RetryPolicy::aws(), RetryPolicy::dynamodb());
        assert_eq!((aws.max_attempts, aws.backoff), (3, Backoff::aws()));
        assert_eq!(dynamodb.max_attempts, 4);
        assert_eq!(dynamodb.backoff, Backoff::dynamodb());
    }
}
