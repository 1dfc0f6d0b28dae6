use std::{fmt, sync::Arc, time::Duration};

use fastrand::Rng;
use leeward_error_taxonomy::{Facts, OperationName};
use tracing::debug;

use super::{
    layer::Plan,
    policy::{Cause, Decision},
};
use crate::{
    Idempotency, Withdrawal,
    budget::Payment,
    deadline::{self, Claim},
};

/// How one call goes, from attempt to attempt.
pub(super) struct Course {
    // None while the layer is switched off: the first attempt is the only one, and nobody counts it.
    plan: Option<Arc<Plan>>,
    operation: OperationName,
    idempotency: Idempotency,
    claim: Claim,
    // On the heap, so that a call that goes well at once is small.
    failures: Option<Box<Failures>>,
}

/// What there is to remember of a call from its first failure on.
struct Failures {
    // Attempts that were made before the present one.
    attempts: u32,
    // All pauses so far.
    waited: Duration,
    // Split from the layer's seed.
    random: Rng,
    // For the attempt that is under way, from the second on.
    payment: Option<Payment>,
}

/// The attempt that is to follow a failed one, and the token that pays for it.
pub(super) struct Again {
    pub(super) after: Duration,
    withdrawal: Withdrawal,
}

impl Course {
    /// Counts the call.
    #[inline(always)]
    pub(super) fn begin(
        plan: Option<Arc<Plan>>,
        operation: OperationName,
        idempotency: Idempotency,
        claim: Claim,
    ) -> Self {
        if let Some(plan) = &plan {
            plan.counters.called();
        }
        Self {
            plan,
            operation,
            idempotency,
            claim,
            failures: None,
        }
    }

    /// The number of the present attempt, counted from one.
    fn attempt(&self) -> u32 {
        1 + self
            .failures
            .as_ref()
            .map_or(0, |failures| failures.attempts)
    }

    fn waited(&self) -> Duration {
        let failures = self.failures.as_ref();
        failures.map_or(Duration::ZERO, |failures| failures.waited)
    }

    /// A copy of the request for the attempt after this one, if there can be one.
    pub(super) fn spare<Request: crate::Request>(&self, request: &Request) -> Option<Request> {
        let plan = self.plan.as_ref()?;
        if plan.policy.allows_more_than(self.attempt()) {
            request.replay()
        } else {
            None
        }
    }

    pub(super) fn succeed(&self) {
        if let (Some(plan), 2..) = (&self.plan, self.attempt()) {
            plan.counters.succeeded_after_a_retry();
        }
    }

    /// What follows the attempt that failed; `None` if nothing does.
    pub(super) fn fail(&mut self, facts: &Facts<'_>, has_spare: bool) -> Option<Again> {
        let attempt = self.attempt();
        let plan = self.plan.as_ref()?;
        let failures = self.failures.get_or_insert_with(|| {
            Box::new(Failures {
                attempts: 0,
                waited: Duration::ZERO,
                random: plan.seed.split(),
                payment: None,
            })
        });
        if let Some(payment) = failures.payment.take() {
            payment.failed(facts);
        }
        let left = deadline::remaining();
        let mut asked = *facts;
        if asked.retry_at.is_some() {
            asked.retry_after = facts.pause(plan.calendar.date());
        }
        let decision = plan.policy.decide(
            &asked,
            self.idempotency,
            attempt,
            left,
            &mut failures.random,
        );
        let cause = match decision {
            Decision::Again { .. } if !has_spare => Cause::NoReplay,
            Decision::Again { after, cost } => match plan.budget.withdraw_part(cost) {
                Some(withdrawal) => {
                    debug!(
                        target: "leeward::retry",
                        operation = %self.operation,
                        attempt,
                        category = %facts.category,
                        code = facts.code,
                        ?after,
                        "attempt failed, sending again"
                    );
                    return Some(Again { after, withdrawal });
                }
                None => Cause::OutOfBudget,
            },
            Decision::Stop(cause) => cause,
        };
        self.give_up(facts, cause);
        None
    }

    /// What the first attempt hands on, and any other as long as none before it may have been sent.
    pub(super) const fn claim(&self, was_sent: bool) -> Claim {
        if was_sent {
            Claim::WITHHELD
        } else {
            self.claim
        }
    }

    /// Whether the deadline leaves time for an attempt that begins now.
    pub(super) fn has_time(&self) -> bool {
        let policy = self.plan.as_ref().map(|plan| plan.policy);
        policy.is_none_or(|policy| policy.has_time(Duration::ZERO, deadline::remaining()))
    }

    pub(super) fn begin_another(&mut self, again: Again) {
        if let Some(failures) = &mut self.failures {
            failures.payment = Some(Payment::new(again.withdrawal));
            failures.attempts += 1;
            failures.waited += again.after;
        }
        if let Some(plan) = &self.plan {
            plan.counters.retried(again.after);
        }
    }

    /// Says why nothing follows the failed attempt.
    pub(super) fn give_up(&self, facts: &Facts<'_>, cause: Cause) {
        if let Some(plan) = &self.plan {
            plan.counters.stopped(cause);
        }
        debug!(
            target: "leeward::retry",
            operation = %self.operation,
            attempt = self.attempt(),
            category = %facts.category,
            code = facts.code,
            ?cause,
            waited = ?self.waited(),
            "attempt failed, giving up"
        );
    }
}

impl fmt::Debug for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Course")
            .field("operation", &self.operation)
            .field("attempt", &self.attempt())
            .field("waited", &self.waited())
            .finish_non_exhaustive()
    }
}
