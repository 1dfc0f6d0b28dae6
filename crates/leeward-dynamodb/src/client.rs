use crate::{DynamoDbBuilder, builder::Settings};
use aws_sdk_dynamodb::Client;
use leeward_client_pool::Caller;

/// Whole jobs with the tables of one account in one Region: typed items, batches that finish, transactions, scans.
///
/// Cheap to clone; clones share the [`Caller`]. Dropping the future of a verb ends it: what a write may have done by then stands at the
/// verb.
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_dynamodb::DynamoDb;
/// use leeward_error_taxonomy::AwsError;
/// use std::collections::HashMap;
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     id: String,
///     total: u64,
/// }
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let db = DynamoDb::new(pool.caller().await?);
/// let order: Option<Order> = db.get(&"orders".parse()?, &HashMap::from([("id", "o-1")])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DynamoDb {
    caller: Caller<Client>,
    pub(crate) settings: Settings,
}

impl DynamoDb {
    /// Calls by `caller`, with the default settings of [`builder`](Self::builder).
    #[must_use]
    pub const fn new(caller: Caller<Client>) -> Self {
        Self::with_settings(caller, Settings::DEFAULT)
    }

    /// Begins to set it up.
    #[must_use]
    pub const fn builder(caller: Caller<Client>) -> DynamoDbBuilder {
        DynamoDbBuilder::new(caller)
    }

    pub(crate) const fn with_settings(caller: Caller<Client>, settings: Settings) -> Self {
        Self { caller, settings }
    }

    /// The same tables, read as of now: gets, batches, queries and scans see every write that was answered before them.
    ///
    /// By default reads are eventually consistent, at half of the price. A query or scan of a global secondary index cannot be
    /// consistent: the service answers `ValidationException`.
    ///
    /// ```no_run
    /// # use leeward_dynamodb::DynamoDb;
    /// # async fn run(db: DynamoDb) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let now = db.clone().consistent();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn consistent(mut self) -> Self {
        self.settings.is_consistent = true;
        self
    }

    /// What it calls by: for what the facade has not, and for the counts of the retries.
    #[must_use]
    pub const fn caller(&self) -> &Caller<Client> {
        &self.caller
    }
}
