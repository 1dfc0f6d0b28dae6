use aws_sdk_cloudwatchlogs::Client;
use leeward_client_pool::Caller;

/// CloudWatch Logs in one Region, as one identity: groups, events, queries.
///
/// Every call goes through the [`Caller`]: it has a deadline, is sent again where that changes nothing, counts to the rate of its
/// account, and fails with one `AwsError`. A clone is cheap, and shares all of it.
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::AwsError;
/// use leeward_logs::Logs;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let logs = Logs::new(pool.caller().await?);
/// assert!(logs.group_exists(&"/app/orders".parse()?).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Logs {
    caller: Caller<Client>,
}

impl Logs {
    /// Makes whole jobs of the calls of `caller`.
    #[must_use]
    pub const fn new(caller: Caller<Client>) -> Self {
        Self { caller }
    }

    /// What makes the calls, for what is not here.
    #[must_use]
    pub const fn caller(&self) -> &Caller<Client> {
        &self.caller
    }
}
