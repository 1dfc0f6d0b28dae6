//! What makes one client another.

mod settings;

pub(crate) use settings::{Digest, Own, Settings};

use crate::Identity;
use leeward_error_taxonomy::Region;
use std::{
    any::TypeId,
    fmt,
    hash::{Hash, Hasher},
};

/// Who sends a failed call again. It is part of a client's identity, so that the two can never multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retries {
    /// The SDK, as its standard retry mode does.
    Sdk,
    /// The layers around a [`Target`](crate::Target); the SDK sends each call once.
    Layers,
}

/// What makes one client another: typed fields, since ARNs hold whatever a joined text would be split at.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) recipe: RecipeId,
    /// None is the Region of the profile that is the identity.
    pub(crate) region: Option<Region>,
    pub(crate) identity: Identity,
    pub(crate) retries: Retries,
    pub(crate) settings: Settings,
}

/// A [`Key`] that is looked up, not kept: nothing of it is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRef<'a> {
    pub(crate) recipe: RecipeId,
    pub(crate) region: Option<&'a Region>,
    pub(crate) identity: &'a Identity,
    pub(crate) retries: Retries,
    pub(crate) settings: &'a Settings,
}

/// By what tells most keys apart, and by the rest only where it is said: a hit costs little more than this.
impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.recipe.client.hash(state);
        self.region.map(Region::as_str).hash(state);
        if *self.identity != Identity::DEFAULT {
            self.identity.hash(state);
        }
        if self.retries == Retries::Layers {
            state.write_u8(1);
        }
        if *self.settings != Settings::default() {
            self.settings.hash(state);
        }
    }
}

/// The type of a client, and of the closure that makes it, if that is how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecipeId {
    pub(crate) client: TypeId,
    pub(crate) closure: Option<TypeId>,
    pub(crate) service: &'static str,
}

impl Key {
    pub(crate) fn by_ref(&self) -> KeyRef<'_> {
        KeyRef {
            recipe: self.recipe,
            region: self.region.as_ref(),
            identity: &self.identity,
            retries: self.retries,
            settings: &self.settings,
        }
    }
}

impl KeyRef<'_> {
    pub(crate) fn to_key(self) -> Key {
        Key {
            recipe: self.recipe,
            region: self.region.cloned(),
            identity: self.identity.clone(),
            retries: self.retries,
            settings: self.settings.clone(),
        }
    }
}

/// `kms:us-east-1:arn:aws:iam::111122223333:role/x`, for logs only: it tells no two endpoints or time-outs apart.
impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.map_or("region of the profile", Region::as_str);
        write!(f, "{}:{region}:{}", self.recipe.service, self.identity)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.by_ref() == other.by_ref()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.by_ref().hash(state);
    }
}

impl hashbrown::Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.by_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;
    use std::time::Duration;

    const EAST: Region = Region::from_static("us-east-1");

    fn key() -> Key {
        Key {
            recipe: RecipeId {
                client: TypeId::of::<u8>(),
                closure: None,
                service: "kms",
            },
            region: Some(EAST),
            identity: Identity::DEFAULT,
            retries: Retries::Sdk,
            settings: Settings::default(),
        }
    }

    #[test]
    fn each_part_makes_another_client() {
        let with = |change: fn(&mut Key)| {
            let mut key = key();
            change(&mut key);
            key
        };
        let others = [
            with(|key| key.recipe.client = TypeId::of::<u16>()),
            with(|key| key.recipe.closure = Some(TypeId::of::<u16>())),
            with(|key| key.region = Some(Region::from_static("us-west-2"))),
            with(|key| key.region = None),
            with(|key| key.identity = Identity::profile("us-east-1")),
            with(|key| key.retries = Retries::Layers),
            with(|key| key.settings.endpoint = Some("http://localhost".into())),
            with(|key| key.settings.fips = Some(true)),
            with(|key| key.settings.fips = Some(false)),
            with(|key| key.settings.dual_stack = Some(true)),
            with(|key| key.settings.operation_timeout = Some(Duration::from_secs(1))),
            with(|key| key.settings.attempt_timeout = Some(Duration::from_secs(1))),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(*other, key());
            assert!(others[..at].iter().all(|before| before != other));
        }
        assert_eq!(key(), key());
    }

    #[test]
    fn the_label_is_for_people() {
        let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
        let key = Key {
            identity: role.into(),
            ..key()
        };
        assert_eq!(
            key.by_ref().to_string(),
            "kms:us-east-1:arn:aws:iam::111122223333:role/x"
        );
    }
}
