//! Two emulated Regions and a pool that knows them.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::{Pool, PoolBuilder};
use leeward_error_taxonomy::Region;
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};

pub(crate) const EAST: Region = Region::from_static("us-east-1");
pub(crate) const WEST: Region = Region::from_static("us-west-2");

pub(crate) async fn regions() -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .build()
        .await
        .unwrap();
    (aws, pool)
}

pub(crate) fn builder(aws: &Aws) -> PoolBuilder {
    Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .with_endpoint(WEST, aws.endpoint(&WEST))
}

pub(crate) fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::from_keys(
        ACCESS_KEY_ID,
        SECRET_ACCESS_KEY,
        None,
    ))
}
