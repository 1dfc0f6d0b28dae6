use std::{
    fmt,
    task::{Context, Poll},
};

use leeward_resilience::{deadline::Deadline, retry::Retry};
use tower_service::Service;

use crate::RegionRouter;

/// The service that a [`RouterStack`](crate::RouterStack) builds: over `S`, which calls one Region.
///
/// It answers whatever `S` answers, operations of your own included. Cloning is cheap and shares everything.
pub struct StackedRouter<S> {
    stack: Stack<S>,
    router: RegionRouter<S>,
}

type Stack<S> = Deadline<Retry<RegionRouter<S>>>;

impl<S> StackedRouter<S> {
    pub(super) const fn new(stack: Stack<S>, router: RegionRouter<S>) -> Self {
        Self { stack, router }
    }

    /// The router within: for its status, to watch it, to drain and restore a Region, to end health checks.
    ///
    /// A call through it has neither the deadline nor the retries of the stack.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// use leeward_region_router::{RouterError, StackedRouter};
    ///
    /// fn leave_virginia<S>(stack: &StackedRouter<S>) -> Result<String, RouterError> {
    ///     stack.router().drain(&Region::from_static("us-east-1"))?;
    ///     Ok(stack.router().health_json())
    /// }
    /// ```
    #[must_use]
    pub const fn router(&self) -> &RegionRouter<S> {
        &self.router
    }
}

impl<S, Request> Service<Request> for StackedRouter<S>
where
    Stack<S>: Service<Request>,
{
    type Response = <Stack<S> as Service<Request>>::Response;
    type Error = <Stack<S> as Service<Request>>::Error;
    type Future = <Stack<S> as Service<Request>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.stack.call(request)
    }
}

impl<S> Clone for StackedRouter<S> {
    fn clone(&self) -> Self {
        Self {
            stack: self.stack.clone(),
            router: self.router.clone(),
        }
    }
}

impl<S> fmt::Debug for StackedRouter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackedRouter")
            .field("router", &self.router)
            .finish_non_exhaustive()
    }
}
