use aws_sdk_kms::Client;
use leeward_client_pool::Target;
use leeward_region_router::RegionRouter;
use leeward_resilience::{deadline::Deadline, retry::Retry};
use std::{
    fmt,
    task::{Context, Poll},
};
use tower_service::Service;

/// The service that a [`KmsStack`](super::KmsStack) builds: over `S`, which calls KMS in one Region.
///
/// It answers whatever `S` answers, operations of your own included. Cloning is cheap and shares everything.
pub struct KmsService<S = Target<Client>> {
    stack: Stack<S>,
    router: RegionRouter<S>,
}

type Stack<S> = Deadline<Retry<RegionRouter<S>>>;

impl<S> KmsService<S> {
    pub(super) const fn new(stack: Stack<S>, router: RegionRouter<S>) -> Self {
        Self { stack, router }
    }

    /// The router within: for its status, to watch it, to drain and restore a Region, to end health checks.
    ///
    /// A call through it has neither the deadline nor the retries of the stack.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// use leeward_kms_envelope::KmsService;
    /// use leeward_region_router::RouterError;
    ///
    /// fn leave_virginia(kms: &KmsService) -> Result<String, RouterError> {
    ///     kms.router().drain(&Region::from_static("us-east-1"))?;
    ///     Ok(kms.router().health_json())
    /// }
    /// ```
    #[must_use]
    pub const fn router(&self) -> &RegionRouter<S> {
        &self.router
    }
}

impl<S, Request> Service<Request> for KmsService<S>
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

impl<S> Clone for KmsService<S> {
    fn clone(&self) -> Self {
        Self {
            stack: self.stack.clone(),
            router: self.router.clone(),
        }
    }
}

impl<S> fmt::Debug for KmsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsService")
            .field("router", &self.router)
            .finish_non_exhaustive()
    }
}
