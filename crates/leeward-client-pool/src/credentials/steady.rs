use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, sync::watch, time::Instant};

/// Loads credentials once for all who wait, in a task of its own.
///
/// The SDK asks for credentials inside an attempt and drops the request when the attempt has timed out. A role to assume or a
/// sign-on portal may take longer than any one attempt; loading must then go on, or no attempt would ever have credentials.
#[derive(Debug)]
pub(super) struct SteadyCredentials {
    provider: SharedCredentialsProvider,
    runtime: Handle,
    flight: Mutex<Option<Flight>>,
}

/// What a load came to, and when; nothing while it is under way.
type Landed = Option<(Result<Credentials, Arc<CredentialsError>>, Instant)>;

#[derive(Clone, Debug)]
struct Flight(watch::Receiver<Landed>);

impl SteadyCredentials {
    /// How long what nobody waited for may lie there: the next attempt comes sooner, and it must not be stale.
    const KEEP: Duration = Duration::from_secs(30);

    pub(super) const fn new(provider: SharedCredentialsProvider, runtime: Handle) -> Self {
        Self {
            provider,
            runtime,
            flight: Mutex::new(None),
        }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let mut flight = self.join();
        let landed = flight.0.wait_for(Option::is_some).await;
        let outcome = landed.ok().and_then(|landed| landed.clone());
        self.forget(&flight);
        match outcome {
            Some((outcome, _)) => outcome.map_err(|error| repeat(&error)),
            // The runtime of the pool has ended, and the task with it.
            None => Err(CredentialsError::unhandled(
                "the runtime that loads credentials has ended",
            )),
        }
    }

    fn join(&self) -> Flight {
        let mut current = self.flight();
        if let Some(flight) = current.as_ref().filter(|flight| flight.is_fresh()) {
            return flight.clone();
        }
        let (landing, landed) = watch::channel(None);
        let provider = self.provider.clone();
        self.runtime.spawn(async move {
            let outcome = provider.provide_credentials().await.map_err(Arc::new);
            landing.send_replace(Some((outcome, Instant::now())));
        });
        let flight = Flight(landed);
        *current = Some(flight.clone());
        flight
    }

    /// Clears the flight that has been waited for, unless another has begun since.
    fn forget(&self, flight: &Flight) {
        let mut current = self.flight();
        if current
            .as_ref()
            .is_some_and(|current| current.0.same_channel(&flight.0))
        {
            *current = None;
        }
    }

    fn flight(&self) -> MutexGuard<'_, Option<Flight>> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Whether it is under way, or has landed not long ago. One whose task has died without landing is neither.
    fn is_fresh(&self) -> bool {
        match &*self.0.borrow() {
            Some((_, at)) => at.elapsed() < SteadyCredentials::KEEP,
            None => self.0.has_changed().is_ok(),
        }
    }
}

impl ProvideCredentials for SteadyCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// The same error for another who waited, of the same kind.
fn repeat(error: &Arc<CredentialsError>) -> CredentialsError {
    let source = SharedError(error.clone());
    match &**error {
        CredentialsError::CredentialsNotLoaded(_) => CredentialsError::not_loaded(source),
        CredentialsError::ProviderTimedOut(timeout) => {
            CredentialsError::provider_timed_out(timeout.timeout_duration())
        }
        CredentialsError::InvalidConfiguration(_) => {
            CredentialsError::invalid_configuration(source)
        }
        CredentialsError::ProviderError(_) => CredentialsError::provider_error(source),
        _ => CredentialsError::unhandled(source),
    }
}

#[derive(Debug)]
struct SharedError(Arc<CredentialsError>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
