use std::{fmt, sync::Arc, time::Duration};

use leeward_error_taxonomy::{Facts, Rejected, Stage, Verdict};

use super::{
    breaker::Core,
    circuit::{Outcome, Stamp},
};
use crate::{Clock, Timestamp, TscClock};

/// A call that a [`CircuitBreaker`](super::CircuitBreaker) let through and whose outcome it waits for.
///
/// Dropping it reports that the call was given up: a failure if it was in flight for
/// [slow](super::CircuitConfig::with_slow) or longer, otherwise no evidence. A probe's place is free again either way.
#[must_use = "an admission that is dropped reports a call that was given up"]
pub struct Admission<C: Clock = TscClock> {
    core: Arc<Core<C>>,
    stamp: Stamp,
    admitted_at: Timestamp,
    settled: bool,
}

impl<C: Clock> Admission<C> {
    pub(super) const fn new(core: Arc<Core<C>>, stamp: Stamp, admitted_at: Timestamp) -> Self {
        Self {
            core,
            stamp,
            admitted_at,
            settled: false,
        }
    }

    /// Reports that the service did what it was asked for.
    pub fn succeed(self) {
        self.settle(|_| Outcome::Success);
    }

    /// Reports how the call failed; what that says about the service, the facts decide.
    ///
    /// An answer that blames the request is a success: the service is alive. A plea for fewer calls and a refusal of our
    /// own layers are no evidence. A deadline that ran out below counts like a call that was dropped.
    pub fn fail(self, facts: &Facts<'_>) {
        self.settle(|age| judge(facts, age));
    }

    fn settle(mut self, outcome: impl FnOnce(Duration) -> Outcome) {
        self.settled = true;
        let now = self.core.clock.now();
        let outcome = outcome(now.since(self.admitted_at));
        self.core.record(self.stamp, outcome, now);
    }
}

impl<C: Clock> Drop for Admission<C> {
    fn drop(&mut self) {
        if !self.settled {
            let now = self.core.clock.now();
            let age = now.since(self.admitted_at);
            self.core.record(self.stamp, Outcome::Dropped { age }, now);
        }
    }
}

impl<C: Clock> fmt::Debug for Admission<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("admitted_at", &self.admitted_at)
            .finish_non_exhaustive()
    }
}

fn judge(facts: &Facts<'_>, age: Duration) -> Outcome {
    if facts.blames_the_service() {
        return Outcome::Failure;
    }
    match facts.rejected {
        Some(Rejected::DeadlineExceeded { .. }) if facts.stage != Stage::NotSent => {
            Outcome::Dropped { age }
        }
        Some(_) => Outcome::Neutral,
        None if facts.verdict == Verdict::Throttled => Outcome::Neutral,
        None if facts.stage == Stage::Answered => Outcome::Success,
        None => Outcome::Neutral,
    }
}
