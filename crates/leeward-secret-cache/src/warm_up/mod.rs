//! Fetches many secrets at once, before anybody asks for them.

mod filter;
mod page;
mod report;
mod run;

pub use filter::SecretFilter;
pub use report::{WarmUpError, WarmUpReport};

use crate::{SecretCache, SecretError, clock::bounded};
use std::{fmt, time::Duration};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Which secrets [`SecretCache::warm_up`] fetches, and when it begins.
#[derive(Clone, Debug)]
#[must_use]
pub struct WarmUp {
    wanted: Wanted,
    start_within: Duration,
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Wanted {
    Ids(Vec<String>),
    Filters(Vec<SecretFilter>),
}

impl WarmUp {
    /// The current versions of the secrets with these names or ARNs.
    pub fn of_ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for id in ids {
            let id = id.into();
            if !all.contains(&id) {
                all.push(id);
            }
        }
        Self::new(Wanted::Ids(all))
    }

    /// The current versions of the secrets of this account that pass all of these filters, in the Region that is asked; none if there is no
    /// filter.
    pub fn of_filters(filters: impl IntoIterator<Item = SecretFilter>) -> Self {
        Self::new(Wanted::Filters(filters.into_iter().collect()))
    }

    const fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            start_within: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        }
    }

    /// Begins after a random time of up to this; 10 seconds by default, and zero to begin at once.
    ///
    /// `BatchGetSecretValue` may be called 100 times a second by all of an account in a Region: of a fleet that starts together each
    /// process begins at another time.
    pub fn with_start_within(self, start_within: Duration) -> Self {
        Self {
            start_within: bounded(start_within),
            ..self
        }
    }

    /// Gives up after this long, once it has begun; a minute by default.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

/// What is wanted, briefly: `prod/db and 19 more`, `matching name prod/`
impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wanted {
            Wanted::Ids(ids) => f.write_str(&page::brief(ids)),
            Wanted::Filters(filters) => {
                let filters: Vec<_> = filters.iter().map(ToString::to_string).collect();
                write!(f, "matching {}", filters.join(" and "))
            }
        }
    }
}

impl SecretCache {
    /// Fetches many secrets at once, before anybody asks for them: up to 20 by one call of `BatchGetSecretValue`.
    ///
    /// Each value lands as if it had been fetched alone, by the id that was given or by the name that a filter found, counted from the start
    /// of the call. What is refused is asked for once more alone, and that answer is remembered as ever. What is there and not due is
    /// not asked for again by its id; what filters find is read with the rest, and what is there stays. Four fifths of the
    /// [room](crate::SecretCacheBuilder::with_capacity) are filled at most, counted when it begins: nothing has to go for it, unless others fill the rest meanwhile. A `get` of the same secret does not wait for it, and fetches by itself.
    ///
    /// The caller needs `secretsmanager:BatchGetSecretValue`, for filters `secretsmanager:ListSecrets` too, and as ever for each
    /// secret `secretsmanager:GetSecretValue`, and `kms:Decrypt` of a key of one's own. Where ids are given and
    /// `BatchGetSecretValue` is denied, or the cache was given [values only](crate::ValuesOnly), they are fetched one by one instead.
    ///
    /// ```
    /// use leeward_secret_cache::{SecretCache, SecretFilter, WarmUp, WarmUpError};
    ///
    /// async fn start(secrets: &SecretCache) -> Result<(), WarmUpError> {
    ///     let of_orders = WarmUp::of_filters([SecretFilter::name("prod/orders/")]);
    ///     let report = secrets.warm_up(of_orders).await?;
    ///     for error in &report.failed {
    ///         eprintln!("{error}; {}", error.advice());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`WarmUpError`] if a call as a whole fails, at once if no other can help and the third time if one may, or if all of it takes
    /// too long; it tells what was loaded until then. What a single secret meets is in the [report](WarmUpReport::failed).
    ///
    /// # Cancellation
    ///
    /// Dropped, it ends; what was loaded stays.
    pub async fn warm_up(&self, warm_up: WarmUp) -> Result<WarmUpReport, WarmUpError> {
        let dropped = CancellationToken::new();
        let _guard = dropped.clone().drop_guard();
        let wanted = warm_up.to_string();
        let (sender, outcome) = oneshot::channel();
        let inner = self.inner().clone();
        self.inner().tasks.spawn(async move {
            let run = run::run(&inner, warm_up);
            if let Some(outcome) = dropped.run_until_cancelled(run).await {
                // Who asked may be gone this very moment.
                let _ = sender.send(outcome);
            }
        });
        outcome.await.unwrap_or_else(|_| {
            let error = if self.inner().tasks.has_ended() {
                SecretError::shut_down(wanted)
            } else {
                SecretError::interrupted(wanted)
            };
            Err(WarmUpError::new(error, WarmUpReport::default()))
        })
    }
}
