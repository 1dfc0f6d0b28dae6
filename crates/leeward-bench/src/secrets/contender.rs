use super::Upstream;
use crate::BoxError;
use leeward_secret_cache::{Freshness, SecretCache};
use std::{fmt, pin::Pin, sync::Arc, time::Duration};

/// A text that is a secret's value, or why there is none, in the future.
pub type Answer = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;

/// Who keeps a secret in memory, one way or another.
pub struct Contender {
    name: &'static str,
    is_ours: bool,
    make: Box<Make>,
}

type Make = dyn Fn(&Upstream, &str, Duration) -> Result<Get, BoxError>;

/// Asks for the secret once.
pub(super) type Get = Arc<dyn Fn() -> Answer + Send + Sync>;

impl Contender {
    /// One that `make` makes anew for each trial: for the secret with this ARN, which is kept for so long.
    pub fn new<G>(
        name: &'static str,
        make: impl Fn(&Upstream, &str, Duration) -> Result<G, BoxError> + 'static,
    ) -> Self
    where
        G: Fn() -> Answer + Send + Sync + 'static,
    {
        let make = move |upstream: &_, arn: &_, max_age| {
            let get: Get = Arc::new(make(upstream, arn, max_age)?);
            Ok(get)
        };
        Self {
            name,
            is_ours: false,
            make: Box::new(make),
        }
    }

    /// Ours, which fetches anew after four fifths of that time, as it does by default.
    pub(super) fn leeward() -> Self {
        Self::ours("leeward", Upstream::cache)
    }

    /// Ours over the stack that it comes with, of one Region: its circuit refuses what would fail.
    pub(super) fn leeward_over_a_stack() -> Self {
        Self::ours("leeward, SecretsStack", Upstream::cache_over_a_stack)
    }

    fn ours(
        name: &'static str,
        cache: fn(&Upstream, Freshness) -> Result<SecretCache, BoxError>,
    ) -> Self {
        let ours = Self::new(name, move |upstream, arn, max_age| {
            let freshness = Freshness::new()
                .with_refresh_after(max_age.mul_f64(0.8))
                .with_max_age(max_age);
            let (cache, arn) = (cache(upstream, freshness)?, Arc::<str>::from(arn));
            Ok(move || -> Answer {
                let (cache, arn) = (cache.clone(), Arc::clone(&arn));
                Box::pin(async move { Ok(cache.get(&*arn).await?.expose_text()?.to_owned()) })
            })
        });
        Self {
            is_ours: true,
            ..ours
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is held to the bars.
    pub(super) const fn is_ours(&self) -> bool {
        self.is_ours
    }

    pub(super) fn make(
        &self,
        upstream: &Upstream,
        arn: &str,
        max_age: Duration,
    ) -> Result<Get, BoxError> {
        (self.make)(upstream, arn, max_age)
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}
