use std::fmt;

use leeward_error_taxonomy::Facts;

use super::{RateLimiter, limiter::SentAt};
use crate::{Clock, TscClock};

/// A call's share of the rate, taken without the layer; the limiter learns from it how the call did.
///
/// Made by [`RateLimiter::try_pass`]. Dropping it teaches nothing and gives nothing back: the call may have been made.
#[must_use = "the limiter learns from it how the call did"]
pub struct RatePass<C: Clock = TscClock> {
    limiter: RateLimiter<C>,
    sent_at: SentAt,
}

impl<C: Clock> RatePass<C> {
    pub(super) const fn new(limiter: RateLimiter<C>, sent_at: SentAt) -> Self {
        Self { limiter, sent_at }
    }

    /// The call was answered as it should be.
    pub fn succeed(self) {
        self.limiter.answered(self.sent_at);
    }

    /// The call failed; a plea of the service for fewer calls slows those that follow.
    pub fn fail(self, facts: &Facts<'_>) {
        self.limiter.learn(self.sent_at, facts);
    }
}

impl<C: Clock> fmt::Debug for RatePass<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatePass").finish_non_exhaustive()
    }
}
