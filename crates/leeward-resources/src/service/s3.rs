use crate::{Arn, Resources, service::check_partition};
use leeward_error_taxonomy::{AwsError, Region};
use leeward_s3::{BucketName, ObjectKey, S3};

/// Any Region of the partition tells of a bucket, whosever it is.
pub(crate) async fn bucket(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let bucket: BucketName = name.parse()?;
    facade(resources, arn, None)
        .await?
        .bucket_exists(&bucket)
        .await
}

/// Only the Region of its bucket tells of an object. It is looked for elsewhere if the one that is called sends the caller away.
pub(crate) async fn object(
    resources: &Resources,
    arn: &Arn,
    bucket: &str,
    key: &str,
) -> Result<bool, AwsError> {
    let (bucket, key): (BucketName, ObjectKey) = (bucket.parse()?, key.parse()?);
    let here = facade(resources, arn, None).await?;
    let error = match here.object_exists(&bucket, &key).await {
        Err(error) if is_sent_away(&error) => error,
        told => return told,
    };
    let Some(region) = here.bucket_region(&bucket).await? else {
        return Ok(false);
    };
    if region == *here.caller().region() {
        return Err(error);
    }
    let there = facade(resources, arn, Some(&region)).await?;
    there.object_exists(&bucket, &key).await
}

/// An answer to HEAD has no code: a redirect says it, or that the signature is for another Region.
fn is_sent_away(error: &AwsError) -> bool {
    matches!(error.status(), Some(301 | 307 | 400))
}

async fn facade(resources: &Resources, arn: &Arn, region: Option<&Region>) -> Result<S3, AwsError> {
    let caller = resources.caller(region).await?;
    check_partition(arn, caller.region())?;
    Ok(S3::new(caller))
}
