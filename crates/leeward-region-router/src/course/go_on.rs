use std::ops::ControlFlow;

use leeward_error_taxonomy::{Classify, Facts, Failure, Rejected, Stage, Verdict};
use leeward_resilience::{Clock, Idempotency, Placement, Request};
use tower_service::Service;

use super::{Course, Next};
use crate::failover::{Decision, Others, decide};

/// Which of two attempts under way one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    /// Beside the first.
    Second,
}

impl<S, R, C> Course<S, R, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    /// Prepares the next attempt after one that failed, waits for the other that is under way, or gives the error for the caller.
    pub(super) fn go_on(
        &mut self,
        at: usize,
        place: Place,
        error: S::Error,
        called: bool,
        other_under_way: bool,
    ) -> Next<S, R> {
        let mut facts = error.facts();
        if called {
            self.round.called();
        } else {
            facts.stage = Stage::NotSent;
        }
        let was_called = self.round.has_called() || other_under_way;
        let copy = if was_called {
            self.request.replay()
        } else {
            None
        };
        let has_copy = copy.is_some() || !was_called;
        let decision = decide(&facts, self.repeats(), has_copy, self.others());
        if decision == Decision::PassOn {
            let is_answer = place == Place::First && facts.stage == Stage::Answered;
            if other_under_way && !ends_both(&facts, place) {
                self.held.get_or_insert((at, error));
                return ControlFlow::Continue(());
            }
            let held = self.held.take().filter(|_| !is_answer);
            let (at, error) = held.unwrap_or((at, error));
            return self.answer(at, error);
        }
        if other_under_way {
            self.round.failed(at, Failure::from(&facts));
            if called {
                self.failed = Some(error);
            }
            if place == Place::First
                && let Decision::FailOver { free } = decision
            {
                self.replace_first(at, copy, free);
            }
            return ControlFlow::Continue(());
        }
        if let Some((held_at, held)) = self.held.take() {
            self.round.failed(at, Failure::from(&facts));
            return self.answer(held_at, held);
        }
        if decision == (Decision::FailOver { free: false }) {
            self.withdrawal = self.roster.ground.budget.withdraw();
            if self.withdrawal.is_none() {
                let failure = Failure::from(&facts);
                self.tell_not_failed_over(at, &failure);
                if facts.stage == Stage::Answered {
                    return ControlFlow::Break(Err(error));
                }
                self.round.failed(at, failure);
                let tried = self.tried();
                return ControlFlow::Break(Err(Rejected::BudgetSpent { tried }.into()));
            }
        }
        self.round.failed(at, Failure::from(&facts));
        self.leaves = Some(at);
        // What a Region in turn has said counts for more than what others did that are held back.
        if called && !(self.round.has_panicked() && self.round.called_one_in_turn()) {
            self.failed = Some(error);
        }
        if decision == Decision::GiveUp {
            return ControlFlow::Break(Err(self.end()));
        }
        if let Some(copy) = copy {
            self.request = copy;
        }
        ControlFlow::Continue(())
    }

    /// Lets the next Region take the place of the first while a second attempt is under way, which may be silent; within the budget.
    fn replace_first(&mut self, left: usize, copy: Option<R>, free: bool) {
        if !free {
            self.withdrawal = self.roster.ground.budget.withdraw();
            if self.withdrawal.is_none() {
                let failure = self.round.failure_in(left).expect("noted when it ended");
                self.tell_not_failed_over(left, failure);
                return;
            }
        }
        self.leaves = Some(left);
        self.replaces_first = true;
        if let Some(copy) = copy {
            self.request = copy;
        }
    }

    /// Whether the request may be sent again though it may have been applied: because it says so, or because somebody takes that
    /// upon him.
    pub(super) fn repeats(&self) -> Idempotency {
        let placement = self.request.placement();
        if self.roster.ground.when_unsure
            || placement.is_some_and(Placement::fails_over_when_unsure)
        {
            Idempotency::Idempotent
        } else {
            self.request.idempotency()
        }
    }

    fn has_more(&self) -> bool {
        let now = self.roster.ground.clock.now();
        let is_worth_another = |at| self.roster.is_worth_another(at, now);
        self.round.has_more(is_worth_another)
    }

    fn others(&self) -> Others {
        if self.round.is_of_one() {
            Others::Absent
        } else if self.has_more() {
            Others::Left
        } else {
            Others::Tried
        }
    }
}

/// Whether what one attempt says is the answer of the call though another is under way.
///
/// The final word of the first Region is: another one would say the same. That of a second may be of that Region alone, as where
/// a copy lags behind or a policy is missing. Where the time of the whole call is over, nothing else counts.
fn ends_both(facts: &Facts<'_>, place: Place) -> bool {
    let is_over = matches!(facts.rejected, Some(Rejected::DeadlineExceeded { .. }));
    let is_final = facts.stage == Stage::Answered && facts.verdict == Verdict::Final;
    is_over || place == Place::First && is_final
}
