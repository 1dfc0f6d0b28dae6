use super::{AwsClient, Pool};
use crate::Target;
use leeward_error_taxonomy::{Region, Rejected};
use std::{
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
    task::{Context, Poll},
};
use tower_service::Service;

/// Makes a [`Target`] for a Region. It is always ready and does not wait.
pub struct Maker<C> {
    pool: Pool,
    client: PhantomData<fn() -> C>,
}

impl<C> Maker<C> {
    pub(super) const fn new(pool: Pool) -> Self {
        Self {
            pool,
            client: PhantomData,
        }
    }
}

impl<C: AwsClient> Service<Region> for Maker<C> {
    type Response = Target<C>;
    type Error = Rejected;
    type Future = Ready<Result<Target<C>, Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, region: Region) -> Self::Future {
        ready(Ok(self.pool.target(&region)))
    }
}

impl<C> Clone for Maker<C> {
    fn clone(&self) -> Self {
        Self::new(self.pool.clone())
    }
}

impl<C> fmt::Debug for Maker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
