//! What answers of S3 mean.

use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
use aws_sdk_s3::operation::head_object::HeadObjectError;
use leeward_client_pool::Failed;
use leeward_error_taxonomy::{AwsError, OperationName, Region};
use std::error::Error;

/// The name of an operation that is sent by a closure, since a body cannot be copied.
pub(crate) const fn named(operation: &'static str) -> OperationName {
    OperationName::new("s3", operation)
}

/// Keeps the SDK from sending a checksum of its own.
pub(crate) fn unsummed() -> Builder {
    Builder::new().request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
}

/// Whether an upload is not there, or no more.
pub(crate) fn is_absent_upload(error: &AwsError) -> bool {
    error.code() == Some("NoSuchUpload")
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

/// Whether a bucket is in another Region, as the answer to a HEAD says: it has no code. What was signed for another Region is a bad request.
pub(crate) fn is_elsewhere(error: &AwsError) -> bool {
    let named = || region_of_failed::<HeadObjectError>(error);
    match error.status() {
        Some(301 | 307) => true,
        Some(400) => named().is_some_and(|region| error.region() != Some(&region)),
        _ => false,
    }
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
