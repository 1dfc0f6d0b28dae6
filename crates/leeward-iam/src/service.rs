//! What the answers and codes of IAM mean.

use aws_sdk_iam::primitives::DateTime;
use leeward_error_taxonomy::AwsError;
use std::time::SystemTime;

/// IAM says it of everything that has a name.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("NoSuchEntity")
}

/// Where the next page begins; a marker counts only on a page that says that it is not the last.
pub(crate) fn next(is_truncated: bool, marker: Option<String>) -> Option<String> {
    marker.filter(|_| is_truncated)
}

pub(crate) fn time(date: DateTime) -> Option<SystemTime> {
    date.try_into().ok()
}
