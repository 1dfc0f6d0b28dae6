use aws_sdk_lambda::Client;
use leeward_client_pool::Caller;

/// Looks Lambda functions up and invokes them.
///
/// Each call goes through the layers of its [`Caller`]: deadline, retries, the rate of the account, circuit. A clone shares them.
///
/// By default a caller gives an attempt 15 s, and a function may run for 15 minutes ("Lambda quotas"). For those that take longer, ask
/// for a caller with the time that they need, and a little more:
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::AwsError;
/// use leeward_lambda::Lambda;
/// use std::time::Duration;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let (attempt, call) = (Duration::from_secs(905), Duration::from_secs(1_000));
/// let patient = Lambda::new(pool.caller().with_timeouts(attempt, call).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Lambda {
    pub(crate) caller: Caller<Client>,
}

impl Lambda {
    /// Calls by `caller`, which says in which Region, as whom and for how long.
    #[must_use]
    pub const fn new(caller: Caller<Client>) -> Self {
        Self { caller }
    }

    /// What the calls are made by.
    #[must_use]
    pub const fn caller(&self) -> &Caller<Client> {
        &self.caller
    }
}
