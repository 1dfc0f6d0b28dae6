//! What a cache has done, counted as it goes.

mod counts;

pub(crate) use counts::{Counts, count};

use std::time::Duration;

/// What a cache has done since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretCacheStats {
    /// Calls that were served from memory at once, those of [`stale_serves`](Self::stale_serves) included.
    pub hits: u64,
    /// Of the hits, those during an outage whose value was over; see [`Freshness::with_stale_on_outage`](crate::Freshness::with_stale_on_outage).
    pub stale_serves: u64,
    /// Calls that had to wait for a fetch which they began.
    pub misses: u64,
    /// Calls that had to wait for a fetch which another had begun.
    pub joins: u64,
    /// Calls that were refused with an error that is remembered.
    pub refusals: u64,
    /// Fetches that brought another version than the one before, the first of each secret included.
    pub changes: u64,
    /// Fetches that brought the version that was there.
    pub unchanged: u64,
    /// Fetches that failed because Secrets Manager was not reached, throttled or could not serve.
    pub outages: u64,
    /// Fetches that failed because the secret may not or cannot be read any more: denied, deleted, its key unusable.
    pub withdrawals: u64,
    /// Fetches that failed otherwise.
    pub failures: u64,
    /// Secrets that had to go to make room.
    pub evictions: u64,
    /// Secrets that are there now, those that could not be had included.
    pub secrets: usize,
    /// The age of the oldest value that is there now.
    pub oldest: Duration,
}

impl SecretCacheStats {
    /// The share of the calls that were served at once, from 0 to 1; none before the first call.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let calls = self.hits + self.misses + self.joins + self.refusals;
        (calls > 0).then(|| self.hits as f64 / calls as f64)
    }

    /// How often Secrets Manager was asked.
    #[must_use]
    pub const fn fetches(&self) -> u64 {
        self.changes + self.unchanged + self.outages + self.withdrawals + self.failures
    }
}
