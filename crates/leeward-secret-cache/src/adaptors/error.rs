use crate::{SecretError, Tried, UnreadableSecret};
use std::error::Error;

/// A login that did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError<E> {
    /// There was nothing to log in with.
    #[error("there are no credentials to log in with")]
    NoCredentials(#[source] NoCredentials),
    /// All the credentials that there are were refused; [`refused`](Self::refused) makes one.
    #[error("the login was refused{}", in_all(.tried.as_ref()))]
    #[non_exhaustive]
    Refused {
        /// The login's own error of the last ones.
        #[source]
        error: E,
        /// Which versions of the secret were tried, if they are a secret's.
        tried: Option<Tried>,
    },
    /// All the credentials that there are were refused to others, and none that log in turned up: so that no account is locked, the login
    /// was never run.
    #[error("the login was refused to others, and never run within {:.1?}", .tried.elapsed())]
    #[non_exhaustive]
    RefusedToOthers {
        /// For how long it was waited.
        tried: Tried,
    },
    /// The login failed otherwise.
    #[error("the login failed")]
    Failed(#[source] E),
}

impl<E> LoginError<E> {
    /// A login that was refused with all the credentials of a source that is no secret.
    pub const fn refused(error: E) -> Self {
        Self::Refused { error, tried: None }
    }
}

/// Why there is nothing to log in with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoCredentials {
    /// The secret could not be had: its [kind](SecretError::kind) says whether it may be tried again.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is there, and is no credentials of the kind that was asked for.
    #[error(transparent)]
    Unreadable(#[from] UnreadableSecret),
    /// Another source has none.
    #[error(transparent)]
    Other(#[from] Box<dyn Error + Send + Sync>),
}

fn in_all(tried: Option<&Tried>) -> String {
    tried
        .map(|tried| format!(", in {tried}"))
        .unwrap_or_default()
}
