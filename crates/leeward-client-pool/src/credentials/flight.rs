use aws_credential_types::{Credentials, provider::error::CredentialsError};
use std::{error::Error, fmt, sync::Arc};

pub(super) type Outcome = Result<Credentials, Arc<CredentialsError>>;

/// A load under way, for all who wait for it.
pub(super) type Flight = crate::flight::Flight<Outcome>;

/// Waits for a load.
pub(super) async fn landed(flight: Flight) -> Result<Credentials, CredentialsError> {
    match flight.landed().await {
        Some(outcome) => outcome.map_err(|error| repeat(&error)),
        None => Err(CredentialsError::unhandled(
            "the task that loads credentials is gone: its runtime has ended, or its pool was shut down",
        )),
    }
}

/// The same error for another who waited, of the same kind.
pub(super) fn repeat(error: &Arc<CredentialsError>) -> CredentialsError {
    let source = Repeated(error.clone());
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

/// Stands for the cause of an error that several waited for.
#[derive(Debug)]
struct Repeated(Arc<CredentialsError>);

impl Repeated {
    fn cause(&self) -> &(dyn Error + 'static) {
        self.0.source().unwrap_or(&*self.0)
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.cause(), f)
    }
}

impl Error for Repeated {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The cause itself, so that its type is found among the sources; it then prints twice in a chain.
        self.0.source()
    }
}
