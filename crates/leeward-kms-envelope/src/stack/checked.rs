use super::{KmsService, KmsStack, KmsStackError};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, Target};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::HealthCheck;
use tower_service::Service;

/// A [`KmsStack`] with a health check; made by [`KmsStack::with_health_check`] and [`KmsStack::describing`], at any place among the
/// options.
///
/// Checks run on the runtime in which the stack is built, and end with the last clone of its service or with
/// [`RegionRouter::shutdown`](leeward_region_router::RegionRouter::shutdown).
pub type CheckedKmsStack<S> = KmsStack<HealthCheck<S>>;

impl KmsStack<HealthCheck<Target<Client>>> {
    /// Builds the stack over the clients of a pool, and begins to check.
    ///
    /// # Errors
    ///
    /// As [`KmsStack::through`], and [`KmsStackError::Router`] outside of a runtime or if a time of the check is zero.
    pub fn through(self, pool: &Pool) -> Result<KmsService, KmsStackError> {
        self.over(pool.maker())
    }
}

impl<S: Clone + Send + 'static> KmsStack<HealthCheck<S>> {
    /// Builds the stack over any service per Region, and begins to check.
    ///
    /// # Errors
    ///
    /// As [`through`](Self::through).
    pub fn over<M>(self, maker: M) -> Result<KmsService<S>, KmsStackError>
    where
        M: Service<Region, Response = S> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        self.stack.over(maker)
    }
}
