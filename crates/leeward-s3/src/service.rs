//! What answers of S3 mean.

use leeward_client_pool::Failed;
use leeward_error_taxonomy::{AwsError, OperationName, Region};
use std::error::Error;

/// The name of an operation that is sent by a closure, since a body cannot be copied.
pub(crate) const fn named(operation: &'static str) -> OperationName {
    OperationName::new("s3", operation)
}

/// Whether an object, or the version of it, is not there; without a code for a missing bucket where S3 tells that apart.
///
/// The answer to a HEAD has no body: the SDK says `NotFound` of any 404.
pub(crate) fn is_absent_object(error: &AwsError) -> bool {
    matches!(
        error.code(),
        Some("NoSuchKey" | "NoSuchVersion" | "NotFound")
    )
}

/// Whether a bucket is not there.
pub(crate) fn is_absent_bucket(error: &AwsError) -> bool {
    matches!(error.code(), Some("NoSuchBucket" | "NotFound"))
}

/// The Region that an answer names as the bucket's, in the answer to a call that failed.
pub(crate) fn region_of_failed<E: Error + Send + Sync + 'static>(
    error: &AwsError,
) -> Option<Region> {
    let failed = error.downcast_ref::<Failed<E>>()?;
    let region = failed
        .raw_response()?
        .headers()
        .get("x-amz-bucket-region")?;
    Region::new(region.to_owned()).ok()
}
