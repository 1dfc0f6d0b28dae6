//! Calls that show whether a Region is well, for the health checks of a router.
//!
//! Each is an [`Op`] like any other. `leeward-region-router` takes one as `HealthCheck::sending(op)` and makes it in each of its
//! Regions every second or so, or every ten seconds while there is no traffic.
//!
//! | call | permission | what it costs | what it shows |
//! |---|---|---|---|
//! | [`describe_key`] | `kms:DescribeKey` on the key of each Region | a request to KMS, billed as any other; it counts against the quota of `DescribeKey`, not that of cryptography | that KMS answers and the key is there; not that it is enabled, nor that it may be used |
//! | [`caller_identity`] | none: STS answers even whom a policy forbids it | nothing is billed | that the Region's STS answers signed requests; not how any other service is |
//!
//! One check a second of one Region is 2.6 million calls a month, per process. Prefer a check of the very service and resource
//! that is called: a Region seldom fails as a whole.

use crate::{Op, Sender};
use leeward_error_taxonomy::OperationName;

#[cfg(feature = "kms")]
mod kms {
    use super::{Op, OperationName, Sender};
    use crate::regional::KeyId;
    use aws_sdk_kms::{
        Client,
        operation::describe_key::{
            DescribeKeyError, DescribeKeyInput, DescribeKeyOutput,
            builders::DescribeKeyInputBuilder,
        },
    };

    /// `kms:DescribeKey`, rewritten for the Region it is sent to.
    pub type DescribeKey = Op<
        DescribeKeyInputBuilder,
        Sender<Client, DescribeKeyInputBuilder, DescribeKeyOutput, DescribeKeyError>,
        DescribeKeyOutput,
        DescribeKeyError,
    >;

    /// Describes a key, in each Region by the name that it has there: the ARN of a multi-Region key is rewritten, and a Region
    /// that has no such key is not called; see [`KeyId`].
    ///
    /// A key that was deleted or a permission that is missing is an answer, and the Region well: a router warns of it once.
    ///
    /// ```
    /// use aws_sdk_kms::Client;
    /// use leeward_client_pool::{Pool, health::describe_key, regional::KeyArn};
    /// use leeward_error_taxonomy::Region;
    /// use tower::ServiceExt;
    ///
    /// # async fn describe(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// let key: KeyArn = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab".parse()?;
    /// let virginia = pool.target::<Client>(Region::from_static("us-east-1")).await?;
    /// let described = virginia.oneshot(describe_key(key)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn describe_key(key: impl Into<KeyId>) -> DescribeKey {
        let send: Sender<_, _, _, _> =
            |builder: DescribeKeyInputBuilder, client| Box::pin(builder.send_with(client));
        Op::new(DescribeKeyInput::builder(), send)
            .named(OperationName::new("kms", "DescribeKey"))
            .idempotent()
            .naming(key.into(), DescribeKeyInputBuilder::key_id)
    }
}

#[cfg(feature = "sts")]
mod sts {
    use super::{Op, OperationName, Sender};
    use aws_sdk_sts::{
        Client,
        operation::get_caller_identity::{
            GetCallerIdentityError, GetCallerIdentityInput, GetCallerIdentityOutput,
            builders::GetCallerIdentityInputBuilder,
        },
    };

    /// `sts:GetCallerIdentity`, the same in every Region.
    pub type CallerIdentity = Op<
        GetCallerIdentityInputBuilder,
        Sender<
            Client,
            GetCallerIdentityInputBuilder,
            GetCallerIdentityOutput,
            GetCallerIdentityError,
        >,
        GetCallerIdentityOutput,
        GetCallerIdentityError,
    >;

    /// Asks STS who is calling: the least that shows a Region to answer signed requests, with nothing to be allowed.
    #[must_use]
    pub fn caller_identity() -> CallerIdentity {
        let send: Sender<_, _, _, _> =
            |builder: GetCallerIdentityInputBuilder, client| Box::pin(builder.send_with(client));
        Op::new(GetCallerIdentityInput::builder(), send)
            .named(OperationName::new("sts", "GetCallerIdentity"))
            .idempotent()
    }
}

#[cfg(feature = "kms")]
pub use kms::{DescribeKey, describe_key};
#[cfg(feature = "sts")]
pub use sts::{CallerIdentity, caller_identity};
