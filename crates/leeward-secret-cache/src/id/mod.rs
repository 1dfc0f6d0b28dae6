//! Which secret is meant, and which of its versions.

mod flaw;
mod identity;
mod key;
mod secret_arn;
mod shown;

pub(crate) use flaw::Flaw;
pub(crate) use identity::Identity;
pub(crate) use key::Key;
pub(crate) use secret_arn::SecretArn;
pub(crate) use shown::Shown;

use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// The stage of the version that Secrets Manager gives if nobody says which.
pub(crate) const CURRENT: &str = "AWSCURRENT";

/// A secret, by name or ARN, and which of its versions: the current one unless said otherwise.
///
/// What the name, the full ARN and the ARN without its six last characters name is one secret, kept once, as soon as the name was
/// answered with that ARN. By an ARN alone it is not known whose the name is: a secret of another account may have the same, so the first
/// who asks by name fetches it once more.
///
/// An ARN that ends in a hyphen and six letters or digits is a full one, as Secrets Manager takes it: a secret whose own name ends so has no
/// ARN without its six last characters. Once a replica in another Region answers for the name, the ARN of the Region before is fetched by
/// itself, and who asks by it goes on with what that has answered until then.
///
/// A text is the current version of the secret with that name or ARN:
///
/// ```
/// use leeward_secret_cache::SecretRef;
///
/// let current: SecretRef = "prod/orders/db".into();
/// let next = SecretRef::new("prod/orders/db").at_stage("AWSPENDING");
/// assert_eq!(current, SecretRef::new("prod/orders/db").at_stage("AWSCURRENT"));
/// assert_ne!(current, next);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretRef<'a> {
    id: &'a str,
    version: VersionRef<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VersionRef<'a> {
    Current,
    Stage(&'a str),
    Id(&'a str),
}

impl<'a> SecretRef<'a> {
    /// The current version of the secret with this name or ARN.
    #[must_use]
    pub const fn new(id: &'a str) -> Self {
        Self {
            id,
            version: VersionRef::Current,
        }
    }

    /// The version that this label is attached to, such as `AWSPENDING` or `AWSPREVIOUS`; instead of one that was named before by its id.
    #[must_use]
    pub fn at_stage(self, stage: &'a str) -> Self {
        let version = match stage {
            CURRENT => VersionRef::Current,
            stage => VersionRef::Stage(stage),
        };
        Self { version, ..self }
    }

    /// The version with this id, a UUID as a rule; it never changes, and neither does its value. Instead of one that was named before by its
    /// label: whether it has that, [`Secret::stages`](crate::Secret::stages) says.
    #[must_use]
    pub const fn at_version(self, version_id: &'a str) -> Self {
        Self {
            version: VersionRef::Id(version_id),
            ..self
        }
    }

    /// The name or ARN.
    #[must_use]
    pub const fn id(&self) -> &'a str {
        self.id
    }

    /// Why no secret can be called so, if none can.
    pub(crate) fn flaw(&self) -> Option<Flaw> {
        Flaw::of(self.id)
    }

    pub(crate) const fn version(&self) -> VersionRef<'a> {
        self.version
    }
}

/// The current version is hashed as its name alone: it is what every hit asks for.
impl Hash for SecretRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.id.as_bytes());
        if self.version != VersionRef::Current {
            self.version.hash(state);
        }
    }
}

impl<'a> From<&'a str> for SecretRef<'a> {
    fn from(id: &'a str) -> Self {
        Self::new(id)
    }
}

impl<'a> From<&'a String> for SecretRef<'a> {
    fn from(id: &'a String) -> Self {
        Self::new(id)
    }
}

/// `prod/orders/db` or `prod/orders/db at AWSPENDING`
impl fmt::Display for SecretRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)?;
        match self.version {
            VersionRef::Current => Ok(()),
            VersionRef::Stage(stage) => write!(f, " at {stage}"),
            VersionRef::Id(id) => write!(f, " in version {id}"),
        }
    }
}

/// For lines of a log: what no secret is called by is escaped, and what is longer than any name is cut off.
impl fmt::Debug for SecretRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Shown(self.id), f)?;
        match self.version {
            VersionRef::Current => Ok(()),
            VersionRef::Stage(stage) => write!(f, " at {}", Shown(stage)),
            VersionRef::Id(id) => write!(f, " in version {}", Shown(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_version_it_means() {
        let secret = SecretRef::new("db");
        for (secret, text) in [
            (secret, "db"),
            (secret.at_stage("AWSCURRENT"), "db"),
            (secret.at_stage("AWSPREVIOUS"), "db at AWSPREVIOUS"),
            (secret.at_version("4f"), "db in version 4f"),
        ] {
            assert_eq!(secret.to_string(), text);
            assert_eq!(format!("{secret:?}"), text);
        }
    }
}
