use crate::{CloudFormationBuilder, InvalidWait};
use aws_sdk_cloudformation::Client;
use leeward_client_pool::Caller;
use leeward_resilience::Waiter;

/// CloudFormation in one Region, as one identity.
///
/// A clone is cheap and shares the caller. Nothing runs in the background: a future that is dropped ends what it does here, while
/// CloudFormation goes on with what it was told; [`wait`](Self::wait) takes it up again.
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_cloudformation::{CloudFormation, StackName};
/// use leeward_error_taxonomy::AwsError;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let cloud = CloudFormation::new(pool.caller().await?);
/// let orders: StackName = "orders".parse()?;
/// if let Some(stack) = cloud.stack(&orders).await? {
///     println!("{} is {}", stack.name, stack.status.as_str());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CloudFormation {
    pub(crate) caller: Caller<Client>,
    pub(crate) waiter: Waiter,
}

impl CloudFormation {
    /// Calls by `caller`, with the defaults of the [builder](Self::builder).
    #[must_use]
    pub fn new(caller: Caller<Client>) -> Self {
        CloudFormationBuilder::new(caller).finish()
    }

    /// Makes one with settings of its own.
    pub const fn builder(caller: Caller<Client>) -> CloudFormationBuilder {
        CloudFormationBuilder::new(caller)
    }

    /// The same, which waits by another waiter: for the stack that takes longer than others.
    ///
    /// # Errors
    ///
    /// [`InvalidWait`] for a waiter that has no time.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, InvalidWait};
    /// # fn run(cloud: CloudFormation) -> Result<(), InvalidWait> {
    /// use leeward_resilience::Waiter;
    /// use std::time::Duration;
    ///
    /// let patient = cloud.with_waiter(Waiter::new(Duration::from_secs(3 * 3_600)))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_waiter(&self, waiter: Waiter) -> Result<Self, InvalidWait> {
        Self::builder(self.caller.clone())
            .with_waiter(waiter)
            .build()
    }

    /// What makes the calls, for those that the facade has not.
    #[must_use]
    pub const fn caller(&self) -> &Caller<Client> {
        &self.caller
    }
}
