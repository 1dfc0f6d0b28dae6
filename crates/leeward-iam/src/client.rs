use aws_sdk_iam::Client;
use leeward_client_pool::Caller;

/// Looks roles and policies up, and asks IAM what a principal may do.
///
/// IAM is one for all Regions of a partition: a caller of a pool without a Region of its own calls `us-east-1`, its home in `aws`. Nothing
/// here writes, so every call may be sent again. What was changed a moment ago may not be seen yet: IAM needs seconds until it is known
/// everywhere ("Changes that I make are not always immediately visible", IAM User Guide).
///
/// A clone shares the layers of the [`Caller`].
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::AwsError;
/// use leeward_iam::Iam;
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let iam = Iam::new(pool.caller().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Iam {
    pub(crate) caller: Caller<Client>,
}

impl Iam {
    /// Calls by `caller`, which says in which partition and as whom.
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
