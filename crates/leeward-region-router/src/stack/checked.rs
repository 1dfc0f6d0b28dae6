use leeward_error_taxonomy::{Region, Rejected};
use tower_service::Service;

use super::{RouterStack, RouterStackError, StackedRouter};
use crate::HealthCheck;

impl<S: Clone + Send + 'static> RouterStack<HealthCheck<S>> {
    /// Builds the stack over a service per Region, and begins to check.
    ///
    /// Checks run on the runtime in which the stack is built, and end with the last clone of its service or with
    /// [`RegionRouter::shutdown`](crate::RegionRouter::shutdown).
    ///
    /// # Errors
    ///
    /// As [`RouterStack::over`](RouterStack::over), and [`RouterStackError::Router`] outside of a runtime or if a time of the check is
    /// zero.
    pub fn over<M>(self, maker: M) -> Result<StackedRouter<S>, RouterStackError>
    where
        M: Service<Region, Response = S> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        let timeout = self
            .is_check_as_attempt
            .then_some(self.router.attempt_timeout);
        let fitting = |check: HealthCheck<S>| match timeout {
            Some(timeout) => check.with_timeout(timeout),
            None => check,
        };
        self.stack(|router| router.map(|clock| clock, fitting).build(maker))
    }
}
