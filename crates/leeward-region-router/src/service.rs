use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Region, Rejected};
use leeward_resilience::{Clock, Request, TscClock};
use tower_service::Service;

use crate::{
    RegionRouterBuilder, ResponseFuture, RouterError, course::Course, roster::Roster, seat::Seats,
};

/// Sends each call to the first Region of a list that can serve it.
///
/// Built by [`RegionRouter::builder`]. `S` is the service of one Region; the router answers every request type that `S`
/// answers, with `S`'s own responses and errors. It is always ready. Cloning is cheap and shares circuits, services and
/// budget.
pub struct RegionRouter<S, C: Clock = TscClock> {
    seats: Seats<S, C>,
}

impl RegionRouter<()> {
    /// Starts from the Regions to use, the preferred one first.
    pub fn builder(regions: impl IntoIterator<Item = Region>) -> RegionRouterBuilder {
        RegionRouterBuilder::new(regions.into_iter().collect())
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    pub(crate) fn of(roster: Arc<Roster<S, C>>) -> Self {
        Self {
            seats: Seats::around(roster),
        }
    }

    pub(crate) fn roster(&self) -> &Arc<Roster<S, C>> {
        self.seats.roster()
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    /// Keeps calls away from a Region until it is [restored](Self::restore): for maintenance, or on a suspicion.
    ///
    /// What is under way there ends as it would. Calls that are [pinned](leeward_resilience::Placement::pinned_to) to the Region
    /// still go there, as they have nowhere else to go and are how somebody tries it before restoring it; a call that may go
    /// nowhere else but to drained Regions is refused as unavailable. All clones of the router obey.
    ///
    /// # Errors
    ///
    /// [`RouterError::UnknownRegion`] if the Region is none of the router's.
    pub fn drain(&self, region: &Region) -> Result<(), RouterError> {
        self.set_drained(region, true)
    }

    /// Lets calls come to a Region again that was [drained](Self::drain): a share of them that rises, as after an outage.
    ///
    /// Its circuit decides as always. A Region that was not drained stays as it is.
    ///
    /// # Errors
    ///
    /// [`RouterError::UnknownRegion`] if the Region is none of the router's.
    pub fn restore(&self, region: &Region) -> Result<(), RouterError> {
        self.set_drained(region, false)
    }

    fn set_drained(&self, region: &Region, drained: bool) -> Result<(), RouterError> {
        let roster = self.roster();
        let at = roster.ground.find(region)?;
        if !drained && roster.ground.is_drained(at) {
            // Before calls come.
            roster.ground.sites[at].restored(roster.ground.clock.now());
            roster.member(at).circuit.start_slowly();
        }
        if roster.ground.set_drained(at, drained) {
            roster.ground.observers.drained(region, drained);
            roster.pulse.beat();
        }
        Ok(())
    }
}

impl<S, R, C> Service<R> for RegionRouter<S, C>
where
    S: Service<R> + Clone,
    S::Error: Classify + From<Rejected>,
    R: Request,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, C>;

    // Which Region the call goes to, hence what would have to be ready, is known only in its future.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let roster = self.seats.hold();
        roster.ground.budget.deposit();
        ResponseFuture::new(Course::new(roster, request))
    }
}

impl<S, C: Clock> Clone for RegionRouter<S, C> {
    fn clone(&self) -> Self {
        Self {
            seats: self.seats.clone(),
        }
    }
}

impl<S, C: Clock> fmt::Debug for RegionRouter<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionRouter")
            .field("regions", &self.roster().view().regions)
            .field("attempt_timeout", &self.roster().ground.attempt_timeout)
            .finish_non_exhaustive()
    }
}
