use aws_credential_types::{Credentials, provider::error::CredentialsError};
use std::{error::Error, fmt, sync::Arc};
use tokio::sync::watch;

/// A load under way, for all who wait for it.
#[derive(Clone, Debug)]
pub(super) struct Flight(watch::Receiver<Landed>);

/// Whoever loads.
#[derive(Debug)]
pub(super) struct Landing(watch::Sender<Landed>);

pub(super) type Outcome = Result<Credentials, Arc<CredentialsError>>;
type Landed = Option<Outcome>;

pub(super) fn flight() -> (Landing, Flight) {
    let (landing, landed) = watch::channel(None);
    (Landing(landing), Flight(landed))
}

impl Landing {
    pub(super) fn land(self, outcome: Outcome) {
        self.0.send_replace(Some(outcome));
    }
}

impl Flight {
    pub(super) async fn landed(mut self) -> Result<Credentials, CredentialsError> {
        let landed = self.0.wait_for(Option::is_some).await;
        match landed.ok().and_then(|landed| landed.clone()) {
            Some(outcome) => outcome.map_err(|error| repeat(&error)),
            None => Err(CredentialsError::unhandled(
                "the task that loads credentials is gone: its runtime has ended, or its pool was shut down",
            )),
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.0.borrow().is_none() && self.0.has_changed().is_ok()
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
