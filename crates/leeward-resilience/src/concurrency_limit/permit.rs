use std::{fmt, sync::Arc};

use leeward_error_taxonomy::{Category, Facts, Rejected, Stage, Verdict};

use super::{gradient::Gradient, limiter::Core};
use crate::{Clock, Timestamp, TscClock};

/// A place among the calls in flight; given back on drop.
///
/// An adaptive limiter learns from what becomes of it. Dropping it says that nobody waits for the answer any longer.
#[must_use = "a permit that is dropped lets the next call in"]
pub struct ConcurrencyPermit<C: Clock = TscClock> {
    core: Arc<Core<C>>,
    // None if nobody wants to know.
    sent_at: Option<Timestamp>,
}

impl<C: Clock> ConcurrencyPermit<C> {
    pub(super) const fn new(core: Arc<Core<C>>, sent_at: Option<Timestamp>) -> Self {
        Self { core, sent_at }
    }

    /// Reports that the service did what it was asked for.
    pub fn succeed(mut self) {
        if let Some(sent_at) = self.sent_at.take() {
            self.core.answered(sent_at);
        }
    }

    /// Reports how the call failed.
    ///
    /// A time that ran out and a plea for fewer calls are signs of overload, any other answer of the service has its time.
    /// Failures without an answer say nothing: a refused connection is quick, and not because there is room.
    pub fn fail(mut self, facts: &Facts<'_>) {
        let Some(sent_at) = self.sent_at.take() else {
            return;
        };
        if is_given_up(facts) {
            self.core.learn(sent_at, Gradient::given_up);
        } else if is_overload(facts) {
            self.core.learn(sent_at, Gradient::overloaded);
        } else if is_answer(facts) {
            self.core.answered(sent_at);
        }
    }
}

/// The caller's time was over: what that says about the service is a matter of how long it had.
fn is_given_up(facts: &Facts<'_>) -> bool {
    matches!(facts.rejected, Some(Rejected::DeadlineExceeded { .. }))
        && facts.stage != Stage::NotSent
}

fn is_overload(facts: &Facts<'_>) -> bool {
    match facts.rejected {
        Some(Rejected::AttemptTimedOut { .. }) => true,
        Some(_) => false,
        None => facts.verdict == Verdict::Throttled || facts.category == Category::Timeout,
    }
}

fn is_answer(facts: &Facts<'_>) -> bool {
    facts.rejected.is_none() && facts.stage == Stage::Answered && !facts.blames_the_service()
}

impl<C: Clock> Drop for ConcurrencyPermit<C> {
    fn drop(&mut self) {
        if let Some(sent_at) = self.sent_at {
            self.core.learn(sent_at, Gradient::given_up);
        }
        self.core.gate.leave();
    }
}

impl<C: Clock> fmt::Debug for ConcurrencyPermit<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConcurrencyPermit")
    }
}
