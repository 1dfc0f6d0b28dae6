use std::{fmt, sync::Arc, time::Duration};

use leeward_error_taxonomy::Facts;

use super::{front::Ticket, outcome::Outcome, seat::Seat};
use crate::{Clock, Timestamp, TscClock};

/// A call that a [`CircuitBreaker`](super::CircuitBreaker) let through and whose outcome it waits for.
///
/// Dropping it is the same as [`give_up`](Self::give_up).
#[must_use = "an admission that is dropped reports a call that was given up"]
pub struct Admission<C: Clock = TscClock> {
    // None once the outcome is reported.
    seat: Option<Arc<Seat<C>>>,
    ticket: Ticket,
    admitted_at: Timestamp,
}

impl<C: Clock> Admission<C> {
    pub(super) const fn new(seat: Arc<Seat<C>>, ticket: Ticket, admitted_at: Timestamp) -> Self {
        Self {
            seat: Some(seat),
            ticket,
            admitted_at,
        }
    }

    /// Reports that the service did what it was asked for.
    pub fn succeed(mut self) {
        self.report(Outcome::Success);
    }

    /// As [`succeed`](Self::succeed), at a moment that the caller has just read off the circuit's clock; gives the time that the
    /// call took.
    #[inline]
    #[allow(clippy::must_use_candidate, reason = "to report is what it is for")]
    pub fn succeed_at(mut self, now: Timestamp) -> Duration {
        self.report_at(Outcome::Success, now);
        now.since(self.admitted_at)
    }

    /// Reports how the call failed; what that says about the service, the facts decide.
    ///
    /// An answer that blames the request is a success: the service is alive. A refusal of our own layers is no evidence, nor
    /// is a plea for fewer calls, unless it is [to be one](super::CircuitConfig::with_throttling_as_failure). A deadline that ran out below counts like a call that was dropped.
    pub fn fail(mut self, facts: &Facts<'_>) {
        self.report(Outcome::of(facts));
    }

    /// Reports that the caller does not wait any longer, as a hedge's loser or for want of time.
    ///
    /// The age decides what that means: a call in flight for [slow](super::CircuitConfig::with_slow) or longer failed; one
    /// that took several times as long as [normal](super::CircuitConfig::with_slow_factor) was slow; any other is no
    /// evidence. A probe's place is free again, unless it failed or was slow.
    pub fn give_up(mut self) {
        self.report(Outcome::Dropped);
    }

    /// Reports that another attempt, which began later and went elsewhere, has answered first, and that nobody waits for this
    /// one any longer.
    ///
    /// To be overtaken is to be slow, whatever the age. A hedge that loses against what it was sent beside only
    /// [gives up](Self::give_up).
    pub fn overtaken(mut self) {
        self.report(Outcome::Overtaken);
    }

    /// Whether the call was let through alone, to try a service that is held back.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    #[inline]
    fn report(&mut self, outcome: Outcome) {
        let Some(seat) = &self.seat else { return };
        let now = seat.core().clock.now();
        self.report_at(outcome, now);
    }

    #[inline]
    fn report_at(&mut self, outcome: Outcome, now: Timestamp) {
        let Some(seat) = self.seat.take() else { return };
        let core = seat.core();
        let change = core
            .front
            .record(seat.lane(), self.ticket, outcome, self.admitted_at, now);
        core.announce(change);
    }
}

impl<C: Clock> Drop for Admission<C> {
    fn drop(&mut self) {
        self.report(Outcome::Dropped);
    }
}

impl<C: Clock> fmt::Debug for Admission<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("admitted_at", &self.admitted_at)
            .finish_non_exhaustive()
    }
}
