//! How many connections a crowd of callers opens, as the other side counts them.

use super::CROWD;
use crate::{
    Area, Bar, BoxError, Figure, Tally,
    world::{HOME, World},
};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use tokio::task::JoinSet;

const REGIONS: [Region; 3] = [
    HOME,
    Region::from_static("us-east-1"),
    Region::from_static("us-west-2"),
];

/// Those of [`Environment::Production`](leeward_client_pool::Environment::Production).
const CONNECTIONS: f64 = 50.0;

pub(super) fn tally(tasks: usize) -> Tally {
    Tally::new(Area::Pool, CROWD, move || {
        let aws = REGIONS.into_iter().fold(Aws::builder(), |aws, region| {
            // All services of a Region are one host here, which makes the bound of each host that of the Region.
            aws.with_region(region)
        });
        let world = World::start(aws)?;
        let pool = world.block_on(
            world
                .builder()
                // The machine may be slow: this is about connections, not time.
                .with_read_timeout(None)
                .with_attempt_timeout(None)
                .with_operation_timeout(None)
                .build(),
        )?;
        world.block_on(call_at_once(&pool, tasks))?;
        let counts = world.aws().counts();
        let peaks = REGIONS.map(|region| counts.in_region(&region).peak_connections());
        let builds = pool.stats().clients.builds;
        Ok(vec![
            Figure {
                subject: "leeward, most connections to a host".into(),
                value: peaks.into_iter().max().unwrap_or_default() as f64,
                unit: "connections",
                bar: Some(Bar::AtMost(CONNECTIONS)),
            },
            Figure {
                subject: "leeward, clients made".into(),
                value: builds as f64,
                unit: "clients",
                bar: Some(Bar::AtMost(15.0)),
            },
        ])
    })
}

/// Each task calls the five services of a Region by turns, in all Regions at once.
async fn call_at_once(pool: &Pool, count: usize) -> Result<(), BoxError> {
    let mut tasks: JoinSet<Result<(), BoxError>> = JoinSet::new();
    for _ in 0..count {
        let pool = pool.clone();
        tasks.spawn(async move {
            let [home, east, west] = REGIONS.map(|region| call_each_service(&pool, region));
            tokio::try_join!(home, east, west)?;
            Ok(())
        });
    }
    while let Some(called) = tasks.join_next().await {
        called??;
    }
    Ok(())
}

async fn call_each_service(pool: &Pool, region: Region) -> Result<(), BoxError> {
    let kms = pool.client::<aws_sdk_kms::Client>();
    let kms = kms.with_region(region.clone()).await?;
    kms.list_keys().send().await?;
    let sts = pool.client::<aws_sdk_sts::Client>();
    let sts = sts.with_region(region.clone()).await?;
    sts.get_caller_identity().send().await?;
    let dynamodb = pool.client::<aws_sdk_dynamodb::Client>();
    let dynamodb = dynamodb.with_region(region.clone()).await?;
    dynamodb.list_tables().send().await?;
    let secrets = pool.client::<aws_sdk_secretsmanager::Client>();
    let secrets = secrets.with_region(region.clone()).await?;
    secrets.list_secrets().send().await?;
    let lambda = pool.client::<aws_sdk_lambda::Client>();
    let lambda = lambda.with_region(region).await?;
    lambda.list_functions().send().await?;
    Ok(())
}
