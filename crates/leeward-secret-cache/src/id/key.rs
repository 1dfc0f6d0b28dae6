use super::{SecretArn, SecretRef, VersionRef};
use hashbrown::Equivalent;
use std::{
    fmt,
    hash::{Hash, Hasher},
    iter,
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

    /// Whether one is a clone of the other, or both are of one; to compare the texts takes a tenth of a hit.
    #[inline]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.id, &other.id)
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
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        match (self.version, &key.version) {
            (VersionRef::Current, Version::Current) => are_equal(self.id, &key.id),
            _ => *self == key.as_ref(),
        }
    }
}

/// Whether both are one text: `==` calls the C library for it, which takes as long as all else that a table does to find a name.
///
/// The ends are compared first, where ARNs differ.
#[inline]
fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk::<16>(), other.last_chunk::<16>()) {
        (Some(end), Some(other_end)) => {
            let (chunks, _) = one.as_chunks::<16>();
            let (others, _) = other.as_chunks::<16>();
            end == other_end && iter::zip(chunks, others).all(|(one, other)| one == other)
        }
        _ => one == other,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref(), f)
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
    fn texts_are_told_apart_by_each_of_their_bytes() {
        for length in 0..70 {
            let text = "x".repeat(length);
            assert!(are_equal(&text, &text.clone()), "{length}");
            assert!(!are_equal(&text, &format!("{text}x")), "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                assert!(!are_equal(&text, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn another_name_is_of_the_same_version() {
        let key = Key::new(SecretRef::new("db").at_stage("AWSPENDING"));
        assert_eq!(key.named("arn").to_string(), "arn at AWSPENDING");
    }
}
