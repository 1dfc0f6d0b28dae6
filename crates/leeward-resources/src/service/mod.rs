//! How each service is asked: a file per service, a function per kind of resource.

#[cfg(feature = "cloudformation")]
mod cloudformation;
#[cfg(feature = "dynamodb")]
mod dynamodb;
#[cfg(feature = "iam")]
mod iam;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "s3")]
mod s3;

use crate::{Arn, Resource, ResourceError, Resources};
use leeward_client_pool::FutureOf;
use leeward_error_taxonomy::AwsError;

impl Resources {
    /// Whether the resource is there, as its service says. That of another account may be, though it says that it is not.
    pub(crate) fn ask<'a>(
        &'a self,
        arn: &'a Arn,
        resource: Resource<'a>,
    ) -> FutureOf<'a, Result<bool, AwsError>> {
        match resource {
            #[cfg(feature = "cloudformation")]
            Resource::Stack { .. } => Box::pin(cloudformation::stack(self, arn)),
            #[cfg(feature = "cloudformation")]
            Resource::ChangeSet { .. } => Box::pin(cloudformation::change_set(self, arn)),
            #[cfg(feature = "dynamodb")]
            Resource::Table { name } => Box::pin(dynamodb::table(self, arn, name)),
            #[cfg(feature = "dynamodb")]
            Resource::Index { table, name } => Box::pin(dynamodb::index(self, arn, table, name)),
            #[cfg(feature = "dynamodb")]
            Resource::TableStream { table, .. } => Box::pin(dynamodb::stream(self, arn, table)),
            #[cfg(feature = "iam")]
            Resource::Role { name } => Box::pin(iam::role(self, arn, name)),
            #[cfg(feature = "iam")]
            Resource::User { name } => Box::pin(iam::user(self, arn, name)),
            #[cfg(feature = "iam")]
            Resource::Group { name } => Box::pin(iam::group(self, arn, name)),
            #[cfg(feature = "iam")]
            Resource::Policy { .. } => Box::pin(iam::policy(self, arn)),
            #[cfg(feature = "iam")]
            Resource::InstanceProfile { name } => Box::pin(iam::instance_profile(self, arn, name)),
            #[cfg(feature = "lambda")]
            Resource::Function { .. } => Box::pin(lambda::function(self, arn)),
            #[cfg(feature = "lambda")]
            Resource::Layer { name } => Box::pin(lambda::layer(self, arn, name)),
            #[cfg(feature = "lambda")]
            Resource::LayerVersion { .. } => Box::pin(lambda::layer_version(self, arn)),
            #[cfg(feature = "logs")]
            Resource::LogGroup { name } => Box::pin(logs::group(self, arn, name)),
            #[cfg(feature = "logs")]
            Resource::LogStream { group, name } => Box::pin(logs::stream(self, arn, group, name)),
            #[cfg(feature = "s3")]
            Resource::Bucket { name } => Box::pin(s3::bucket(self, arn, name)),
            #[cfg(feature = "s3")]
            Resource::Object { bucket, key } => Box::pin(s3::object(self, arn, bucket, key)),
            // Of a service whose feature is off.
            #[allow(
                unreachable_patterns,
                reason = "where every feature is on there is none"
            )]
            _ => Box::pin(async { Err(ResourceError::feature_off(arn).into()) }),
        }
    }
}

/// Refuses to ask a Region of another partition for an ARN that names none: what it has not may be there in the other.
#[cfg(any(feature = "iam", feature = "s3"))]
fn check_partition(arn: &Arn, region: &leeward_error_taxonomy::Region) -> Result<(), AwsError> {
    match arn.partition() == region.partition() {
        true => Ok(()),
        false => Err(ResourceError::other_partition(arn, region).into()),
    }
}
