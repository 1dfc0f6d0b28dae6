use crate::identity::Partition;
use aws_credential_types::provider::error::CredentialsError;
use leeward_error_taxonomy::{
    AwsError, Category, Classify, Facts, Obstacle, Rejected, Stage, Verdict,
};
use std::{error::Error, sync::Arc, time::Duration};

/// Says why there is no client. Nothing was sent to the service that it was for.
///
/// It clones, since all who waited for one client get the same answer, and lasts no longer than the pool's
/// [negative entry](crate::PoolBuilder::with_negative_entry) of a second.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No Region was named, for the client or for the pool, and the environment and the profile name none.
    #[error("no Region is set: name one, or set AWS_REGION or a region in the profile")]
    NoRegion,
    /// What the environment or a profile names as the Region cannot be one.
    #[error("the Region that the environment or the profile names: {reason}")]
    #[non_exhaustive]
    Region {
        /// What is wrong with it.
        reason: String,
    },
    /// A profile that the configuration files do not hold.
    #[error("the profile {name:?} is not in the shared configuration files, which hold {known}")]
    #[non_exhaustive]
    UnknownProfile {
        /// The name that was asked for.
        name: String,
        /// The names that there are, for people to read.
        known: String,
    },
    /// The shared configuration files cannot be read.
    #[error("the shared configuration files cannot be read: {reason}")]
    #[non_exhaustive]
    Profiles {
        /// What the SDK says.
        reason: String,
    },
    /// A profile that can give no credentials, as it is written.
    #[error("the profile {name:?} of {files} is faulty: {reason}")]
    #[non_exhaustive]
    Profile {
        /// The profile that is to be corrected: the one that was asked for, or one that it goes by way of.
        name: String,
        /// The files that hold it.
        files: String,
        /// What is wrong, and what to write.
        reason: String,
    },
    /// A Region, a role or an endpoint's Region of one partition, together with one of another.
    #[error(
        "{one} is of the partition {one_partition}, {other} of {other_partition}: no credentials are good in both"
    )]
    #[non_exhaustive]
    MixedPartitions {
        /// The one.
        one: String,
        /// Its partition.
        one_partition: String,
        /// The other.
        other: String,
        /// Its partition.
        other_partition: String,
    },
    /// Credentials that were given are past their expiry.
    #[error(
        "the credentials {keys} expired {ago:?} ago: get new ones, or hand in a provider that renews them"
    )]
    #[non_exhaustive]
    Expired {
        /// The access key id, without its middle.
        keys: String,
        /// How long ago.
        ago: Duration,
    },
    /// There are no credentials for an identity.
    #[error("no credentials for {identity}: {reason}")]
    #[non_exhaustive]
    Credentials {
        /// As whom the client was to call.
        identity: String,
        /// What it comes down to, without secrets.
        reason: String,
        /// What the provider says.
        source: Arc<CredentialsError>,
    },
    /// A role that its caller may not assume.
    #[error(
        "{caller} may not assume {role}: allow it {action} on the role, and name it in the role's trust policy"
    )]
    #[non_exhaustive]
    RoleDenied {
        /// The role.
        role: String,
        /// The ARN of who was to assume it, as STS names it.
        caller: String,
        /// The action of IAM that is missing.
        action: &'static str,
        /// What the provider says.
        source: Arc<CredentialsError>,
    },
    /// An endpoint that no request can be sent to.
    #[error(
        "the endpoint {endpoint:?} is no URL of a server: {reason}; write it as in https://kms.internal:8443"
    )]
    #[non_exhaustive]
    Endpoint {
        /// The text that was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A time-out of zero, under which no call could ever be made.
    #[error("{setting} is zero, and no call could ever be made: give it time, or leave it out")]
    #[non_exhaustive]
    Zero {
        /// The setting.
        setting: &'static str,
    },
    /// The code that makes the client panicked.
    #[error(
        "the code that makes clients of {service} panicked: look at its message, which the panic hook printed"
    )]
    #[non_exhaustive]
    Recipe {
        /// The service.
        service: &'static str,
    },
    /// Making it took too long.
    #[error("no client after {after:?}: look at where the credentials come from")]
    #[non_exhaustive]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// The pool was shut down, or the runtime that it was built in has ended.
    #[error(
        "the pool is shut down, or the runtime that it was built in has ended: build another where it is used"
    )]
    ShutDown,
}

impl Classify for ClientError {
    fn facts(&self) -> Facts<'_> {
        let final_one = |category, obstacle| {
            let mut facts = Facts::new(Stage::NotSent, category, Verdict::Final);
            facts.obstacle = Some(obstacle);
            facts
        };
        match self {
            Self::NoRegion | Self::Region { .. } => {
                final_one(Category::Configuration, Obstacle::NoRegion)
            }
            Self::UnknownProfile { .. } | Self::Profiles { .. } | Self::Profile { .. } => {
                final_one(Category::Configuration, Obstacle::CredentialsSetup)
            }
            Self::MixedPartitions { .. } | Self::Endpoint { .. } => {
                final_one(Category::Configuration, Obstacle::Endpoint)
            }
            Self::Recipe { .. } | Self::Zero { .. } => {
                final_one(Category::Configuration, Obstacle::Other)
            }
            Self::Expired { .. } => final_one(Category::Authentication, Obstacle::Credentials),
            Self::Credentials { source, .. } | Self::RoleDenied { source, .. } => {
                let source: &(dyn Error + 'static) = &**source;
                let mut facts = Facts::of_erased(source);
                // Whatever was sent, it was not the call.
                facts.stage = Stage::NotSent;
                facts
            }
            Self::TimedOut { .. } => {
                let mut facts =
                    Facts::new(Stage::NotSent, Category::Authentication, Verdict::Transient);
                facts.obstacle = Some(Obstacle::CredentialsTimeout);
                facts
            }
            Self::ShutDown => final_one(Category::Configuration, Obstacle::Runtime),
        }
    }
}

impl From<ClientError> for AwsError {
    fn from(error: ClientError) -> Self {
        Self::new(error)
    }
}

/// As a maker of the Region router says it.
impl From<ClientError> for Rejected {
    fn from(error: ClientError) -> Self {
        let facts = error.facts();
        // Some say more closely what to do than can be said of an obstacle alone.
        let says = facts.code.is_some() || matches!(error, ClientError::Expired { .. });
        match facts.obstacle.filter(|_| !says) {
            Some(obstacle) => Self::unavailable_for(obstacle, error),
            None => Self::unavailable(error),
        }
    }
}

impl ClientError {
    pub(crate) fn mixed(one: (&str, Partition), other: (&str, Partition)) -> Self {
        Self::MixedPartitions {
            one: one.0.to_owned(),
            one_partition: one.1.to_string(),
            other: other.0.to_owned(),
            other_partition: other.1.to_string(),
        }
    }
}
