//! Every verb of S3.

mod bucket;
mod object;
mod transfer;

use super::site::Site;
use crate::ministack::{Case, Trouble};
use leeward_s3::{BucketName, S3};
use std::time::Duration;

pub(super) fn cases() -> Vec<Case<Site>> {
    let cases = [bucket::cases(), object::cases(), transfer::cases()];
    cases.into_iter().flatten().collect()
}

/// S3 with a bucket of its own, and time enough for parts that move over a busy machine.
async fn bucket(site: &Site, name: &str) -> Result<(S3, BucketName), Trouble> {
    let caller = site.pool.caller();
    let caller = caller.with_timeouts(Duration::from_secs(60), Duration::from_secs(240));
    let s3 = S3::new(caller.await?);
    let create = s3.caller().client().create_bucket().bucket(name);
    create.send().await?;
    Ok((s3, name.parse()?))
}
