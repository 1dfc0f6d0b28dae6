//! As whom calls are made.

mod arn;
mod keys;
mod role;
mod source;

pub use arn::InvalidRoleArn;
pub use role::Role;

pub(crate) use arn::{Partition, RoleArn};
pub(crate) use keys::Keys;
pub(crate) use role::AssumedBy;
pub(crate) use source::Source;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::ResolveIdentity;
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// As whom a client makes its calls; part of what makes one client another.
///
/// Two identities are equal if their calls are signed alike. `Debug` and `Display` show no secret.
///
/// ```
/// use leeward_client_pool::{Identity, Role};
///
/// let role = Role::new("arn:aws:iam::111122223333:role/ledger")?.with_external_id("partner-7");
/// assert_eq!(Identity::role(role).to_string(), "arn:aws:iam::111122223333:role/ledger");
/// assert_eq!(Identity::profile("staging").to_string(), "profile/staging");
/// # Ok::<(), leeward_client_pool::InvalidRoleArn>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity(pub(crate) Kind);

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    #[default]
    Default,
    Profile(Arc<str>),
    /// Of a profile alone.
    Source(Source),
    Role(Arc<Role>),
    Keys(Arc<Keys>),
    Provider(OwnProvider),
}

impl Identity {
    /// Whom the pool was built for: the provider or the identity that its builder was given, else the SDK's default chain.
    ///
    /// Where that chain would come to a profile with a role, by `AWS_PROFILE` or as the default one, the pool assumes the role
    /// itself, as it does for [`profile`](Self::profile).
    pub const DEFAULT: Self = Self(Kind::Default);

    /// The profile of this name in the shared configuration files.
    #[must_use]
    pub fn profile(name: impl Into<Arc<str>>) -> Self {
        Self(Kind::Profile(name.into()))
    }

    /// A role that is assumed.
    #[must_use]
    pub fn role(role: Role) -> Self {
        Self(Kind::Role(Arc::new(role)))
    }

    /// Credentials as they are, which nobody renews. They are compared whole, and hashed by their public access key id alone.
    #[must_use]
    pub fn keys(credentials: Credentials) -> Self {
        Self(Kind::Keys(Arc::new(Keys::new(credentials))))
    }

    /// A provider of one's own. Keep it and hand out clones: a second one around the same source is another identity.
    #[must_use]
    pub fn provider(provider: SharedCredentialsProvider) -> Self {
        Self(Kind::Provider(OwnProvider(provider)))
    }

    pub(crate) fn as_role(&self) -> Option<&Role> {
        match &self.0 {
            Kind::Role(role) => Some(role),
            _ => None,
        }
    }
}

impl From<Role> for Identity {
    fn from(role: Role) -> Self {
        Self::role(role)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Default => f.write_str("default"),
            Kind::Profile(name) => write!(f, "profile/{name}"),
            Kind::Source(source) => write!(f, "credential_source/{source}"),
            Kind::Role(role) => f.write_str(role.arn()),
            Kind::Keys(keys) => fmt::Display::fmt(keys, f),
            Kind::Provider(_) => f.write_str("provider"),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::Profile(name) => f.debug_tuple("Profile").field(name).finish(),
            Self::Source(source) => source.fmt(f),
            Self::Role(role) => role.fmt(f),
            Self::Keys(keys) => keys.fmt(f),
            Self::Provider(_) => f.write_str("Provider"),
        }
    }
}

/// Compared by the number that each `SharedCredentialsProvider::new` gives out and its clones share.
#[derive(Clone)]
pub(crate) struct OwnProvider(pub(crate) SharedCredentialsProvider);

impl PartialEq for OwnProvider {
    fn eq(&self, other: &Self) -> bool {
        self.0.cache_partition() == other.0.cache_partition()
    }
}

impl Eq for OwnProvider {}

impl Hash for OwnProvider {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.cache_partition().hash(state);
    }
}
