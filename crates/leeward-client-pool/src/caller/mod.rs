//! Whole calls to one service: played through every layer, told of in one error.

mod counted;
mod pages;
mod quota;
mod request;

pub use request::CallerRequest;

pub(crate) use quota::Quotas;

use crate::{Operation, Target};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use counted::Counted;
use leeward_error_taxonomy::{AwsError, OperationName, Region};
use leeward_resilience::{
    Budget, CircuitBreaker, RateLimiter, Request, RetryCounters,
    stack::{Preset, RatedStack, StackLayer},
};
use std::{error::Error, fmt, sync::Arc};
use tower::ServiceExt;
use tracing::{Instrument, debug, debug_span};

/// Makes whole calls to one service in one Region, as one identity: what the facades of Leeward are built on.
///
/// Each call goes through a [stack](leeward_resilience::stack) of deadline, retries within a budget, rate limit, concurrency limit and
/// circuit breaker, in a tracing span `call` (target `leeward::caller`, level `DEBUG`) with the operation and the Region. What it fails
/// with is an [`AwsError`] that names operation, Region and the number of attempts. Dropping a call ends it and closes its connection.
///
/// A clone shares all of it. Callers of a [pool](crate::Pool::caller) for the same service, Region and account share the rate that the
/// service was found to bear: the account of a role is known by its ARN, any other identity counts as an account of its own, since
/// which one it has only STS could tell.
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use aws_sdk_kms::{Client, operation::describe_key::{DescribeKeyInput, builders::DescribeKeyInputBuilder}};
/// use leeward_client_pool::{Op, Pool};
/// use leeward_error_taxonomy::AwsError;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let kms = pool.caller::<Client>().await?;
/// let describe = DescribeKeyInput::builder().key_id("alias/app");
/// let key = kms.call(Op::new(describe, DescribeKeyInputBuilder::send_with)).await?;
/// # Ok(())
/// # }
/// # }
/// ```
pub struct Caller<C> {
    inner: Arc<Inner<C>>,
}

struct Inner<C> {
    target: Target<C>,
    layer: StackLayer,
    rate: RateLimiter,
    stack: RatedStack<Target<C>>,
}

impl<C: Clone> Caller<C> {
    /// Calls by a target, through the layers of `preset`, with a rate limit of its own: for a client that no pool has made.
    #[must_use]
    pub fn new(target: Target<C>, preset: Preset) -> Self {
        Self::limited(target, preset, RateLimiter::new(quota::RATE))
    }

    pub(crate) fn limited(target: Target<C>, preset: Preset, rate: RateLimiter) -> Self {
        let layer = preset.layer();
        let stack = layer.over_at_rate(target.clone(), &rate);
        Self {
            inner: Arc::new(Inner {
                target,
                layer,
                rate,
                stack,
            }),
        }
    }

    /// Plays an operation to its end.
    ///
    /// # Errors
    ///
    /// [`AwsError`]: the last answer of the service, or what kept the call from one. By
    /// [`downcast_ref`](AwsError::downcast_ref) the modelled error of the operation is reached.
    pub async fn call<O>(&self, operation: O) -> Result<O::Output, AwsError>
    where
        O: Operation<C> + Request,
        O::Error: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let (name, region) = (operation.operation(), self.region());
        let span = debug_span!(target: "leeward::caller", "call", operation = %name, %region);
        let (operation, attempts) = Counted::new(operation);
        let called = self.inner.stack.clone().oneshot(operation);
        called.instrument(span.clone()).await.map_err(|error| {
            let error = AwsError::new(error)
                .with_operation(name)
                .with_region(region.clone())
                .with_attempts(attempts.count());
            span.in_scope(|| {
                debug!(target: "leeward::caller", category = %error.category(), code = error.code(), "call failed");
            });
            error
        })
    }

    /// Plays an operation that asks for something: `None` if the service answers that it is not there, in the way that `is_absent` knows.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), for every other failure: a denied call says nothing of what is there.
    pub async fn find<O>(
        &self,
        operation: O,
        is_absent: impl FnOnce(&AwsError) -> bool,
    ) -> Result<Option<O::Output>, AwsError>
    where
        O: Operation<C> + Request,
        O::Error: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match self.call(operation).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The client beneath, for what no facade has: it does not retry, and no layer is above it.
    #[must_use]
    pub fn client(&self) -> &C {
        self.inner.target.client()
    }
}

impl<C> Caller<C> {
    /// The Region that is called.
    #[must_use]
    pub fn region(&self) -> &Region {
        self.inner.target.region()
    }

    /// An error of what was done before or after a call, with the operation and the Region where it names none: as [`call`](Self::call)
    /// tells its own.
    ///
    /// ```
    /// use leeward_client_pool::Caller;
    /// use leeward_error_taxonomy::{AwsError, OperationName, Rejected};
    ///
    /// fn refused<C>(kms: &Caller<C>) -> AwsError {
    ///     kms.told(OperationName::new("kms", "DescribeKey"), Rejected::LimiterFull)
    /// }
    /// ```
    #[must_use]
    pub fn told(&self, operation: OperationName, error: impl Into<AwsError>) -> AwsError {
        let mut error = error.into();
        if error.operation().is_none() {
            error = error.with_operation(operation);
        }
        if error.region().is_none() {
            error = error.with_region(self.region().clone());
        }
        error
    }

    /// The circuit of these calls, to look at and to force.
    #[must_use]
    pub fn breaker(&self) -> &CircuitBreaker {
        self.inner.layer.breaker()
    }

    /// The rate limit of the account.
    #[must_use]
    pub fn rate(&self) -> &RateLimiter {
        &self.inner.rate
    }

    /// What pays for the retries of all these calls.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        self.inner.layer.budget()
    }

    /// The counts of the retries.
    #[must_use]
    pub fn retries(&self) -> RetryCounters {
        self.inner.layer.retries()
    }
}

impl<C> Clone for Caller<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<C> fmt::Debug for Caller<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("region", self.region())
            .finish_non_exhaustive()
    }
}
