//! What a resource is called in each Region, for calls that may be sent to several.
//!
//! An ARN names a Region, and a service finds nothing under the ARN of another one. [`Op::naming`](crate::Op::naming) has a
//! request name a resource as the Region calls it that it is sent to, or keeps it out of a Region that has no such resource:
//! a Region router then goes on to the next one, and what it finally says names the reason. Otherwise a caller would be told in
//! an outage that the key does not exist.
//!
//! | resource | elsewhere | source |
//! |---|---|---|
//! | [`KeyArn`] of a multi-Region key, `mrk-` | the same with the other Region | KMS Developer Guide, "Multi-Region keys in AWS KMS" |
//! | [`KeyArn`] of any other key | nowhere | the same |
//! | [`KeyId`]: an id, an alias | see there | KMS Developer Guide, "Key identifiers", "Aliases in AWS KMS" |
//! | [`ReplicatedArn::secret`] | the same with the other Region, where it is said to be replicated | Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across Regions" |
//! | [`SecretId`]: a name, an ARN | the same with the other Region; see there | the same |
//! | [`ReplicatedArn::table`] of a global table | as of a secret | DynamoDB Developer Guide, "Global tables" |
//!
//! What has no ARN in it needs none of this: the name of a secret or of a global table is the same in each Region. None of them
//! is replicated into another partition, such as from `aws` to `aws-cn`.

mod arn;
mod key_arn;
mod key_id;
mod replicated;
mod secret_id;

pub use arn::InvalidResourceName;
pub use key_arn::KeyArn;
pub use key_id::KeyId;
pub use replicated::ReplicatedArn;
pub use secret_id::SecretId;

use leeward_error_taxonomy::{Region, Rejected};
use std::fmt;

/// A resource that a request names, as each Region calls it; printed as it is called at home.
///
/// A joint: implement it for what is not here, and hand it to [`Op::naming`](crate::Op::naming).
pub trait Regional: fmt::Display {
    /// What it is called in `region`.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if it is not there, with the reason as its source: the caller gets to read it.
    fn name_in(&self, region: &Region) -> Result<String, Rejected>;
}
