use super::{
    CredentialStats,
    loader::{Loader, Surroundings},
    refusals::Refusal,
};
use crate::{PoolError, tasks::Tasks};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_smithy_async::{
    rt::sleep::{SharedAsyncSleep, TokioSleep},
    time::SharedTimeSource,
};
use aws_smithy_runtime_api::client::identity::Identity;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::runtime::Handle;

/// Serves credentials from memory, and loads new ones by the side before they expire.
///
/// - **A call** is given what there is, without a lock and without waiting, until it really expires. It waits only where there
///   is nothing to give: at first, after an expiry and after an invalidation; then all who ask wait for one load.
/// - **A load** runs in a task of its own, one at a time, for at most the load timeout: a call that is dropped does not stop
///   it. It begins five minutes before the expiry, or a tenth of the lifetime if that is longer, at half of a life that is
///   shorter than ten minutes; spread by some seconds, so that what was loaded together is not loaded together again. What
///   nobody has asked for since the last load is left alone until somebody does.
/// - **A failed load** changes nothing for callers while the old credentials last. It is tried again after a pause with full
///   jitter of up to 1 s, 2 s, 4 s … 60 s, and always again before they expire. Without credentials, the first two failures are
///   told as they come; from the third in a row on the same answer is given for up to a second before the provider is asked again.
/// - **Refused credentials** (`ExpiredToken`, `UnrecognizedClientException` and their like, seen by a pool's clients) are
///   loaded anew, at most once in 30 s. The refused call alone waits for the new ones and is sent once more; all others are
///   served the old ones until the new ones are there, since a Region that the account has not opted into refuses what is good
///   everywhere else. If there are none to be had, the call gets the service's refusal.
/// - **Time** is the later of two clocks: the wall clock, which jumps when a machine wakes up from suspension, and a steady
///   one, which is not fooled when the wall clock is set back.
/// - **Credentials without an expiry** are loaded once, and again after an invalidation.
///
/// The SDK's own cache drops credentials up to 10 s before they expire and lets all callers wait for new ones; switch it off
/// where this is used without a pool, which does so by itself:
///
/// ```
/// use aws_config::{BehaviorVersion, identity::IdentityCache};
/// use aws_credential_types::provider::SharedCredentialsProvider;
/// use leeward_client_pool::RefreshingCredentials;
///
/// # async fn run(slow: SharedCredentialsProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = RefreshingCredentials::builder(slow).build()?;
/// let config = aws_config::defaults(BehaviorVersion::latest())
///     .credentials_provider(credentials.clone())
///     .identity_cache(IdentityCache::no_cache())
///     .load()
///     .await;
/// # Ok(())
/// # }
/// ```
///
/// A clone serves the same credentials. When the last one is dropped, so are the credentials, whose memory the SDK then wipes.
#[derive(Clone)]
pub struct RefreshingCredentials {
    loader: Arc<Loader>,
}

/// Sets [`RefreshingCredentials`] up.
#[derive(Debug)]
#[must_use]
pub struct RefreshingCredentialsBuilder {
    provider: SharedCredentialsProvider,
    load_timeout: Duration,
    time: SharedTimeSource,
    sleep: SharedAsyncSleep,
}

impl RefreshingCredentials {
    /// Wraps `provider`.
    pub fn builder(provider: SharedCredentialsProvider) -> RefreshingCredentialsBuilder {
        RefreshingCredentialsBuilder {
            provider,
            load_timeout: LOAD_TIMEOUT,
            time: SharedTimeSource::default(),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
        }
    }

    pub(super) fn within(
        provider: SharedCredentialsProvider,
        label: &str,
        around: Surroundings,
    ) -> Self {
        Self::new(provider, label, around, false)
    }

    fn new(
        provider: SharedCredentialsProvider,
        label: &str,
        around: Surroundings,
        is_alone: bool,
    ) -> Self {
        Self {
            loader: Arc::new(Loader::new(provider, label, around, is_alone)),
        }
    }

