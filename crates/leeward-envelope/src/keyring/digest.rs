use super::{WrappingKey, cause::KMS, names};
use crate::{EncryptedDataKey, KeyUse};
use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// Stands for a wrapping key in whichever Region, in a few bytes however long its name is.
///
/// Two keys that share it are let go of together, as the replicas of a multi-Region key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyDigest(u64);

/// One for the whole process, and no other's: nobody can make up a name that shares a digest with a key of ours.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl KeyDigest {
    pub(crate) fn of(key: &WrappingKey) -> Self {
        Self(HASHER.hash_one(key.in_any_region()))
    }
}

/// Which keys a data key is wrapped under, and which of them it relies on.
#[derive(Debug)]
pub(crate) struct Wrapping {
    under: Box<[KeyDigest]>,
    /// None if it relies on all of them.
    relied_on: Option<Box<[KeyDigest]>>,
}

impl Wrapping {
    /// As the encrypted data keys name them.
    pub(crate) fn new(keys: &[EncryptedDataKey]) -> Self {
        let under = keys.iter().map(|key| KeyDigest::of(&WrappingKey::of(key)));
        Self {
            under: under.collect(),
            relied_on: None,
        }
    }

    /// The one of `keys` that gave the data key is the one that was used, if it is among them.
    ///
    /// Who writes a message may have named others so that they read like it: then it relies on each of those.
    pub(crate) fn given_by(self, used: &KeyUse, keys: &[EncryptedDataKey]) -> Self {
        // KMS may have used another replica than the message names.
        let replica = WrappingKey::new(KMS, used.key()).in_any_region();
        let keys = keys.iter().map(|key| (key, WrappingKey::of(key)));
        let given_by = keys.filter(|(wrapped, key)| {
            // An ARN alone is the name of a key of KMS, whatever else is called so.
            let is_of_kms = names::is_reserved(wrapped.provider_id());
            key.in_any_region() == replica || (!is_of_kms && key.to_use().key() == used.key())
        });
        let given_by = given_by.map(|(_, key)| KeyDigest::of(&key));
        self.relying_on(given_by.collect())
    }

    /// The same for one who may unwrap `ours` of the keys, and has it from the one who wrapped it.
    ///
    /// The key that gave it, where that is one of them, would have been asked first; else any of them might give it.
    pub(crate) fn read_with<'a>(&self, ours: impl Iterator<Item = &'a EncryptedDataKey>) -> Self {
        let ours: Vec<_> = ours
            .map(|key| KeyDigest::of(&WrappingKey::of(key)))
            .collect();
        let known = self.relied_on.iter().flatten().copied();
        let given_by: Vec<_> = known.filter(|key| ours.contains(key)).collect();
        let under = Self {
            under: self.under.clone(),
            relied_on: None,
        };
        under.relying_on(if given_by.is_empty() { ours } else { given_by })
    }

    fn relying_on(self, keys: Vec<KeyDigest>) -> Self {
        Self {
            relied_on: (!keys.is_empty()).then(|| keys.into()),
            ..self
        }
    }

    pub(crate) fn under(&self) -> &[KeyDigest] {
        &self.under
    }

    /// The keys whose withdrawal is that of the data key: the one that gave it, or any that may have where
    /// nobody knows which did.
    pub(crate) fn relied_on(&self) -> &[KeyDigest] {
        self.relied_on.as_ref().unwrap_or(&self.under)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1";
    const WEST: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1";
    const OTHER: &str = "arn:aws:kms:us-east-1:111122223333:key/2";

    fn wrapped(provider: &str, info: &str) -> EncryptedDataKey {
        EncryptedDataKey::new(provider, info, "wrapped").unwrap()
    }

    #[test]
    fn a_data_key_relies_on_the_key_that_gave_it_or_on_all() {
        let keys = [
            wrapped("aws-kms", EAST),
            wrapped("aws-kms", OTHER),
            wrapped("app", "key"),
        ];
        #[track_caller]
        fn check(keys: &[EncryptedDataKey], used: Option<&str>, expected: &[usize]) {
            let mut wrapping = Wrapping::new(keys);
            if let Some(used) = used {
                wrapping = wrapping.given_by(&KeyUse::new(used), keys);
            }
            let expected = expected.iter().map(|at| wrapping.under()[*at]);
            assert_eq!(wrapping.relied_on(), expected.collect::<Vec<_>>());
        }
        check(&keys, None, &[0, 1, 2]);
        check(&keys, Some(EAST), &[0]);
        check(&keys, Some(WEST), &[0]);
        check(&keys, Some(OTHER), &[1]);
        check(&keys, Some("app key"), &[2]);
        check(&keys, Some("app another"), &[0, 1, 2]);

        // What another provider calls by the same name gave nothing.
        let [kms, ..] = keys;
        let keys = [wrapped("aws-kms-x", EAST), kms];
        check(&keys, Some(EAST), &[1]);
        check(&keys, Some(WEST), &[1]);
        // What cannot be told apart counts together.
        let keys = [wrapped("app a", "key"), wrapped("app", "a key")];
        check(&keys, Some("app a key"), &[0, 1]);
    }

    #[test]
    fn who_reads_what_was_written_here_relies_on_keys_of_its_own() {
        let keys = [
            wrapped("aws-kms", EAST),
            wrapped("aws-kms", OTHER),
            wrapped("app", "key"),
        ];
        #[track_caller]
        fn check(keys: &[EncryptedDataKey], used: &str, ours: &[usize], expected: &[usize]) {
            let written = Wrapping::new(keys).given_by(&KeyUse::new(used), keys);
            let read = written.read_with(ours.iter().map(|at| &keys[*at]));
            let expected = expected.iter().map(|at| written.under()[*at]);
            assert_eq!(read.relied_on(), expected.collect::<Vec<_>>());
            assert_eq!(read.under(), written.under());
        }
        check(&keys, EAST, &[0, 1, 2], &[0]);
        check(&keys, OTHER, &[0, 1], &[1]);
        check(&keys, EAST, &[1, 2], &[1, 2]);
        check(&keys, "app another", &[0, 2], &[0, 2]);
    }
}
