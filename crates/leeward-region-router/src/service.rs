use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Region, Rejected};
use leeward_resilience::{Clock, Request, TscClock};
use tower_service::Service;

use crate::{RegionRouterBuilder, ResponseFuture, course::Course, roster::Roster};

/// Sends each call to the first Region of a list that can serve it.
///
/// Built by [`RegionRouter::builder`]. `S` is the service of one Region; the router answers every request type that `S`
/// answers, with `S`'s own responses and errors. It is always ready. Cloning is cheap and shares circuits, services and
/// budget.
pub struct RegionRouter<S, C: Clock = TscClock> {
    roster: Arc<Roster<S, C>>,
}

impl RegionRouter<()> {
    /// Starts from the Regions to use, the preferred one first.
    #[must_use]
    pub fn builder(regions: impl IntoIterator<Item = Region>) -> RegionRouterBuilder {
        RegionRouterBuilder::new(regions.into_iter().collect())
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    pub(crate) fn new(roster: Roster<S, C>) -> Self {
        Self {
            roster: Arc::new(roster),
        }
    }

    pub(crate) const fn roster(&self) -> &Arc<Roster<S, C>> {
        &self.roster
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
        self.roster.ground.budget.deposit();
        ResponseFuture::new(Course::new(Arc::clone(&self.roster), request))
    }
}

impl<S, C: Clock> Clone for RegionRouter<S, C> {
    fn clone(&self) -> Self {
        Self {
            roster: Arc::clone(&self.roster),
        }
    }
}

impl<S, C: Clock> fmt::Debug for RegionRouter<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionRouter")
            .field("regions", &self.roster.view().regions)
            .field("attempt_timeout", &self.roster.ground.attempt_timeout)
            .finish_non_exhaustive()
    }
}
