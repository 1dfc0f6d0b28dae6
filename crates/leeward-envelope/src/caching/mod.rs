//! Data keys that serve several messages: how long, how many, and no more keyring calls than that takes.

mod cache;
mod lru;
mod policy;
mod stats;
mod usage;

pub(crate) use cache::Cache;
pub use policy::CachePolicy;
pub use stats::CacheStats;
pub(crate) use stats::Counters;
pub(crate) use usage::Limits;
