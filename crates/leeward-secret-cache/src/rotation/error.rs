use super::Tried;
use crate::{SecretError, id::Shown};
use std::{error::Error, fmt};

/// An operation that [`with_secret`](crate::SecretCache::with_secret) did not bring to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WithSecretError<E> {
    /// The secret could not be had, or was withdrawn while a version that logs in was looked for.
    #[non_exhaustive]
    Secret {
        /// Why.
        error: SecretError,
        /// What had been tried by then: nothing, as a rule.
        tried: Tried,
    },
    /// The operation failed, and not because the secret was refused.
    #[non_exhaustive]
    Operation {
        /// Its own error, untouched.
        error: E,
        /// What had been tried, this failure included.
        tried: Tried,
    },
    /// Every version that there is was refused to others, and none that logs in turned up: so that no account is locked, the operation
    /// was never run.
    #[non_exhaustive]
    RefusedToOthers {
        /// For how long it was waited.
        tried: Tried,
    },
    /// Every version that there is was refused.
    #[non_exhaustive]
    Refused {
        /// The operation's own error of the last one, untouched.
        error: E,
        /// What had been tried.
        tried: Tried,
    },
}

impl<E> WithSecretError<E> {
    /// What was tried, and for how long.
    #[must_use]
    pub const fn tried(&self) -> &Tried {
        match self {
            Self::Secret { tried, .. }
            | Self::Operation { tried, .. }
            | Self::RefusedToOthers { tried }
            | Self::Refused { tried, .. } => tried,
        }
    }

    /// The operation's own error; none if it was never run, since there was no secret or others were refused.
    #[must_use]
    pub fn into_operation(self) -> Option<E> {
        match self {
            Self::Secret { .. } | Self::RefusedToOthers { .. } => None,
            Self::Operation { error, .. } | Self::Refused { error, .. } => Some(error),
        }
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &str {
        match self {
            Self::Secret { error, .. } => error.advice(),
            Self::Operation { .. } => {
                "look at the operation's own error: it was not told to be one of authentication"
            }
            Self::RefusedToOthers { tried } | Self::Refused { tried, .. } => {
                match tried.refresh_error() {
                    Some(error) => error.advice(),
                    None => {
                        "look at the last rotation of the secret, and whether somebody changed the password elsewhere; if the account is locked, unlock it before trying again"
                    }
                }
            }
        }
    }
}

/// `secret db: every version was refused, in 2 logins within 91.3s: version a1 (AWSCURRENT), version b2 (AWSPENDING)`
impl<E> fmt::Display for WithSecretError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = self.tried();
        match self {
            Self::Secret { .. } if tried.logins().is_empty() => {
                f.write_str("there is no secret for the operation")
            }
            Self::Secret { .. } => {
                write!(
                    f,
                    "the secret was withdrawn during the operation, after {tried}"
                )
            }
            Self::Operation { .. } => {
                write!(
                    f,
                    "the operation with secret {} failed, in {tried}",
                    Shown(tried.secret())
                )
            }
            Self::RefusedToOthers { .. } => {
                write!(
                    f,
                    "secret {}: every version was refused to others, and none that logs in turned up within {:.1?}",
                    tried.secret(),
                    tried.elapsed()
                )
            }
            Self::Refused { .. } => {
                write!(
                    f,
                    "secret {}: every version was refused, in {tried}",
                    Shown(tried.secret())
                )
            }
        }
    }
}

impl<E: Error + 'static> Error for WithSecretError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Secret { error, .. } => Some(error),
            Self::Operation { error, .. } | Self::Refused { error, .. } => Some(error),
            Self::RefusedToOthers { .. } => None,
        }
    }
}
