use crate::{Area, Bar, BoxError, Case, Subject, Unit, world::World};
use aws_sdk_s3::{Client, types::ChecksumMode};
use aws_smithy_http_client::Builder;
use leeward_s3::S3;
use std::sync::Arc;

/// The case of a call that asks for an object of S3.
const CALL: &str = "HeadObject over HTTP";
/// Through all layers, to a summary.
const LEEWARD: &str = "leeward, describe_object()";
/// The client that the facade has beneath it: of the pool, the SDK's retries off.
const BENEATH: &str = "SDK, the client beneath";
/// A client as the SDK makes it by default.
const KEPT: &str = "SDK, one client kept";

const BUCKET: &str = "orders-archive";
const KEY: &str = "2026/11/22.json";

pub(super) fn case() -> Result<Case, BoxError> {
    let world = World::plain()?;
    let pool = world.pool()?;
    let s3 = S3::new(world.block_on(async { pool.caller::<Client>().await })?);
    let beneath = s3.caller().client().clone();
    world.block_on(async {
        beneath.create_bucket().bucket(BUCKET).send().await?;
        let put = beneath.put_object().bucket(BUCKET).key(KEY);
        put.body(b"{}".to_vec().into()).send().await?;
        Ok::<_, BoxError>(())
    })?;
    let config = aws_sdk_s3::config::Builder::from(&world.sdk_config(Builder::new().build_http()));
    let kept = Client::from_conf(config.force_path_style(true).build());
    Ok(Case::new(Area::Facades, CALL, Unit::Nanoseconds)
        .with(LEEWARD, described(&world, s3)?)
        .with(BENEATH, plain(&world, beneath))
        .with(KEPT, plain(&world, kept))
        .compare(LEEWARD, BENEATH, None)
        .compare(LEEWARD, KEPT, Bar::AtMost(1.05)))
}

fn described(world: &Arc<World>, s3: S3) -> Result<Subject, BoxError> {
    let (bucket, key) = (BUCKET.parse()?, KEY.parse()?);
    Ok(world.subject(async move || {
        s3.describe_object(&bucket, &key).await?;
        Ok(())
    }))
}

fn plain(world: &Arc<World>, client: Client) -> Subject {
    world.subject(async move || {
        let head = client.head_object().bucket(BUCKET).key(KEY);
        // The facade asks for the checksum too: the requests are the same.
        head.checksum_mode(ChecksumMode::Enabled).send().await?;
        Ok(())
    })
}
