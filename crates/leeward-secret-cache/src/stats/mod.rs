//! What a cache has done, counted as it goes, and what there is.

mod ages;
mod counted;
mod counts;
mod event;
mod observers;
mod status;

pub(crate) use counted::Counted;
pub(crate) use counts::{Counts, count};
pub use event::{SecretEvent, SecretEventKind};
pub(crate) use observers::Observers;
pub use status::{SecretFailing, SecretStatus};

use std::{fmt, time::Duration};

/// What a cache has done since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretCacheStats {
    /// Calls that were served from memory at once.
    pub hits: u64,
    /// Calls that were served a value that was over, during an outage: hits, and those of whom waited for a fetch in vain; see
    /// [`Freshness::with_stale_on_outage`](crate::Freshness::with_stale_on_outage).
    pub stale_serves: u64,
    /// Calls that had to wait for a fetch which they began; of [`try_get`](crate::SecretCache::try_get), that went away without a value.
    pub misses: u64,
    /// Calls that had to wait for a fetch which another had begun, or went away without a value.
    pub joins: u64,
    /// Calls that were refused without a request: with an error that is remembered, or since no secret can be called so.
    pub refusals: u64,
    /// Calls that were refused since too many secrets waited to be fetched of which nothing was there; see
    /// [`with_max_fetches`](crate::SecretCacheBuilder::with_max_fetches).
    pub sheds: u64,
    /// Fetches that brought another version than the one before, the first of each secret included.
    pub changes: u64,
    /// Fetches that brought the version that was there.
    pub unchanged: u64,
    /// Of these, the ones that a description told, without the value; see [`RefreshMode::DescribeFirst`](crate::RefreshMode::DescribeFirst).
    pub descriptions: u64,
    /// Fetches that failed because Secrets Manager was not reached, throttled or could not serve.
    pub outages: u64,
    /// Of the outages, those without an answer in time.
    pub timeouts: u64,
    /// Of the outages, those in which Secrets Manager, or a limiter of ours, asked for fewer calls.
    pub throttles: u64,
    /// Fetches that failed because the secret may not or cannot be read any more: denied, deleted, its key unusable.
    pub withdrawals: u64,
    /// Of the withdrawals, those of a secret, version or stage that is not there.
    pub missing: u64,
    /// Of the withdrawals, those in which the caller may not read it.
    pub denials: u64,
    /// Of the withdrawals, those in which its KMS key cannot be used.
    pub key_failures: u64,
    /// Fetches that failed otherwise.
    pub failures: u64,
    /// Secrets that had to go to make room.
    pub evictions: u64,
    /// Secrets that are there now, those that could not be had included.
    pub secrets: usize,
    /// The age of the oldest value that is there now.
    pub oldest: Duration,
    /// The age that half of the values did not exceed when they were served, of late; to within a quarter, from one hit in 64.
    pub median_age: Option<Duration>,
    /// The age that 99 % of them did not exceed.
    pub p99_age: Option<Duration>,
}

impl SecretCacheStats {
    /// The share of the calls that were served at once, from 0 to 1; none before the first call.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let calls = self.calls();
        (calls > 0).then(|| self.hits as f64 / calls as f64)
    }

    /// How often Secrets Manager was asked for a value; a page of [`SecretCache::warm_up`](crate::SecretCache::warm_up) counts once for each secret,
    /// and what was called off does not: a fetch that was declared void and that nobody waits for.
    #[must_use]
    pub const fn fetches(&self) -> u64 {
        self.changes + self.unchanged + self.outages + self.withdrawals + self.failures
    }

    const fn calls(&self) -> u64 {
        self.hits + self.misses + self.joins + self.refusals + self.sheds
    }
}

/// One line: `99.9 % of 12000 calls from memory; …`
impl fmt::Display for SecretCacheStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hit_rate() {
            Some(rate) => write!(
                f,
                "{:.2} % of {} from memory",
                100.0 * rate,
                Counted(self.calls(), "call")
            )?,
            None => f.write_str("no calls")?,
        }
        let parts = |f: &mut fmt::Formatter<'_>, parts: &[(u64, &str)]| {
            let told = parts.iter().filter(|(count, _)| *count > 0);
            let told: Vec<String> = told
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            if told.is_empty() {
                return Ok(());
            }
            write!(f, " ({})", told.join(", "))
        };
        let calls = [
            (self.stale_serves, "of them over"),
            (self.misses, "waited"),
            (self.joins, "joined"),
            (self.refusals, "refused"),
            (self.sheds, "shed"),
        ];
        parts(f, &calls)?;
        write!(f, "; {}", Counted(self.fetches(), "fetch"))?;
        let withdrawn = [self.missing, self.denials, self.key_failures]
            .iter()
            .fold(self.withdrawals, |left, known| left.saturating_sub(*known));
        let unserved = self.outages.saturating_sub(self.timeouts + self.throttles);
        let fetches = [
            (self.changes, "new"),
            (self.unchanged, "as before"),
            (self.timeouts, "not answered in time"),
            (self.throttles, "throttled"),
            (unserved, "not served"),
            (self.missing, "not found"),
            (self.denials, "denied"),
            (self.key_failures, "without their key"),
            (withdrawn, "withdrawn"),
            (self.failures, "refused as they stood"),
        ];
        parts(f, &fetches)?;
        write!(f, "; {}", Counted(self.secrets as u64, "secret"))?;
        parts(f, &[(self.evictions, "evicted before")])?;
        if !self.oldest.is_zero() {
            write!(f, ", the oldest {:.1?} old", self.oldest)?;
        }
        match (self.median_age, self.p99_age) {
            (Some(median), Some(p99)) => {
                write!(f, ", served at up to {median:.1?}, 99 % at up to {p99:.1?}")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_in_a_line_how_things_are() {
        let quiet = SecretCacheStats::default();
        assert_eq!(quiet.to_string(), "no calls; 0 fetches; 0 secrets");
        let first = SecretCacheStats {
            misses: 1,
            changes: 1,
            secrets: 1,
            ..quiet
        };
        assert_eq!(
            first.to_string(),
            "0.00 % of 1 call from memory (1 waited); 1 fetch (1 new); 1 secret"
        );
        let stats = SecretCacheStats {
            hits: 9_990,
            stale_serves: 5,
            misses: 2,
            refusals: 8,
            sheds: 1_000,
            changes: 3,
            unchanged: 40,
            outages: 9,
            timeouts: 4,
            throttles: 3,
            withdrawals: 2,
            denials: 1,
            evictions: 1,
            secrets: 3,
            oldest: Duration::from_secs(250),
            median_age: Some(Duration::from_secs(120)),
            p99_age: Some(Duration::from_secs(240)),
            ..quiet
        };
        assert_eq!(
            stats.to_string(),
            "90.82 % of 11000 calls from memory (5 of them over, 2 waited, 8 refused, 1000 shed); 54 fetches (3 new, 40 as before, \
             4 not answered in time, 3 throttled, 2 not served, 1 denied, 1 withdrawn); 3 secrets (1 evicted before), the oldest \
             250.0s old, served at up to 120.0s, 99 % at up to 240.0s"
        );
    }
}
