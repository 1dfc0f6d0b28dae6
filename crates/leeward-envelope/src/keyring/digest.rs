use super::WrappingKey;
use crate::{EncryptedDataKey, KeyUse};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    slice,
};

/// Stands for a wrapping key in whichever Region, in a few bytes however long its name is.
///
/// Two keys that share it are let go of together, as the replicas of a multi-Region key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyDigest(u64);

impl KeyDigest {
    pub(crate) fn of(key: &WrappingKey) -> Self {
        let mut hasher = DefaultHasher::new();
        key.in_any_region().hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Which keys a data key is wrapped under, and which of them gave it.
#[derive(Debug)]
pub(crate) struct Wrapping {
    under: Box<[KeyDigest]>,
    given_by: Option<KeyDigest>,
}

impl Wrapping {
    /// As the encrypted data keys name them.
    pub(crate) fn new(keys: &[EncryptedDataKey]) -> Self {
        let under = keys.iter().map(|key| KeyDigest::of(&WrappingKey::of(key)));
        Self {
            under: under.collect(),
            given_by: None,
        }
    }

    /// The one of `keys` that gave the data key is the one that was used, if it is among them.
    pub(crate) fn given_by(self, used: &KeyUse, keys: &[EncryptedDataKey]) -> Self {
        // KMS may have used another replica than the message names.
        let replica = WrappingKey::new("aws-kms", used.key()).in_any_region();
        let mut keys = keys.iter().map(WrappingKey::of);
        let given_by =
            keys.find(|key| key.to_use().key() == used.key() || key.in_any_region() == replica);
        Self {
            given_by: given_by.as_ref().map(KeyDigest::of),
            ..self
        }
    }

    pub(crate) fn under(&self) -> &[KeyDigest] {
        &self.under
    }

    /// The keys whose withdrawal is that of the data key: the one that gave it, or any where nobody knows which did.
    pub(crate) fn relied_on(&self) -> &[KeyDigest] {
        self.given_by.as_ref().map_or(&self.under, slice::from_ref)
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
    }
}
