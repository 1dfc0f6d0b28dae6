use super::Cloud;
use crate::failure::Failure;
use anyhow::{Context, Result, ensure};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::Client;
use leeward::{client_pool::Pool, error_taxonomy::Region, kms_envelope::KeyArn};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};

const REGIONS: [Region; 3] = [
    Region::from_static("us-east-1"),
    Region::from_static("us-west-2"),
    Region::from_static("eu-west-1"),
];

/// Starts three Regions, and makes a multi-Region key and its replicas over the wire.
pub(super) async fn open() -> Result<Cloud, Failure> {
    Ok(start().await.context("the embedded AWS did not start")?)
}

async fn start() -> Result<Cloud> {
    let aws = Aws::start(&REGIONS).await?;
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let mut pool = Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials));
    for region in REGIONS {
        let endpoint = aws.endpoint(&region);
        pool = pool.with_endpoint(region, endpoint);
    }
    let pool = pool.build().await?;
    let key = make_key(&pool).await?;
    Ok(Cloud {
        pool,
        regions: REGIONS.to_vec(),
        key,
        embedded: Some(aws),
    })
}

async fn make_key(pool: &Pool) -> Result<KeyArn> {
    let [home, others @ ..] = REGIONS;
    let kms: Client = pool.client().with_region(home.clone()).await?;
    let made = kms
        .create_key()
        .multi_region(true)
        .description("leeward demo")
        .send()
        .await?;
    let arn = made
        .key_metadata
        .and_then(|key| key.arn)
        .context("CreateKey answered without an ARN")?;
    for region in others {
        let sent = kms
            .replicate_key()
            .key_id(&arn)
            .replica_region(region.as_str())
            .send()
            .await;
        sent.with_context(|| format!("the key was not replicated to {region}"))?;
    }
    let arn: KeyArn = arn.parse()?;
    ensure!(arn.is_multi_region(), "{arn} is not a multi-Region key");
    Ok(arn)
}
