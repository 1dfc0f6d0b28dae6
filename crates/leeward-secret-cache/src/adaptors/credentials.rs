//! Credentials for whoever logs in, wherever they are kept.

use super::{LoginError, NoCredentials, is_final};
use crate::{Secret, SecretHandle, UnreadableSecret, WithSecretError};
use serde::de::DeserializeOwned;
use std::{
    convert::Infallible,
    fmt,
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex},
};

/// Where credentials come from: what a pool of connections asks, so that it need not know where they are kept.
///
/// [`SecretCredentials`] gives those of a secret. Another source, such as what is written down for tests, implements it so:
///
/// ```
/// use leeward_secret_cache::{CredentialSource, LoginError};
///
/// struct WrittenDown(&'static str);
///
/// impl CredentialSource for WrittenDown {
///     type Credentials = &'static str;
///
///     async fn log_in<T, E, F>(
///         &self,
///         mut login: impl FnMut(&'static str) -> F + Send,
///         _: impl Fn(&E) -> bool + Send + Sync,
///     ) -> Result<T, LoginError<E>>
///     where
///         T: Send,
///         E: Send,
///         F: Future<Output = Result<T, E>> + Send,
///     {
///         login(self.0).await.map_err(LoginError::Failed)
///     }
/// }
/// ```
pub trait CredentialSource: Send + Sync {
    /// What logs in.
    type Credentials: Send;

    /// Runs `login` with the credentials there are, and again with others if there are any and the first were refused.
    ///
    /// `is_auth_error` tells whether an error of the login says so; all others end it at once. `login` may run several times, each time
    /// from its beginning: it logs in, and does no more.
    ///
    /// # Errors
    ///
    /// [`LoginError`] with the login's own error, untouched, or why there were no credentials.
    fn log_in<T, E, F>(
        &self,
        login: impl FnMut(Self::Credentials) -> F + Send,
        is_auth_error: impl Fn(&E) -> bool + Send + Sync,
    ) -> impl Future<Output = Result<T, LoginError<E>>> + Send
    where
        T: Send,
        E: Send,
        F: Future<Output = Result<T, E>> + Send;
}

/// A secret as credentials of one kind, such as `RdsSecret`: its JSON, read once for each version.
///
/// What logs in with them gets through rotations as by [`with_secret`](SecretHandle::with_secret). A version that is no such JSON ends
/// the login if it is current; others are passed over, since a rotation may not have filled them in yet.
pub struct SecretCredentials<T> {
    secret: SecretHandle,
    // Threads may share it whatever the credentials are.
    kind: PhantomData<fn() -> T>,
}

impl<T> SecretCredentials<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    /// Reads the secret as `T`.
    #[must_use]
    pub const fn new(secret: SecretHandle) -> Self {
        let kind = PhantomData;
        Self { secret, kind }
    }

    /// The credentials that are current, for whoever does not log in with them now.
    ///
    /// # Errors
    ///
    /// [`LoginError::NoCredentials`], as the secret could not be had or cannot be read as `T`.
    pub async fn current(&self) -> Result<SecretJson<T>, LoginError<Infallible>> {
        let secret = self.secret.get().await;
        let secret = secret.map_err(|error| LoginError::NoCredentials(error.into()))?;
        SecretJson::read(secret).map_err(|error| LoginError::NoCredentials(error.into()))
    }
}

