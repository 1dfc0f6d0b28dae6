use crate::{Failed, Operation};
use leeward_error_taxonomy::Region;
use std::{
    fmt,
    task::{Context, Poll},
};
use tower_service::Service;

/// Plays operations against one client: the innermost service, where every stack of layers ends.
///
/// It is always ready, fails with the SDK's own error and does not retry, since [`Pool::target`](crate::Pool::target)
/// makes it of a client whose retries are off. Dropping a call closes its connection.
#[derive(Clone)]
pub struct Target<C> {
    client: C,
    region: Region,
}

impl<C> Target<C> {
    /// Plays against `client`, which speaks to `region` and should leave retries to the layers above.
    pub const fn new(client: C, region: Region) -> Self {
        Self { client, region }
    }

    pub(crate) const fn client(&self) -> &C {
        &self.client
    }

    /// The Region that answers.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }
}

impl<C, O> Service<O> for Target<C>
where
    C: Clone,
    O: Operation<C>,
{
    type Response = O::Output;
    type Error = Failed<O::Error>;
    type Future = O::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, operation: O) -> O::Future {
        operation.play(self.client.clone())
    }
}

impl<C> fmt::Debug for Target<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
