use crate::{Arn, Identity, Pool, Resource, callers::Callers};
use leeward_client_pool::{AwsClient, Caller};
use leeward_error_taxonomy::{AwsError, Region};
use leeward_resilience::stack::Preset;
use std::sync::{Arc, OnceLock};

/// Tells whether the resource of an ARN is there, in the Region that the ARN names.
///
/// A clone is cheap and shares all: the layers of each service and Region, and what STS has said of the account. The options give
/// another one and leave the clones as they are. Nothing here writes or runs in the background, so a future that is dropped leaves nothing.
///
/// ```no_run
/// use leeward_error_taxonomy::AwsError;
/// use leeward_resources::{Pool, Resources};
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let resources = Resources::new(pool);
/// let needed = ["arn:aws:s3:::orders-archive", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"];
/// for arn in needed {
///     if !resources.resource_exists(&arn.parse()?).await? {
///         println!("{arn} is missing");
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Resources {
    pool: Pool,
    identity: Identity,
    region: Option<Region>,
    preset: Preset,
    callers: Arc<Callers>,
    /// The account that calls are made as, once STS has said so.
    pub(crate) account: Arc<OnceLock<String>>,
}

impl Resources {
    /// Asks by clients of `pool`, as whom it was built for.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            identity: Identity::DEFAULT,
            region: None,
            preset: Preset::mixed(),
            callers: Arc::default(),
            account: Arc::default(),
        }
    }

    /// Asks as this identity. Default: whom the pool was built for.
    ///
    /// ```no_run
    /// use leeward_client_pool::Role;
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_resources::Resources;
    ///
    /// # fn run(resources: Resources) -> Result<(), Box<dyn std::error::Error>> {
    /// let of_partner = resources.with_identity(Role::new("arn:aws:iam::111122223333:role/auditor")?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_identity(self, identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            callers: Arc::default(),
            account: Arc::default(),
            ..self
        }
    }

    /// Calls this Region for ARNs that name none, those of S3 and of IAM. Default: the pool's; of IAM, which is one for a partition, its
    /// home if the pool has none.
    #[must_use]
    pub fn with_region(self, region: Region) -> Self {
        Self {
            region: Some(region),
            callers: Arc::default(),
            ..self
        }
    }

    /// Sets the numbers of the layers for each call. Default: [`Preset::mixed`], whose calls have 90 s in up to five attempts of 15 s.
    #[must_use]
    pub fn with_preset(self, preset: Preset) -> Self {
        Self {
            preset,
            callers: Arc::default(),
            ..self
        }
    }

    /// Says whether the resource of an ARN is there, by what its service answers to a look-up in the Region that the ARN names.
    ///
    /// | ARN of | asked by | there means |
    /// |---|---|---|
    /// | stack, change set | DescribeStacks, DescribeChangeSet | it is not deleted; a change set may have failed |
    /// | table, index | DescribeTable | in whatever state; the index is listed with the table |
    /// | stream of a table | DescribeTable | the table writes to it; one that has ended is an error |
    /// | role, user, group, policy, instance profile | GetRole, GetUser, GetGroup, GetPolicy, GetInstanceProfile | under the path that the ARN has |
    /// | function, version, alias | GetFunctionConfiguration | in whatever state |
    /// | layer, its version | ListLayerVersions, GetLayerVersionByArn | a version is there; this one is |
    /// | log group, log stream | DescribeLogGroups, DescribeLogStreams, of those that begin so | by exactly this name |
    /// | bucket | HeadBucket | whosever it is, in whatever Region |
    /// | object | HeadObject, in the Region of the bucket, which HeadBucket tells | not under a delete marker |
    ///
    /// The ARN of an object is the key as it is, not URL-encoded. `false` of a resource with an account is said only if the calls are made
    /// as that account, which is asked of STS once; of another account DynamoDB and Lambda say at best that it is there.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_resources::Resources;
    /// # async fn run(resources: Resources) -> Result<(), AwsError> {
    /// let live = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live".parse()?;
    /// if resources.resource_exists(&live).await? {
    ///     println!("deployed");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ResourceError`](crate::ResourceError) for what cannot be told, the ARNs of other services among them; [`InvalidResourceName`](crate::InvalidResourceName)
    /// for a name that AWS would refuse; and every failure of a call: one that is denied says nothing of what is there.
    pub async fn resource_exists(&self, arn: &Arn) -> Result<bool, AwsError> {
        let is_there = self.ask(arn, Resource::of(arn)?).await?;
        if !is_there {
            self.check_account(arn).await?;
        }
        Ok(is_there)
    }

    /// Calls in `region`; where an ARN names none, in that of these resources, of the pool or of the service.
    pub(crate) async fn caller<C: AwsClient>(
        &self,
        region: Option<&Region>,
    ) -> Result<Caller<C>, AwsError> {
        if let Some(caller) = self.callers.find(region) {
            return Ok(caller);
        }
        let asked = self.pool.caller::<C>();
        let asked = asked
            .with_identity(self.identity.clone())
            .with_preset(self.preset);
        let asked = match region.or(self.region.as_ref()) {
            Some(region) => asked.with_region(region.clone()),
            None => asked,
        };
        Ok(self.callers.keep(region, asked.await?))
    }
}