impl<T> CredentialSource for SecretCredentials<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    type Credentials = SecretJson<T>;

    async fn log_in<Done, E, F>(
        &self,
        mut login: impl FnMut(Self::Credentials) -> F + Send,
        is_auth_error: impl Fn(&E) -> bool + Send + Sync,
    ) -> Result<Done, LoginError<E>>
    where
        Done: Send,
        E: Send,
        F: Future<Output = Result<Done, E>> + Send,
    {
        // What a login said of the last version that it got, whatever became of those that cannot be read.
        let said: Mutex<Option<E>> = Mutex::default();
        let attempt = |secret: Arc<Secret>| {
            let is_final = is_final(&secret);
            let attempt = SecretJson::read(secret).map(&mut login);
            let (said, is_auth_error) = (&said, &is_auth_error);
            async move {
                let error = match attempt {
                    Ok(login) => match login.await {
                        Ok(done) => return Ok(done),
                        Err(error) => error,
                    },
                    Err(error) if is_final => return Err(Attempt::Unreadable(error)),
                    Err(error) => return Err(Attempt::Unfinished(error)),
                };
                let is_refused = is_auth_error(&error);
                *said.lock().expect("nothing panics while it holds it") = Some(error);
                Err(if is_refused {
                    Attempt::Refused
                } else {
                    Attempt::Failed
                })
            }
        };
        let is_refused =
            |attempt: &Attempt| matches!(attempt, Attempt::Refused | Attempt::Unfinished(_));
        let done = self.secret.with_secret(attempt, is_refused).await;
        let said = said.into_inner().expect("nothing panics while it holds it");
        done.map_err(|error| told(error, said))
    }
}

/// What a login came to of which the last one said this.
fn told<E>(error: WithSecretError<Attempt>, said: Option<E>) -> LoginError<E> {
    let none = |attempt: Attempt| LoginError::NoCredentials(attempt.into());
    match (error, said) {
        (WithSecretError::Secret { error, .. }, _) => LoginError::NoCredentials(error.into()),
        (WithSecretError::Operation { error, .. }, said) => match (error, said) {
            (Attempt::Failed, Some(error)) => LoginError::Failed(error),
            (attempt, _) => none(attempt),
        },
        (WithSecretError::Refused { tried, .. }, Some(error)) => {
            let tried = Some(tried);
            LoginError::Refused { error, tried }
        }
        (WithSecretError::Refused { error, .. }, None) => none(error),
        (WithSecretError::RefusedToOthers { tried }, _) => LoginError::RefusedToOthers { tried },
    }
}

/// What one version of the secret came to.
#[derive(Debug, thiserror::Error)]
enum Attempt {
    #[error("the login was refused")]
    Refused,
    #[error("the login failed")]
    Failed,
    #[error(transparent)]
    Unreadable(UnreadableSecret),
    #[error(transparent)]
    Unfinished(UnreadableSecret),
}

impl From<Attempt> for NoCredentials {
    fn from(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Unreadable(error) | Attempt::Unfinished(error) => Self::Unreadable(error),
            attempt => Self::Other(attempt.into()),
        }
    }
}

impl<T> Clone for SecretCredentials<T> {
    fn clone(&self) -> Self {
        Self {
            secret: self.secret.clone(),
            kind: PhantomData,
        }
    }
}

impl<T> fmt::Debug for SecretCredentials<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretCredentials")
            .field(&self.secret)
            .finish()
    }
}

/// A version of a secret, read as JSON of a type.
pub struct SecretJson<T> {
    secret: Arc<Secret>,
    kind: PhantomData<fn() -> T>,
}

impl<T> SecretJson<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    fn read(secret: Arc<Secret>) -> Result<Self, UnreadableSecret> {
        secret.json::<T>()?;
        let kind = PhantomData;
        Ok(Self { secret, kind })
    }

    /// The version that it was read from.
    #[must_use]
    pub const fn secret(&self) -> &Arc<Secret> {
        &self.secret
    }
}

impl<T> Deref for SecretJson<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    type Target = T;

    fn deref(&self) -> &T {
        self.secret
            .json()
            .expect("what was read once is there to stay")
    }
}

impl<T> Clone for SecretJson<T> {
    fn clone(&self) -> Self {
        Self {
            secret: self.secret.clone(),
            kind: PhantomData,
        }
    }
}

/// Without the value.
impl<T> fmt::Debug for SecretJson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretJson").field(&self.secret).finish()
    }
}