    /// Drops the credentials with this access key id, if they are still the ones that are served; says whether they were.
    ///
    /// Whoever asks next waits for new ones. Late news of credentials that have been replaced since changes nothing.
    #[expect(
        clippy::must_use_candidate,
        reason = "what it does matters more than what it says"
    )]
    pub fn invalidate(&self, access_key_id: &str) -> bool {
        self.loader.invalidate(access_key_id)
    }

    /// What became of the loads; in a pool, those of all its identities.
    #[must_use]
    pub fn stats(&self) -> CredentialStats {
        let kept = usize::from(self.loader.is_holding());
        self.loader.counts().read(kept, self.loader.expiry())
    }

    /// What there is, as the SDK takes it.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.loader.serve(|held| held.identity.clone())
    }

    /// Waits for others than the credentials with this id, which were refused.
    pub(super) async fn other_than(
        &self,
        access_key_id: &str,
    ) -> Result<Credentials, CredentialsError> {
        self.loader.other_than(access_key_id).await
    }

    pub(super) const fn loader(&self) -> &Arc<Loader> {
        &self.loader
    }

    /// Takes note that a service has refused the credentials with this id.
    pub(super) fn refused(&self, access_key_id: &str) -> Refusal {
        self.loader.refused(access_key_id)
    }

    pub(super) fn expiry(&self) -> Option<SystemTime> {
        self.loader.expiry()
    }

    /// Whether there are more than so many clones, or a load is under way.
    pub(super) fn is_had_by_more_than(&self, clones: usize) -> bool {
        Arc::strong_count(&self.loader) > clones
    }

    /// Whether there is nothing to serve, by the wall clock.
    pub(super) fn holds_nothing_good(&self, now: SystemTime) -> bool {
        let is_past = self.expiry().is_some_and(|expiry| expiry <= now);
        is_past || !self.loader.is_holding()
    }
}

impl ProvideCredentials for RefreshingCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.loader.serve(|held| held.credentials.clone()) {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => future::ProvideCredentials::new(self.loader.wait()),
        }
    }
}

/// Longer than a sign-on, an `AssumeRole` in three Regions or the instance metadata take, shorter than people wait.
pub(super) const LOAD_TIMEOUT: Duration = Duration::from_secs(25);

impl RefreshingCredentialsBuilder {
    /// Gives up on a load after this long; zero is refused. Default: 25 seconds.
    pub fn with_load_timeout(self, load_timeout: Duration) -> Self {
        Self {
            load_timeout,
            ..self
        }
    }

    /// Reads this clock for the expiry. Default: the system's.
    pub fn with_time_source(self, time: SharedTimeSource) -> Self {
        Self { time, ..self }
    }

    /// Waits by this clock. Default: tokio's.
    pub fn with_sleep(self, sleep: SharedAsyncSleep) -> Self {
        Self { sleep, ..self }
    }

    /// Builds it; nothing is loaded before somebody asks. Loads run on the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// [`PoolError::NoRuntime`] outside of a tokio runtime, [`PoolError::Zero`] with a load timeout of zero.
    pub fn build(self) -> Result<RefreshingCredentials, PoolError> {
        if self.load_timeout.is_zero() {
            return Err(PoolError::Zero {
                setting: "the time to load credentials",
            });
        }
        let runtime = Handle::try_current().map_err(|_| PoolError::NoRuntime)?;
        let around = Surroundings {
            tasks: Tasks::on(runtime),
            time: self.time,
            sleep: self.sleep,
            counts: Arc::default(),
            load_timeout: self.load_timeout,
        };
        Ok(RefreshingCredentials::new(
            self.provider,
            "credentials",
            around,
            true,
        ))
    }
}

impl fmt::Debug for RefreshingCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshingCredentials")
            .field("identity", &self.loader.label())
            .field("expiry", &self.expiry())
            .finish_non_exhaustive()
    }
}
