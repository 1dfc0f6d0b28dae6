use super::Partition;
use crate::WrappingKey;

/// Names the cached data keys to let go of.
///
/// What is let go of serves no further message and is wiped as soon as the last message under way has it no more. A keyring call
/// that is under way answers those who wait for it, and leaves nothing in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purge {
    /// All of them.
    All,
    /// Those of one partition: of this name and this tenant.
    Partition(Partition),
    /// Those of one tenant, in whatever partition.
    Tenant(String),
    /// Those that are wrapped under this key, among others or alone.
    WrappingKey(WrappingKey),
}
