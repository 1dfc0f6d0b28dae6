//! Three emulated Regions at different distances, and a pool that knows them.

use aws_credential_types::Credentials;
use aws_sdk_kms::{
    Client,
    operation::generate_data_key::{
        GenerateDataKeyError, GenerateDataKeyInput, builders::GenerateDataKeyInputBuilder,
    },
    types::DataKeySpec,
};
use leeward::{
    client_pool::{Failed, Op, Pool, PoolBuilder, Target},
    error_taxonomy::Region,
    region_router::RegionRouter,
    resilience::DeadlineLayer,
};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, Latency, SECRET_ACCESS_KEY, Scope};
use std::time::Duration;
use tower::{Layer, ServiceExt};

pub(crate) const A: Region = Region::from_static("us-east-1");
pub(crate) const B: Region = Region::from_static("us-west-2");
pub(crate) const C: Region = Region::from_static("eu-west-1");

const ALIAS: &str = "alias/app";

pub(crate) type Router = RegionRouter<Target<Client>>;

pub(crate) struct Cloud {
    pub(crate) aws: Aws,
    pub(crate) pool: Pool,
}

impl Cloud {
    /// Each Region with a key of its own under one alias.
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(&[A, B, C]).await.unwrap();
        let pool = builder(&aws).build().await.unwrap();
        for region in [A, B, C] {
            let kms: Client = pool.client().with_region(region).await.unwrap();
            let made = kms.create_key().send().await.unwrap();
            let id = made.key_metadata.unwrap().key_id;
            let alias = kms.create_alias().alias_name(ALIAS).target_key_id(id);
            alias.send().await.unwrap();
        }
        aws.reset_counts();
        Self { aws, pool }
    }

    /// As far away as in the simulation.
    pub(crate) async fn start_far_away() -> Self {
        let cloud = Self::start().await;
        for (region, millis) in [(A, 20), (B, 90), (C, 120)] {
            let latency = Latency::log_normal(Duration::from_millis(millis), 0.35);
            let faults = cloud.aws.faults();
            faults.inject(Scope::region(region), Fault::latency(latency));
        }
        cloud
    }

    /// How many calls the Region's service has answered well.
    pub(crate) fn served(&self, region: &Region) -> u64 {
        let counts = self.aws.counts().in_region(region);
        counts.tally("kms", "GenerateDataKey").ok
    }
}

pub(crate) fn builder(aws: &Aws) -> PoolBuilder {
    let keys = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder().without_proxy().with_keys(keys);
    aws.regions().fold(pool, |pool, region| {
        pool.with_endpoint(region.clone(), aws.endpoint(region))
    })
}

/// Asks for a data key, and gives three seconds for it.
pub(crate) async fn call(router: Router) -> Result<(), Failed<GenerateDataKeyError>> {
    let input = GenerateDataKeyInput::builder()
        .key_id(ALIAS)
        .key_spec(DataKeySpec::Aes256);
    let call = DeadlineLayer::new(Duration::from_secs(3)).layer(router);
    let operation = Op::new(input, GenerateDataKeyInputBuilder::send_with);
    call.oneshot(operation).await.map(drop)
}
