use std::{sync::Arc, time::Duration};

use aws_types::sdk_config;

/// What a client is asked to do otherwise than the pool does by default; part of what makes one client another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    pub(crate) endpoint: Option<Arc<str>>,
    pub(crate) fips: Option<bool>,
    pub(crate) dual_stack: Option<bool>,
    pub(crate) operation_timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) own: Option<Own>,
}

type Change = dyn Fn(&mut sdk_config::Builder) + Send + Sync;

/// A change of the SDK's configuration, known by the digest of a tag that came with it.
#[derive(Clone)]
pub(crate) struct Own {
    tag: Digest,
    change: Arc<Change>,
}

impl Own {
    pub(crate) fn new(
        tag: Digest,
        change: impl Fn(&mut sdk_config::Builder) + Send + Sync + 'static,
    ) -> Self {
        Self {
            tag,
            change: Arc::new(change),
        }
    }

    pub(crate) fn apply(&self, config: &mut sdk_config::Builder) {
        (self.change)(config);
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Eq for Own {}

impl std::hash::Hash for Own {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.tag.hash(state);
    }
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Own").field(&self.tag).finish()
    }
}

/// 128 bits of a value under a key of this process, which say nothing of the value to who reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Digest(u64, u64);

impl Digest {
    pub(crate) fn of(key: &impl std::hash::BuildHasher, value: &impl std::hash::Hash) -> Self {
        Self(key.hash_one((0_u8, value)), key.hash_one((1_u8, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::RandomState;

    #[test]
    fn a_change_is_known_by_its_tag() {
        let key = RandomState::new();
        let own = |tag: &str| Own::new(Digest::of(&key, &tag), |_| {});
        assert_eq!(own("retry-5"), own("retry-5"));
        assert_ne!(own("retry-5"), own("retry-6"));
    }

    #[test]
    fn a_digest_is_of_one_process() {
        let of = |key| Digest::of(&key, &"tag");
        assert_ne!(of(RandomState::new()), of(RandomState::new()));
    }
}
