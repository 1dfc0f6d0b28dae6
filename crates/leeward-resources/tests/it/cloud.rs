//! Two emulated Regions of one account, and the facade over them.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::{AwsClient, Pool, PoolBuilder};
use leeward_error_taxonomy::{AwsError, Region};
use leeward_resources::{ResourceError, Resources};
use leeward_testkit::{ACCESS_KEY_ID, ACCOUNT_ID, Aws, SECRET_ACCESS_KEY};

pub(crate) const EAST: Region = Region::from_static("us-east-1");
pub(crate) const WEST: Region = Region::from_static("us-west-2");

pub(crate) struct Cloud {
    pub(crate) aws: Aws,
    pub(crate) pool: Pool,
    pub(crate) resources: Resources,
}

pub(crate) fn pool() -> PoolBuilder {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials))
}

impl Cloud {
    /// With the east as the pool's own Region.
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(&[EAST, WEST]).await.unwrap();
        let pool = pool()
            .with_region(EAST)
            .with_endpoint(EAST, aws.endpoint(&EAST))
            .with_endpoint(WEST, aws.endpoint(&WEST))
            .build()
            .await
            .unwrap();
        Self {
            resources: Resources::new(pool.clone()),
            aws,
            pool,
        }
    }

    pub(crate) async fn client<C: AwsClient>(&self, region: Region) -> C {
        self.pool.client().with_region(region).await.unwrap()
    }

    /// Whether the resource of an ARN is there, or how it failed.
    pub(crate) async fn exists(&self, arn: &str) -> Result<bool, AwsError> {
        self.resources.resource_exists(&arn.parse()?).await
    }

    pub(crate) async fn is_there(&self, arn: &str) -> bool {
        let told = self.exists(arn).await;
        told.unwrap_or_else(|error| panic!("{arn}: {error}"))
    }

    /// Why nothing can be told.
    pub(crate) async fn refusal(&self, arn: &str) -> ResourceError {
        let error = self.exists(arn).await.unwrap_err();
        let refused: Option<&ResourceError> = error.downcast_ref();
        refused.unwrap_or_else(|| panic!("{arn}: {error}")).clone()
    }

    pub(crate) fn calls(&self, region: &Region, service: &str, operation: &str) -> u64 {
        let counts = self.aws.counts().in_region(region);
        counts.calls(service, operation)
    }
}

/// The ARN of a resource in the east, of the account that all is in.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{ACCOUNT_ID}:{resource}")
}

pub(crate) fn iam_arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:{resource}")
}
