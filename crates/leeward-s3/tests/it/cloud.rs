//! An emulated Region with a bucket, and S3 over it.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_s3::{
    Client,
    types::{BucketVersioningStatus, VersioningConfiguration},
};
use leeward_client_pool::{Caller, Pool, PoolBuilder};
use leeward_error_taxonomy::Region;
use leeward_resilience::{CircuitConfig, Ratio, stack::Preset};
use leeward_s3::{BucketName, ObjectKey, S3, S3Builder};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use std::time::Duration;

pub(crate) const EAST: Region = Region::from_static("us-east-1");
pub(crate) const MIB: usize = 1 << 20;

pub(crate) const WEST: Region = Region::from_static("us-west-2");

pub(crate) struct Cloud {
    pub(crate) aws: Aws,
    pub(crate) pool: Pool,
    pub(crate) bucket: BucketName,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(&[EAST, WEST]).await.unwrap();
        let pool = pool(&aws).await;
        let caller: Caller<Client> = pool.caller().await.unwrap();
        let create = caller.client().create_bucket().bucket("orders");
        create.send().await.unwrap();
        let bucket = "orders".parse().unwrap();
        Self { aws, pool, bucket }
    }

    pub(crate) async fn builder(&self) -> S3Builder {
        S3::builder(self.pool.caller().await.unwrap())
    }

    pub(crate) async fn s3(&self) -> S3 {
        S3::new(self.pool.caller().await.unwrap())
    }

    /// By parts of 5 MiB.
    pub(crate) async fn by_parts(&self) -> S3 {
        self.small_parts().await.build().unwrap()
    }

    /// By parts of 5 MiB, with more to be said.
    pub(crate) async fn small_parts(&self) -> S3Builder {
        let builder = self.builder().await.with_part_size(5 * MIB);
        let builder = builder.with_copy_part_size(5 * MIB);
        builder.with_max_concurrency(3)
    }

    /// By parts of 5 MiB, one by one, with a circuit that rests for a moment only once it is open.
    pub(crate) async fn resting_briefly(&self) -> S3Builder {
        let circuit = CircuitConfig::new()
            .with_rest(Duration::from_millis(200))
            .with_slow_start(Duration::ZERO, Ratio::percent(100));
        let caller = self.pool.caller();
        let caller = caller.with_preset(Preset::mixed().with_circuit(circuit));
        let builder = S3::builder(caller.await.unwrap());
        builder.with_part_size(5 * MIB).with_max_concurrency(1)
    }

    /// What another process has: nothing of this one.
    pub(crate) async fn afresh(&self) -> S3 {
        let caller = pool(&self.aws).await.caller().await.unwrap();
        let builder = S3::builder(caller).with_part_size(5 * MIB);
        builder.with_copy_part_size(5 * MIB).build().unwrap()
    }

    /// Has the bucket keep versions from now on.
    pub(crate) async fn keep_versions(&self) {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let caller: Caller<Client> = self.pool.caller().await.unwrap();
        let put = caller.client().put_bucket_versioning();
        let put = put.bucket(self.bucket.as_str());
        let put = put.versioning_configuration(enabled.build());
        put.send().await.unwrap();
    }

    /// How many uploads are neither finished nor aborted.
    pub(crate) async fn unfinished(&self) -> usize {
        let uploads = self.s3().await.unfinished_uploads(&self.bucket, "");
        uploads.collect_up_to(100).await.unwrap().items.len()
    }

    pub(crate) fn calls(&self, operation: &str) -> u64 {
        self.aws.counts().calls("s3", operation)
    }
}

async fn pool(aws: &Aws) -> Pool {
    let pool = pool_at(aws.endpoint(&EAST)).with_endpoint(WEST, aws.endpoint(&WEST));
    pool.build().await.unwrap()
}

/// Calls what is there in place of S3.
pub(crate) async fn caller_at(endpoint: String) -> Caller<Client> {
    let pool = pool_at(endpoint).build().await.unwrap();
    pool.caller().await.unwrap()
}

fn pool_at(endpoint: String) -> PoolBuilder {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, endpoint)
        .with_credentials(SharedCredentialsProvider::new(credentials))
}

pub(crate) fn key(key: &str) -> ObjectKey {
    key.parse().unwrap()
}

/// Bytes of which no part is like another: every block has its number in front.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    const BLOCK: usize = 64 << 10;
    let words = (0_u32..).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    let block: Vec<u8> = words.take(BLOCK).collect();
    let mut bytes = block.repeat(len.div_ceil(BLOCK));
    for (block, number) in bytes.chunks_mut(BLOCK).zip(0_u64..) {
        block[..8].copy_from_slice(&number.to_be_bytes());
    }
    bytes.truncate(len);
    bytes
}
