//! What answers of the service mean here.

use crate::Item;
use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata, types::error::ConditionalCheckFailedException,
};
use leeward_error_taxonomy::AwsError;
use std::error::Error;

/// Whether the service says that there is no such table: in the operations on one, nothing else is called a resource.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Tells a condition that does not hold, with the item that it met, from every other failure.
pub(crate) fn unless_conflict<E>(
    error: AwsError,
    conflict: impl FnOnce(&E) -> Option<&ConditionalCheckFailedException>,
) -> Result<Option<Item>, AwsError>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error.downcast_ref::<E>().and_then(conflict) {
        Some(failed) => Ok(failed.item.clone().filter(|item| !item.is_empty())),
        None => Err(error),
    }
}
