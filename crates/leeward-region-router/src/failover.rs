use leeward_error_taxonomy::{Facts, Rejected, Stage};
use leeward_resilience::Idempotency;

/// What becomes of a call after an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The caller gets the error as it is.
    PassOn,
    /// The next Region is tried.
    FailOver {
        /// Nothing was sent, so nothing is drawn from the budget.
        free: bool,
    },
    /// The next Region would be tried, were there one.
    GiveUp,
}

/// The Regions besides the one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// At least one has not been tried.
    Left,
    /// All have been tried.
    Tried,
    /// There are none: the list has one Region.
    Absent,
}

/// Decides from what is known of the failure, and of the request: `has_copy` says whether it can be sent once more.
///
/// Throttling, answers that blame the request and refusals that concern the whole operation are no reason to go elsewhere.
pub(crate) fn decide(
    facts: &Facts<'_>,
    idempotency: Idempotency,
    has_copy: bool,
    others: Others,
) -> Decision {
    let free = facts.rejected.is_some_and(Rejected::is_free_to_fail_over);
    let may_repeat = facts.stage == Stage::NotSent || idempotency == Idempotency::Idempotent;
    if !has_copy || !(free || (facts.blames_the_service() && may_repeat)) {
        return Decision::PassOn;
    }
    match others {
        Others::Left => Decision::FailOver { free },
        Others::Tried => Decision::GiveUp,
        Others::Absent => Decision::PassOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{FailOver, GiveUp, PassOn};
    use Idempotency::{Idempotent, NonIdempotent};
    use Stage::{Answered, MaybeSent, NotSent};
    use leeward_error_taxonomy::{Category, Classify, Verdict};
    use std::time::Duration;

    const FREE: Decision = FailOver { free: true };
    const PAID: Decision = FailOver { free: false };

    /// Checks what is done for an idempotent request, and for another one, while a Region is left.
    #[track_caller]
    fn check(facts: Facts<'_>, idempotent: Decision, non_idempotent: Decision) {
        for (idempotency, expected) in [(Idempotent, idempotent), (NonIdempotent, non_idempotent)] {
            let decided = |has_copy, others| decide(&facts, idempotency, has_copy, others);
            let context = format!("{idempotency:?} {facts:?}");
            assert_eq!(decided(true, Others::Left), expected, "{context}");
            let without_others = if expected == PassOn { PassOn } else { GiveUp };
            assert_eq!(decided(true, Others::Tried), without_others, "{context}");
            assert_eq!(decided(true, Others::Absent), PassOn, "{context}");
            for others in [Others::Left, Others::Tried, Others::Absent] {
                assert_eq!(decided(false, others), PassOn, "no copy, {context}");
            }
        }
    }

    #[test]
    fn goes_elsewhere_when_the_service_is_to_blame() {
        for (stage, category, non_idempotent) in [
            (NotSent, Category::Network, PAID),
            (NotSent, Category::Timeout, PAID),
            (MaybeSent, Category::Network, PassOn),
            (MaybeSent, Category::Timeout, PassOn),
            (Answered, Category::ServiceUnavailable, PassOn),
            (Answered, Category::Internal, PassOn),
        ] {
            let facts = Facts::new(stage, category, Verdict::Transient);
            check(facts, PAID, non_idempotent);
        }
    }

    #[test]
    fn stays_when_another_region_would_say_the_same() {
        for (stage, category, verdict) in [
            (Answered, Category::Validation, Verdict::Final),
            (Answered, Category::Authorization, Verdict::Final),
            (Answered, Category::Authentication, Verdict::Final),
            (Answered, Category::NotFound, Verdict::Final),
            (Answered, Category::Conflict, Verdict::Final),
            (Answered, Category::Encryption, Verdict::Final),
            (Answered, Category::QuotaExceeded, Verdict::Final),
            (Answered, Category::RateLimit, Verdict::Throttled),
            (Answered, Category::Unknown, Verdict::Final),
            (NotSent, Category::Authentication, Verdict::Final),
            (NotSent, Category::Configuration, Verdict::Final),
            (NotSent, Category::Validation, Verdict::Final),
            (MaybeSent, Category::Internal, Verdict::Final),
        ] {
            check(Facts::new(stage, category, verdict), PassOn, PassOn);
        }
    }

    #[test]
    fn knows_the_refusals_of_our_own_layers() {
        let timeout = Duration::from_secs(1);
        for (rejected, idempotent, non_idempotent) in [
            (Rejected::AttemptTimedOut { timeout }, PAID, PassOn),
            (Rejected::CircuitOpen { retry_in: timeout }, FREE, FREE),
            (Rejected::LimiterFull, FREE, FREE),
            (
                Rejected::NotSentInTime {
                    timeout: Duration::from_secs(1),
                },
                FREE,
                FREE,
            ),
            (Rejected::unavailable("no client"), FREE, FREE),
            (
                Rejected::DeadlineExceeded {
                    timeout,
                    stage: MaybeSent,
                },
                PassOn,
                PassOn,
            ),
            (
                Rejected::DeadlineExceeded {
                    timeout,
                    stage: NotSent,
                },
                PassOn,
                PassOn,
            ),
            (Rejected::BudgetSpent { tried: vec![] }, PassOn, PassOn),
            (Rejected::Exhausted { tried: vec![] }, PassOn, PassOn),
        ] {
            check(rejected.facts(), idempotent, non_idempotent);
        }
    }

    #[test]
    fn an_attempt_that_timed_out_before_it_was_sent_may_always_be_repeated() {
        let rejected = Rejected::AttemptTimedOut {
            timeout: Duration::from_secs(1),
        };
        let mut facts = rejected.facts();
        facts.stage = NotSent;
        check(facts, PAID, PAID);
    }
}
