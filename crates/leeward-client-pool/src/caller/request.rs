use super::Caller;
use crate::{ClientError, ClientRequest, FutureOf, Identity, Pool, Role};
use leeward_error_taxonomy::Region;
use leeward_resilience::{RateLimiter, stack::Preset};
use std::{future::IntoFuture, sync::Arc, time::Duration};

/// A [`Caller`] that is asked for: `.await` gives it.
///
/// # Errors
///
/// [`ClientError`], which says what is missing; it turns into an `AwsError` by `?`.
#[derive(Debug)]
#[must_use = "a caller is made when it is awaited"]
pub struct CallerRequest<'p, C> {
    pool: &'p Pool,
    client: ClientRequest<'p, C>,
    preset: Preset,
    rate: Option<RateLimiter>,
}

impl<'p, C: Clone + Send + Sync + 'static> CallerRequest<'p, C> {
    pub(crate) fn new(pool: &'p Pool, client: ClientRequest<'p, C>) -> Self {
        Self {
            pool,
            client,
            preset: Preset::mixed(),
            rate: None,
        }
    }

    /// Calls this Region. Default: that of the profile that was named, else the pool's, else where the service has its home.
    pub fn with_region(self, region: Region) -> Self {
        self.map(|client| client.with_region(region))
    }

    /// Calls as this identity. Default: whom the pool was built for.
    pub fn with_identity(self, identity: impl Into<Identity>) -> Self {
        self.map(|client| client.with_identity(identity))
    }

    /// Calls as this role.
    pub fn with_role(self, role: Role) -> Self {
        self.with_identity(role)
    }

    /// Calls as this profile of the shared configuration files.
    pub fn with_profile(self, name: impl Into<Arc<str>>) -> Self {
        self.with_identity(Identity::profile(name))
    }

    /// Sends to this URL. Default: what the pool was told for the service and the Region, else AWS.
    pub fn with_endpoint(self, url: impl Into<Arc<str>>) -> Self {
        self.map(|client| client.with_endpoint(url))
    }

    /// Sets the numbers of the layers. Default: [`Preset::mixed`], whose calls have 90 s in up to five attempts of 15 s, 100 of them at a
    /// time.
    ///
    /// The client's own time-outs, which are the pool's by default, count as well: the shorter one ends an attempt.
    pub fn with_preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// Gives each attempt and the whole call so much time, in the client as in the layers of the preset that was set before: for what
    /// takes its time, such as the upload of a large part.
    pub fn with_timeouts(self, attempt: Duration, call: Duration) -> Self {
        let preset = self
            .preset
            .with_attempt_timeout(attempt)
            .with_deadline(call);
        self.map(|client| {
            client
                .with_attempt_timeout(attempt)
                .with_operation_timeout(attempt)
        })
        .with_preset(preset)
    }

    /// Limits calls by this, in the place of the rate that the pool has learned for the service, the Region and the account.
    pub fn with_rate_limiter(self, rate: RateLimiter) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    fn map(self, change: impl FnOnce(ClientRequest<'p, C>) -> ClientRequest<'p, C>) -> Self {
        Self {
            client: change(self.client),
            ..self
        }
    }
}

impl<'p, C: Clone + Send + Sync + 'static> IntoFuture for CallerRequest<'p, C> {
    type Output = Result<Caller<C>, ClientError>;
    type IntoFuture = FutureOf<'p, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            pool,
            client,
            preset,
            rate,
        } = self;
        Box::pin(async move {
            let (service, identity) = (client.service(), client.identity().clone());
            let target = client.target().await?;
            let rate =
                rate.unwrap_or_else(|| pool.quotas().of(service, target.region(), &identity));
            Ok(Caller::limited(target, preset, rate))
        })
    }
}
