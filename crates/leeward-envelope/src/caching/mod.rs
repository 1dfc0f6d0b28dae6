//! Data keys that serve several messages: how long, how many, and no more keyring calls than that takes.

mod cache;
mod entry;
mod flight;
mod keeper;
mod lru;
mod partition;
mod policy;
mod purge;
mod renewal;
mod sibling;
mod state;
mod stats;
mod usage;
mod withdrawal;

pub(crate) use cache::{Cache, Found, How};
pub use partition::Partition;
pub use policy::CachePolicy;
pub use purge::Purge;
pub(crate) use sibling::{Sibling, TakeOver};
pub use stats::CacheStats;
pub(crate) use stats::{Counters, Tally};
pub(crate) use usage::{Limits, Usage};
pub(crate) use withdrawal::Withdrawn;

use crate::{BoxFuture, KeyringError, keyring::KeyDigest};
use std::{hash::Hash, sync::Arc};

/// All that the values of a cache depend on.
pub(crate) trait Key: Clone + Eq + Hash + Send + Sync + 'static {
    fn tenant(&self) -> Option<&Arc<str>>;

    fn is_in(&self, partition: &Partition) -> bool;
}

/// What a cache keeps; a clone is the same.
pub(crate) trait Value: Clone + Send + Sync + 'static {
    /// The keys that it is wrapped under.
    fn under(&self) -> &[KeyDigest];

    /// Those of them whose withdrawal ends it.
    fn relied_on(&self) -> &[KeyDigest];

    /// Takes over what is known of `old`, in whose place it comes.
    fn succeed(&self, old: &Self);
}

/// How a cache fetches by itself, between messages.
pub(crate) type Refetch<K, V> =
    Box<dyn Fn(&K) -> BoxFuture<'static, Result<V, KeyringError>> + Send + Sync>;
