//! What answers of the service mean here.

use crate::Item;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use leeward_error_taxonomy::AwsError;

/// Whether the service says that there is no such table: in the operations on one, nothing else is called a resource.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Tells a condition that does not hold, with the item that it met, from every other failure.
pub(crate) fn unless_conflict(error: AwsError) -> Result<Option<Item>, AwsError> {
    match error.downcast_ref::<ConditionalCheckFailedException>() {
        Some(failed) => Ok(failed.item.clone().filter(|item| !item.is_empty())),
        None => Err(error),
    }
}
