use super::{SecretArn, SecretRef, VersionRef};
use hashbrown::Equivalent;
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A [`SecretRef`] of one's own, by which a secret is found without making one.
#[derive(Clone)]
pub(crate) struct Key {
    id: Arc<str>,
    version: Version,
}

#[derive(Clone)]
pub(crate) enum Version {
    Current,
    Stage(Arc<str>),
    Id(Arc<str>),
}

impl Key {
    pub(crate) fn new(secret: SecretRef<'_>) -> Self {
        let version = match secret.version() {
            VersionRef::Current => Version::Current,
            VersionRef::Stage(stage) => Version::Stage(stage.into()),
            VersionRef::Id(id) => Version::Id(id.into()),
        };
        Self {
            id: secret.id().into(),
            version,
        }
    }

    /// The same version of the secret by another of its names.
    pub(crate) fn named(&self, id: &str) -> Self {
        Self {
            id: id.into(),
            version: self.version.clone(),
        }
    }

    /// The name or ARN.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether what `secret` asks for is there, where what is fetched as this was answered with `arn`.
    ///
    /// An ARN may have been learnt from an answer to another name, which is that of another secret by now.
    #[inline]
    pub(crate) fn is_of(&self, secret: SecretRef<'_>, arn: &str) -> bool {
        !secret.id.starts_with("arn:")
            || secret.id == &*self.id
            || SecretArn::is_called(arn, secret.id)
    }

    /// Whether another version may be meant by it tomorrow.
    pub(crate) const fn may_move(&self) -> bool {
        !matches!(self.version, Version::Id(_))
    }

    pub(crate) fn as_ref(&self) -> SecretRef<'_> {
        SecretRef {
            id: &self.id,
            version: match &self.version {
                Version::Current => VersionRef::Current,
                Version::Stage(stage) => VersionRef::Stage(stage),
                Version::Id(id) => VersionRef::Id(id),
            },
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Key {}

impl Equivalent<Key> for SecretRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_ref()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn a_key_and_what_it_was_made_of_are_found_as_one() {
        let hasher = RandomState::new();
        let secret = SecretRef::new("db");
        let all = [
            secret,
            secret.at_stage("AWSPENDING"),
            secret.at_version("AWSPENDING"),
        ];
        for one in all {
            let key = Key::new(one);
            assert_eq!(hasher.hash_one(&key), hasher.hash_one(one));
            for other in all {
                assert_eq!(other.equivalent(&key), one == other);
            }
        }
    }

    #[test]
    fn another_name_is_of_the_same_version() {
        let key = Key::new(SecretRef::new("db").at_stage("AWSPENDING"));
        assert_eq!(key.named("arn").to_string(), "arn at AWSPENDING");
    }
}
